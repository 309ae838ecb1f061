"""An editor at the desk of a cluster, whose requests a load balancer spreads over the web nodes."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
from argon2 import PasswordHasher

from tests.cluster.given import NodeProcess

NAME, PHRASE = "Ana", "a long enough phrase"
USERS = f"""users:
  - {{name: {NAME}, role: editor, password: '{PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PHRASE)}'}}
"""
TOKEN = re.compile(r'name="form" value="(\w+)"')


@dataclass
class Editor:
    """A browser: each request goes to the next of these nodes, forms with the CSRF token of their page."""

    nodes: Sequence[NodeProcess]
    cookies: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    def log_in(self) -> None:
        response = self._send("POST", "/login", name=NAME, password=PHRASE)
        assert (response.status_code, response.headers["location"]) == (303, "/desk")
        self.cookies = dict(response.cookies)

    def decides(self, item: str, act: str) -> float:
        """Read the page of an item at one node and send one of its forms to the next; returns the time
        (monotonic) at which it was sent."""
        page = self._send("GET", f"/desk/items/{item}").text
        token, version = TOKEN.search(page), re.search(r'name="version" value="(\d+)"', page)
        assert token is not None, page
        assert version is not None
        began = time.monotonic()
        response = self._send(
            "POST", f"/desk/items/{item}", form=token[1], version=version[1], act=act, reason="as agreed"
        )
        assert response.status_code == 303, response.text
        return began

    def _send(self, method: str, path: str, **fields: str) -> httpx.Response:
        at = self.nodes[self.sent % len(self.nodes)].admin
        self.sent += 1
        headers = {"Origin": at} if fields else {}
        return httpx.request(
            method, at + path, data=fields or None, headers=headers, cookies=self.cookies, timeout=10
        )
