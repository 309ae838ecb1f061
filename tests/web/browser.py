"""A browser of the admin side: it keeps cookies, and sends forms as browsers do."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from starlette.types import ASGIApp

Value = str | list[str]


@dataclass
class Browser:
    """One browser at one address; `headers` are sent with each request."""

    app: ASGIApp
    at: str = "http://localhost:8001"
    client: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    form: str = ""  # CSRF token of the last page

    def get(self, path: str) -> httpx.Response:
        return self._ask("GET", path, None, {})

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Send a form with the CSRF token of the last page, from a page of the same site."""
        return self.send(path, fields, headers)

    def send(
        self, path: str, fields: Mapping[str, Value], headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a form whose fields may have several values."""
        sent = {"form": self.form, **fields}
        return self._ask("POST", path, sent, {"Origin": self.at} if headers is None else headers)

    def _ask(
        self, method: str, path: str, fields: dict[str, Value] | None, headers: dict[str, str]
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(
                self.app, raise_app_exceptions=False, client=(self.client, 50_000)
            )
            async with httpx.AsyncClient(transport=transport, base_url=self.at) as client:
                cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
                sent = {**self.headers, **headers, **({"Cookie": cookies} if cookies else {})}
                return await client.request(method, path, data=fields, headers=sent)

        answer = asyncio.run(ask())
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if value.strip('"'):
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        if found := re.search(r'name="form" value="(\w+)"', answer.text):
            self.form = found[1]
        return answer
