"""Meaning of the status and headers of a response: validators, redirects, failures. No body, no network."""

from http.client import responses

import httpx

from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import field_value, redacted
from aggregator.model.document import Validators

PERMANENT = (301, 308)
REDIRECTS = (301, 302, 303, 307, 308)
METHOD_KEPT = (307, 308)  # a POST is repeated; after the others a GET would follow
WITH_BODY = (200, 203)  # 206 answers no request of ours, 204 and 205 have no content
NO_VALIDATORS = Validators()
VALUE_CHARACTERS_MAX = 4_096  # of a validator or kept header, which are stored

# Read by later stages; all other fields are dropped.
_KEPT = frozenset(
    (
        *("cache-control", "expires", "retry-after", "link", "content-language", "content-location", "age"),
        *("date", "tdm-reservation", "x-robots-tag"),
    )
)


def first(headers: httpx.Headers, name: str) -> str:
    """Return the first value of a field that must not be repeated, or ""."""
    return next(iter(headers.get_list(name)), "")


def kept(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    """Return the fields for later stages, overlong ones left out."""
    return tuple((name, value) for name, value in headers.multi_items() if name in _KEPT and _short(value))


def refreshed(url: str, headers: httpx.Headers, stored: Validators = NO_VALIDATORS) -> Validators:
    """Return the validators for the next conditional request to `url`: the response's, else the stored."""
    return Validators(
        url=url,
        etag=_sendable(first(headers, "etag")) or stored.etag,
        last_modified=_sendable(first(headers, "last-modified")) or stored.last_modified,
    )


def _sendable(validator: str) -> str:
    """Return the validator, "" for one that would be sent altered, or as `*`, which matches everything."""
    is_verbatim = field_value(validator) == validator.encode("latin-1", "replace")
    return _short(validator) if is_verbatim and validator != "*" else ""


def expect_304(url: str, validators: Validators) -> None:
    """Raise FetchError for a 304 that answers no conditional request (RFC 9110 section 15.4.5)."""
    if validators.url != url or not (validators.etag or validators.last_modified):
        raise FetchError(
            f"{redacted(url)} answered 304 Not Modified to a request without conditions",
            cause=Cause.HTTP,
            status=304,
        )


def _short(value: str) -> str:
    return value if len(value) <= VALUE_CHARACTERS_MAX else ""


def failure(url: str, status: int, headers: httpx.Headers, *, host: str = "") -> FetchError:
    """Return the error for a response without a usable body; `host` as in FetchError."""
    # With its registered phrase; the origin's own phrase is never shown.
    answered = f"answered {status} {responses.get(status, '')}".rstrip()
    if status in REDIRECTS and not first(headers, "location"):
        answered += ", a redirect without an address (no Location)"
    is_page = "html" in first(headers, "content-type").lower()
    if status == 410:
        cause = Cause.GONE
    elif (status == 403 and is_page) or first(headers, "cf-mitigated") == "challenge":
        cause = Cause.BLOCKED  # a page from the origin's protection against bots
    else:
        cause = Cause.HTTP
    return FetchError(
        f"{redacted(url)} {answered}",
        cause=cause,
        status=status,
        retry_after=_short(first(headers, "retry-after")),
        host=host,
    )
