"""Log-in and log-out of the desk. Passwords are verified in threads, few at once: each takes 64 MiB."""

import asyncio
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.config.users import NAME_CHARS_MAX
from aggregator.log import log
from aggregator.model.settings import Config
from aggregator.model.user import User
from aggregator.web.desk_words import LOGIN
from aggregator.web.forms import Fields, Refused, read_form, see_other
from aggregator.web.frame import LOGIN as ADDRESS
from aggregator.web.frame import Frame, Room
from aggregator.web.passwords import is_password
from aggregator.websub.rate_limit import Rate, RateLimit

VERIFIED_AT_ONCE = 2
PER_NAME = Rate(burst=10, every=timedelta(seconds=90))  # of attempts: 970 a day
PER_CLIENT = Rate(burst=30, every=timedelta(seconds=30))


@dataclass(frozen=True, slots=True)
class Login:
    """Endpoints of /login and /logout."""

    frame: Frame
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    _per_name: RateLimit = field(default_factory=lambda: RateLimit(PER_NAME))
    _per_client: RateLimit = field(default_factory=lambda: RateLimit(PER_CLIENT))
    _verifying: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(VERIFIED_AT_ONCE))

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route(ADDRESS, self.page),
            Route(ADDRESS, self.frame.refusing(self.log_in), methods=["POST"]),
            Route("/logout", self.frame.refusing(self.log_out), methods=["POST"]),
        ]

    def page(self, request: Request) -> Response:
        """The form; a user who is logged in already is sent to the desk."""
        if self.frame.access.visitor(request).user is not None:
            return see_other(request, Room.DESK)
        return self._page(request)

    async def log_in(self, request: Request) -> Response:
        """Begin a session: 303 to the desk; 403 for a wrong name or password, 429 after too many attempts."""
        self.frame.access.check_origin(request)
        fields = await read_form(request)
        name, password = fields.one("name"), fields.raw("password")
        now, client = self.clock(), self.frame.access.client(request)
        wait = self._per_client.take(client, now) or self._per_name.take(name[:NAME_CHARS_MAX], now)
        if wait:
            log.warning("log-in rate-limited", client=client)
            raise Refused(429, "There were too many attempts to log in. Please wait.", wait)
        async with self._verifying:
            user = await run_in_threadpool(self._verified, name, password)
        if user is None:
            log.warning("log-in failed", client=client)  # a name may be a password, typed in the wrong field
            return await run_in_threadpool(self._page, request, LOGIN["wrong"], 403)
        log.info("log-in", user=user.name, client=client)
        return await run_in_threadpool(self.frame.access.open, request, see_other(request, Room.DESK), user)

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        fields = await read_form(request)
        return await run_in_threadpool(self._log_out, request, fields)

    def _log_out(self, request: Request, fields: Fields) -> Response:
        self.frame.access.checked(request, fields)
        return self.frame.access.end(request, see_other(request, ADDRESS))

    def _verified(self, name: str, password: str) -> User | None:
        """Return the user of this name and password. An unknown name takes the time of a known one."""
        users = [each for each in self.config().users if each.password]
        user = next((each for each in users if each.name == name), None)
        tried = user or next(iter(users), None)
        is_right = tried is not None and is_password(password, tried.password)
        return user if is_right else None

    def _page(self, request: Request, problem: str = "", status: int = 200) -> Response:
        return self.frame.page(
            request,
            "desk_login.html",
            self.frame.access.visitor(request),
            words=LOGIN,
            status=status,
            problem=problem,
        )
