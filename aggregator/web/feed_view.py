"""ASGI middleware: RSS and Atom that a browser opens as a page are sent as XML, so that their style applies.

Browsers show application/rss+xml and application/atom+xml as source text or download them. The bytes are the
same, and feed readers, which send no Sec-Fetch-Dest (Fetch Metadata), get the media type of the format.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.render import Format

XML = b"application/xml; charset=utf-8"
VARY = {"Vary": "Accept-Encoding, Sec-Fetch-Dest"}  # of RSS and Atom
FEED_TYPES = tuple(kind.media_type.partition(";")[0].encode() for kind in (Format.RSS, Format.ATOM))
OPENED = (b"sec-fetch-dest", b"document")


class FeedView:
    """Sends feeds as XML to requests that open a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http" or OPENED not in scope["headers"]:
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name, _as_page(name, value)) for name, value in message["headers"]]
                message = {**message, "headers": headers}  # those of the cache stay as they are
            await send(message)

        await self._app(scope, receive, sending)


def _as_page(name: bytes, value: bytes) -> bytes:
    return XML if name == b"content-type" and value.startswith(FEED_TYPES) else value
