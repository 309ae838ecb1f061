"""One document as an HTTP answer: validators, 304, gzip and the headers every answer carries (RFC 9110).

The only place that makes responses; it knows nothing of what is in them.
"""

from collections.abc import Mapping
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response

from aggregator.publish.document import Published

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https:; media-src https:; "
    "base-uri 'none'; form-action 'none'"
)

# No script, no frame and no form, whatever a sanitiser may ever have missed; and origins whose images a
# page shows learn an address but not which release was read.
ALWAYS = {
    "Content-Security-Policy": f"{CONTENT_POLICY}; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
SHORTLY = "public, max-age=60"  # a withdrawal is out of every cache a minute later
SMALL = 500  # bytes; below this gzip gains nothing


def reply(
    request: Request,
    published: Published,
    *,
    status: int = 200,
    cache: str = SHORTLY,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a document, or 304 when the client has it. Starlette and the server see to HEAD."""
    zipped = len(published.body) >= SMALL and _takes_gzip(request)
    # A strong validator names one sequence of bytes, so each coding needs its own (RFC 9110 8.8.3.3).
    etag = f'{published.etag[:-1]}-gzip"' if zipped else published.etag
    carried = {**ALWAYS, "Cache-Control": cache, "Vary": "Accept-Encoding", **(headers or {})}
    modified = ""
    if status == 200:
        carried["ETag"] = etag
        if published.last_modified:
            modified = carried["Last-Modified"] = format_datetime(published.last_modified, usegmt=True)
        if _has_it(request, etag, modified):
            return Response(status_code=304, headers=carried)
    carried["Content-Type"] = published.media_type
    if zipped:
        carried["Content-Encoding"] = "gzip"
    return Response(published.gzip() if zipped else published.body, status_code=status, headers=carried)


def _has_it(request: Request, etag: str, modified: str) -> bool:
    """RFC 9110 section 13.2.2: If-Modified-Since counts only without If-None-Match.

    The date must be the very one we sent: an earlier state may carry a later date after a restart.
    """
    asked = request.headers.get("if-none-match")
    if asked is None:
        return bool(modified) and request.headers.get("if-modified-since") == modified
    tags = [tag.strip().removeprefix("W/") for tag in asked.split(",")]
    return etag in tags or "*" in tags


def _takes_gzip(request: Request) -> bool:
    for coding in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, parameter = coding.partition(";")
        if name.strip() in ("gzip", "*"):
            return parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
