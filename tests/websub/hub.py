"""A scripted WebSub hub and the publisher beside it (W3C Recommendation of 2018)."""

import asyncio
import hashlib
import hmac
from urllib.parse import parse_qsl

import httpx

from tests.server import HttpServer, Request, answer

Form = dict[str, str]
CHALLENGE = "a-challenge/of+the=hub.1"
TEN_DAYS = "864000"
ACCEPTED = answer(status="202 Accepted")


class HubServer:
    """Accepts subscription requests at /hub and /other-hub; `forms` are the requests it got.

    `response` answers each request; with 202 and `verifies`, the callback is verified before it is sent.
    """

    def __init__(self, server: HttpServer) -> None:
        self.server = server
        self.url = server.url
        self.forms: list[Form] = []
        self.response = ACCEPTED
        self.verifies = True
        self.verifications: list[httpx.Response] = []
        server.answers |= {"/hub": self._accept, "/other-hub": self._accept}

    def publish(self, body: bytes, *links: tuple[str, str], path: str = "/feed") -> None:
        """Serve a document at a path, its (rel, URL) links in Link header fields."""
        headers = (f'Link: <{url}>; rel="{rel}"' for rel, url in links)
        self.server.answers[path] = answer(*headers, body=body)

    async def _accept(self, request: Request, writer: asyncio.StreamWriter) -> None:
        assert request.header("Content-Type") == "application/x-www-form-urlencoded"
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        self.forms.append(form)
        if self.response == ACCEPTED and self.verifies:
            self.verifications.append(await asyncio.to_thread(self.verify, form))
        writer.write(self.response)

    def verify(self, form: Form, **changes: str) -> httpx.Response:
        """Verify the intent of a subscription request; `changes` replace parameters, "" omits one."""
        parameters = {
            "hub.mode": form["hub.mode"],
            "hub.topic": form["hub.topic"],
            "hub.challenge": CHALLENGE,
            "hub.lease_seconds": form.get("hub.lease_seconds", TEN_DAYS),
        } | {f"hub.{name}": value for name, value in changes.items()}
        given = {name: value for name, value in parameters.items() if value}
        return httpx.get(form["hub.callback"], params=given, timeout=5)

    def deny(self, form: Form, reason: str) -> httpx.Response:
        denial = {"hub.mode": "denied", "hub.topic": form["hub.topic"], "hub.reason": reason}
        return httpx.get(form["hub.callback"], params=denial, timeout=5)

    def deliver(
        self, form: Form, body: bytes = b"<feed/>", *, method: str = "sha256", signature: str | None = None
    ) -> httpx.Response:
        """Distribute content, with a valid signature unless `signature` replaces it ("" sends none)."""
        if signature is None:
            digest = hmac.new(form["hub.secret"].encode(), body, getattr(hashlib, method))
            signature = f"{method}={digest.hexdigest()}"
        headers = {"Content-Type": "application/atom+xml"}
        if signature:
            headers["X-Hub-Signature"] = signature
        return httpx.post(form["hub.callback"], content=body, headers=headers, timeout=5)
