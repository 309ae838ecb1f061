"""What the status and the headers of an answer mean to a poll. Never reads a body or the network."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import public_url
from aggregator.model import Validators

PERMANENT = (301, 308)
REDIRECTS = (301, 302, 303, 307, 308)
REPEATED = (307, 308)  # after a post; the others ask for a GET
WITH_BODY = (200, 203)  # 206 was not asked for, 204 and 205 carry nothing
NO_VALIDATORS = Validators()
LONGEST_VALUE = 4_096  # of a validator or kept header: we store it, and send validators back

# What later stages look at; the rest of the headers is dropped.
_KEPT = frozenset(
    ("cache-control", "expires", "retry-after", "link", "content-language", "content-location", "age", "date")
)


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in order, names in lower case, values as Latin-1 so that no byte is lost."""

    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, raw: Iterable[tuple[bytes, bytes]]) -> "Headers":
        """From the bytes as they came."""
        return cls(tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw))

    def get(self, name: str) -> str:
        """All values of a field, joined (RFC 9110 section 5.3), or ""."""
        return ", ".join(value for field, value in self.fields if field == name)

    def first(self, name: str) -> str:
        """The first value of a field that must not be repeated, or ""."""
        return next((value for field, value in self.fields if field == name), "")

    def kept(self) -> tuple[tuple[str, str], ...]:
        """The fields that later stages use."""
        return tuple(
            (name, value) for name, value in self.fields if name in _KEPT and len(value) <= LONGEST_VALUE
        )


def refreshed(url: str, headers: Headers, stored: Validators = NO_VALIDATORS) -> Validators:
    """The validators of the document at `url` after an answer: what it says, else what was stored."""
    return Validators(
        url=url,
        etag=_short(headers.first("etag")) or stored.etag,
        last_modified=_short(headers.first("last-modified")) or stored.last_modified,
    )


def expect_304(url: str, validators: Validators) -> None:
    """FetchError for a 304 that answers no condition of ours."""
    if validators.url != url or not (validators.etag or validators.last_modified):
        raise FetchError(
            f"{public_url(url)} answered 304 Not Modified to a request without conditions",
            cause=Cause.HTTP,
            status=304,
        )


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE else ""


def failure(url: str, status: int, headers: Headers) -> FetchError:
    """The error that an answer without a usable body is."""
    is_page = "html" in headers.first("content-type").lower()
    if status == 410:
        cause = Cause.GONE
    elif (status == 403 and is_page) or headers.first("cf-mitigated") == "challenge":
        cause = Cause.BLOCKED  # a page for people, from whoever guards the origin against robots
    else:
        cause = Cause.HTTP
    return FetchError(
        f"{public_url(url)} answered {_words(status)}",
        cause=cause,
        status=status,
        retry_after=_short(headers.first("retry-after")),
        host=(urlsplit(url).hostname or "").lower(),
    )


def _words(status: int) -> str:
    """The number with its registered phrase; the origin's own words are not to be repeated."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
