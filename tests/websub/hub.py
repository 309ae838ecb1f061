"""A publisher and its hub on a port of this machine: they do as the Recommendation says, or as told."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import httpx

Form = dict[str, str]
CHALLENGE = "a-challenge/of+the=hub.1"
TEN_DAYS = "864000"


class Hub:
    """`documents` are served by path, as headers and body; `forms` are what was asked of the hub."""

    def __init__(self) -> None:
        self.documents: dict[str, tuple[tuple[tuple[str, str], ...], bytes]] = {}
        self.redirects: dict[str, tuple[int, str]] = {}
        self.forms: list[Form] = []
        self.fetched: list[str] = []
        self.answers: tuple[int, tuple[tuple[str, str], ...]] = (
            202,
            (),
        )  # status and headers of the hub to requests
        self.verifies = True  # before it answers, as some hubs do
        self.verifications: list[httpx.Response] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.fetched.append(self.path)
                hub._serve(self)

            def do_POST(self) -> None:
                hub._take(self)

            def log_message(self, *said: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        if request.path in self.redirects:
            _answer(request, self.redirects[request.path][0], self._location(request.path), b"")
        elif request.path in self.documents:
            headers, body = self.documents[request.path]
            _answer(request, 200, headers, body)
        else:
            _answer(request, 404, (), b"")

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if request.path in self.redirects:
            _answer(request, self.redirects[request.path][0], self._location(request.path), b"")
            return
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        form = dict(parse_qsl(body.decode(), strict_parsing=True))
        self.forms.append(form)
        status, headers = self.answers
        if status == 202 and self.verifies:
            self.verifications.append(self.verify(form))
        _answer(request, status, headers, b"")

    def _location(self, path: str) -> tuple[tuple[str, str], ...]:
        return (("Location", self.redirects[path][1]),)

    def verify(self, form: Form, **changes: str) -> httpx.Response:
        """Ask the subscriber whether it asked; `changes` are to what is asked, "" leaves a field out."""
        asked = {
            "hub.mode": form["hub.mode"],
            "hub.topic": form["hub.topic"],
            "hub.challenge": CHALLENGE,
            "hub.lease_seconds": form.get("hub.lease_seconds", TEN_DAYS),
        } | {f"hub.{name}": value for name, value in changes.items()}
        said = {name: value for name, value in asked.items() if value}
        return httpx.get(form["hub.callback"], params=said, timeout=5)

    def deny(self, form: Form, reason: str) -> httpx.Response:
        said = {"hub.mode": "denied", "hub.topic": form["hub.topic"], "hub.reason": reason}
        return httpx.get(form["hub.callback"], params=said, timeout=5)

    def deliver(
        self, form: Form, body: bytes = b"<feed/>", *, method: str = "sha256", signature: str | None = None
    ) -> httpx.Response:
        """Send content, rightly signed unless `signature` says otherwise ("" for none)."""
        if signature is None:
            made = hmac.new(form["hub.secret"].encode(), body, getattr(hashlib, method))
            signature = f"{method}={made.hexdigest()}"
        headers = {"Content-Type": "application/atom+xml"}
        if signature:
            headers["X-Hub-Signature"] = signature
        return httpx.post(form["hub.callback"], content=body, headers=headers, timeout=5)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _answer(
    request: BaseHTTPRequestHandler, status: int, headers: tuple[tuple[str, str], ...], body: bytes
) -> None:
    request.send_response(status)
    for name, value in headers:
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def hub() -> Iterator[Hub]:
    """A hub on a free port of 127.0.0.1."""
    serving = Hub()
    try:
        yield serving
    finally:
        serving.close()
