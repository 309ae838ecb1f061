"""A published document as responses to conditional requests (RFC 9110 section 13): validators, 304, content
codings and security headers."""

import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from functools import lru_cache

from msgspec import Struct

from aggregator.publish.document import CODINGS, Published

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https:; media-src https:; "
    "base-uri 'none'; form-action 'self'"
)
SCRIPTS = "script-src 'self'"  # of pages with a button that copies an address, beside that policy

# Defence in depth: no script or frame runs, and forms go to the publication alone, even if the sanitiser
# missed one. Referrer-Policy: a host that serves an image of a page does not learn which release is read.
SECURITY_HEADERS = {
    "Content-Security-Policy": f"{CONTENT_POLICY}; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
SCRIPTED = {"Content-Security-Policy": f"{CONTENT_POLICY}; {SCRIPTS}; frame-ancestors 'none'"}
CACHE_FOR_A_MINUTE = "public, max-age=60"  # a withdrawal leaves every cache within it
CODED_BYTES_MIN = 500  # below this a coding gains nothing
COMPRESSED = frozenset({"image/webp", "image/png", "image/jpeg"})  # nor does one of these

RawHeaders = Sequence[tuple[bytes, bytes]]


class Answer(Struct, frozen=True):
    """One response. `headers` have names in lower case, as ASGI wants them."""

    status: int
    headers: RawHeaders
    body: bytes


class Answers:
    """The responses that one document gives, each made when it is first asked for; a header field without a
    value is left out. Thread-safe: two threads make equal ones."""

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
        sent = {**SECURITY_HEADERS, "Cache-Control": cache, "Vary": "Accept-Encoding", **(headers or {})}
        self._sent = {name: value for name, value in sent.items() if value}
        self._made: dict[tuple[str, bool], Answer] = {}

    def to(self, encodings: str, none_match: str | None = None, modified_since: str | None = None) -> Answer:
        """Return the response to a request with these headers, Accept-Encoding, If-None-Match and
        If-Modified-Since: 304 when the client's copy is current."""
        coding = self._coding(encodings)
        is_current = self.status == 200 and self._is_current(self._etag(coding), none_match, modified_since)
        return self._made.get((coding, is_current)) or self._make(coding, is_current)

    def has(self, encodings: str) -> bool:
        """Return whether responses to this Accept-Encoding take no compression any more."""
        return self.published.has(self._coding(encodings))

    def _coding(self, encodings: str) -> str:
        is_coded = len(self.published.body) >= CODED_BYTES_MIN and self.published.media_type not in COMPRESSED
        return coding_of(encodings) if is_coded else ""

    def _make(self, coding: str, is_current: bool) -> Answer:
        sent, body = dict(self._sent), b""
        if self.status == 200:
            sent["ETag"] = self._etag(coding)
            if self._modified:
                sent["Last-Modified"] = self._modified
        if not is_current:
            body = self.published.coded(coding)
            sent["Content-Type"] = self.published.media_type
            sent["Content-Length"] = str(len(body))
            if coding:
                sent["Content-Encoding"] = coding
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()]
        made = self._made[coding, is_current] = Answer(304 if is_current else self.status, raw, body)
        return made

    def _etag(self, coding: str) -> str:
        """Return the strong ETag of a coding: it identifies a series of bytes (RFC 9110 section 8.8.3.3)."""
        return f'{self.published.etag[:-1]}-{coding}"' if coding else self.published.etag

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
def coding_of(encodings: str) -> str:
    """Return the first of CODINGS with the highest weight that an Accept-Encoding admits, "" for none
    (RFC 9110 section 12.5.3)."""
    weights: dict[str, float] = {}
    for each in encodings.lower().split(","):
        name, _, parameter = each.partition(";")
        weights.setdefault(name.strip(), _weight(parameter))
    given = {name: weights.get(name, weights.get("*", 0.0)) for name in CODINGS}
    best = max(given, key=lambda name: given[name])
    return best if given[best] else ""


def _weight(parameter: str) -> float:
    """Return the weight of a coding, 1 without one, 0 for one that is no number (RFC 9110 section 12.4.2)."""
    found = _WEIGHT.fullmatch(parameter.strip())
    return float(found[1]) if found else float(not parameter.strip())


_WEIGHT = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
