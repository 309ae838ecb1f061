"""The path of `admin_url` as a prefix of all addresses: ASGI middleware that makes it the root path."""

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

OUTER = "publicwire.prefix"  # in the scope: the root path before that of a publication


class Prefixed:
    """Serves an application both at the root, as on this machine, and under the path of `address`, a URL, to
    which a reverse proxy passes requests on unchanged."""

    def __init__(self, app: ASGIApp, address: Callable[[], str]) -> None:
        self._app, self._address = app, address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] == "http":
            prefix, path = urlsplit(self._address()).path.rstrip("/"), scope["path"]
            is_under = prefix != "" and f"{path}/".startswith(f"{prefix}/")
            outer = prefix if is_under else ""
            path = f"{prefix}/" if path == prefix else path
            scope = {**scope, "path": path, "root_path": outer, OUTER: outer}
        await self._app(scope, receive, send)


def above(request: Request) -> str | None:
    """Return the address of the list of publications, None in an application that serves one."""
    outer, root = request.scope.get(OUTER), request.scope.get("root_path", "")
    return None if outer is None or outer == root else f"{outer}/"
