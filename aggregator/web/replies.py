"""HTTP responses to conditional requests (RFC 9110 section 13): validators, 304, gzip and security headers.

All responses are made here, except the WebSub callback's.
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
NO_STORE = "no-store"
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}  # for scripts of other sites
GZIP_BYTES_MIN = 500  # below this gzip gains nothing


def reply(
    request: Request,
    published: Published,
    *,
    status: int = 200,
    cache: str = CACHE_FOR_A_MINUTE,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a document as a response, or 304 when the client's copy is current. Starlette handles HEAD."""
    use_gzip = len(published.body) >= GZIP_BYTES_MIN and _accepts_gzip(request)
    # A strong ETag identifies one sequence of bytes: each coding needs its own (RFC 9110 section 8.8.3.3)
    etag = f'{published.etag[:-1]}-gzip"' if use_gzip else published.etag
    sent = {**SECURITY_HEADERS, "Cache-Control": cache, "Vary": "Accept-Encoding", **(headers or {})}
    modified = ""
    if status == 200:
        sent["ETag"] = etag
        if published.last_modified:
            modified = sent["Last-Modified"] = format_datetime(published.last_modified, usegmt=True)
        if _is_current(request, etag, modified):
            return Response(status_code=304, headers=sent)
    sent["Content-Type"] = published.media_type
    if use_gzip:
        sent["Content-Encoding"] = "gzip"
    return Response(published.gzip() if use_gzip else published.body, status_code=status, headers=sent)


def channel_name(request: Request) -> str:
    """Return the channel's name, which is its path. request.url would depend on the Host header."""
    path = request.path_params
    return f"{path['section']}/{path['choice']}" if "section" in path else ""


def moved(address: str) -> Response:
    """Return a permanent redirect (RFC 9110 section 15.4.2)."""
    return Response(
        status_code=301,
        headers={**SECURITY_HEADERS, "Cache-Control": CACHE_FOR_A_MINUTE, "Location": address},
    )


def plain(text: str) -> Published:
    """Return a line of text as a document."""
    return Published(f"{text}\n".encode(), "text/plain; charset=utf-8", None)


def _is_current(request: Request, etag: str, modified: str) -> bool:
    """Return whether the client's copy is current; If-None-Match takes precedence (RFC 9110 section 13.2.2).

    If-Modified-Since must equal the date as sent: after a restart an earlier state may carry a later date.
    """
    wanted = request.headers.get("if-none-match")
    if wanted is None:
        return bool(modified) and request.headers.get("if-modified-since") == modified
    tags = [tag.strip().removeprefix("W/") for tag in wanted.split(",")]
    return etag in tags or "*" in tags


def _accepts_gzip(request: Request) -> bool:
    for coding in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, parameter = coding.partition(";")
        if name.strip() in ("gzip", "*"):
            return parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
