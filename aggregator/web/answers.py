"""A published document as responses to conditional requests (RFC 9110 section 13): validators, 304, gzip and
security headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache

from aggregator.publish.document import Published

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https:; media-src https:; "
    "base-uri 'none'; form-action 'none'"
)

# Defence in depth: no script, frame or form runs, even if the sanitiser missed one. Referrer-Policy: a host
# that serves an image of a page does not learn which release is read.
SECURITY_HEADERS = {
    "Content-Security-Policy": f"{CONTENT_POLICY}; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
CACHE_FOR_A_MINUTE = "public, max-age=60"  # a withdrawal leaves every cache within it
GZIP_BYTES_MIN = 500  # below this gzip gains nothing

RawHeaders = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One response. `headers` have names in lower case, as ASGI wants them."""

    status: int
    headers: RawHeaders
    body: bytes


class Answers:
    """The responses that one document gives, each made when it is first asked for. Thread-safe: two threads
    make equal ones."""

    __slots__ = ("_made", "_sent", "published", "status")

    def __init__(
        self,
        published: Published,
        *,
        status: int = 200,
        cache: str = CACHE_FOR_A_MINUTE,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.published, self.status = published, status
        self._sent = {
            **SECURITY_HEADERS,
            "Cache-Control": cache,
            "Vary": "Accept-Encoding",
            **(headers or {}),
        }
        self._made: dict[tuple[bool, bool], Answer] = {}

    def to(self, encodings: str, none_match: str | None = None, modified_since: str | None = None) -> Answer:
        """Return the response to a request with these headers, Accept-Encoding, If-None-Match and
        If-Modified-Since: 304 when the client's copy is current."""
        use_gzip = len(self.published.body) >= GZIP_BYTES_MIN and accepts_gzip(encodings)
        is_current = self.status == 200 and self._is_current(self._etag(use_gzip), none_match, modified_since)
        return self._made.get((use_gzip, is_current)) or self._make(use_gzip, is_current)

    def has(self, encodings: str) -> bool:
        """Return whether responses to this Accept-Encoding take no compression any more."""
        use_gzip = len(self.published.body) >= GZIP_BYTES_MIN and accepts_gzip(encodings)
        return not use_gzip or self.published.is_compressed

    def _make(self, use_gzip: bool, is_current: bool) -> Answer:
        sent, body = dict(self._sent), b""
        if self.status == 200:
            sent["ETag"] = self._etag(use_gzip)
            if self._modified:
                sent["Last-Modified"] = self._modified
        if not is_current:
            body = self.published.gzip() if use_gzip else self.published.body
            sent["Content-Type"] = self.published.media_type
            sent["Content-Length"] = str(len(body))
            if use_gzip:
                sent["Content-Encoding"] = "gzip"
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()]
        made = self._made[use_gzip, is_current] = Answer(304 if is_current else self.status, raw, body)
        return made

    def _etag(self, use_gzip: bool) -> str:
        """Return the strong ETag of a coding: it identifies a series of bytes (RFC 9110 section 8.8.3.3)."""
        return f'{self.published.etag[:-1]}-gzip"' if use_gzip else self.published.etag

    @property
    def _modified(self) -> str:
        at = self.published.last_modified
        return format_datetime(at, usegmt=True) if at else ""

    def _is_current(self, etag: str, none_match: str | None, modified_since: str | None) -> bool:
        """Return whether the client's copy is current; If-None-Match takes precedence (RFC 9110 section
        13.2.2).

        If-Modified-Since must equal the date as sent: after a restart an earlier state may carry a later one.
        """
        if none_match is None:
            return bool(modified_since) and modified_since == self._modified
        tags = [tag.strip().removeprefix("W/") for tag in none_match.split(",")]
        return etag in tags or "*" in tags


@lru_cache(maxsize=256)
def accepts_gzip(encodings: str) -> bool:
    """Return whether an Accept-Encoding admits gzip (RFC 9110 section 12.5.3)."""
    for coding in encodings.lower().split(","):
        name, _, parameter = coding.partition(";")
        if name.strip() in ("gzip", "*"):
            return parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
