"""Access to the desk: the user of a request by its session or by a proxy's header, and CSRF protection."""

import secrets
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from aggregator.errors import StoreUnavailable
from aggregator.log import log
from aggregator.model.settings import Config
from aggregator.model.user import AdminProxy, Role, User
from aggregator.policy import sessions
from aggregator.policy.client_address import network_of
from aggregator.storage.sql.users import SessionStore
from aggregator.web.clients import network_of_client, peer_of
from aggregator.web.forms import Fields, Refused, root_of

TOKEN_BYTES = 32
COOKIE = "publicwire-desk"
FORM_FIELD = "form"  # with the CSRF token
OFF = "Actions are off until users are set in sources.yaml. Nothing was changed."
OUT = "Your session is over: log in again. Nothing was changed."


class Visitor(Struct, frozen=True):
    """The user of a request, None for none. `form` is the CSRF token of this user's forms, `named` the name
    that a proxy gives, known or not, `has_users` whether anybody can log in."""

    user: User | None = None
    form: str = ""
    named: str = ""
    has_users: bool = True


@dataclass(frozen=True, slots=True)
class Access:
    """Sessions of one admin side. Thread-safe."""

    storage: SessionStore
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    _own_key: bytes = field(default_factory=lambda: secrets.token_bytes(TOKEN_BYTES), repr=False)
    _keys: list[bytes] = field(default_factory=list, repr=False)  # that of the store, once it was read

    def visitor(self, request: Request, *, prolongs: bool = True) -> Visitor:
        """Return the user of a request; a session in use is prolonged, but not by pages that reload."""
        config = self.config()
        has_users = bool(config.users)
        if named := self._named(request):
            user = next((each for each in config.users if each.name == named), None)
            return Visitor(user, sessions.form_token(named, self._form_key()), named, has_users)
        token = request.cookies.get(self._cookie(request), "")
        if not token or not has_users:
            return Visitor(has_users=has_users)
        session, now = self.storage.find(sessions.digest(token)), self.clock()
        user = sessions.user_of(session, config.users, now)
        if user is None or session is None:
            return Visitor()
        if prolongs and sessions.is_to_touch(session, now):
            self._touch(token, now)
        return Visitor(user, sessions.form_token(token))

    def check_origin(self, request: Request) -> None:
        """Raise Refused for a POST that comes from a page of another site."""
        asked = request.headers
        hosts = (asked.get("host", ""), urlsplit(self.config().admin_url).netloc)
        if not sessions.is_same_origin(asked.get("sec-fetch-site", ""), asked.get("origin", ""), hosts):
            raise Refused(403, "This form was sent from a page of another site. Nothing was changed.")

    def checked(self, request: Request, fields: Fields) -> User:
        """Return the user of a POST; raises Refused without one, and for a form of another session or site
        (CSRF)."""
        self.check_origin(request)
        visitor = self.visitor(request)
        if visitor.user is None:
            raise Refused(403, OUT if visitor.has_users else OFF)
        if not sessions.is_form_token(fields.one(FORM_FIELD), visitor.form):
            raise Refused(403, "This form is of another session: load the page again. Nothing was changed.")
        return visitor.user

    def open(self, request: Request, response: Response, user: User) -> Response:
        """Begin a session in a response, in place of the one that the request has."""
        self.end(request, response)
        token, now = secrets.token_urlsafe(TOKEN_BYTES), self.clock()
        self.storage.open(sessions.digest(token), sessions.opened(user, now))
        age = int(sessions.AGE_MAX.total_seconds())
        response.set_cookie(
            self._cookie(request),
            token,
            max_age=age,
            path=self._path(request),
            secure=self._is_secure,
            httponly=True,
            samesite="strict",
        )
        return response

    def end(self, request: Request, response: Response) -> Response:
        """End the session of a request, if it has one."""
        name, path = self._cookie(request), self._path(request)
        if token := request.cookies.get(name, ""):
            self.storage.end(sessions.digest(token))
            response.delete_cookie(name, path, secure=self._is_secure, httponly=True, samesite="strict")
        return response

    def client(self, request: Request) -> str:
        """Return the network that a request came from; behind the proxy, the one that it names last."""
        named = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        client = network_of_client(request)
        is_behind = self._proxy(request) is not None and client == network_of(peer_of(request))
        return network_of(named) if named and is_behind else client

    def _touch(self, token: str, now: datetime) -> None:
        """Prolong a session; a full disk must not keep the desk from being read."""
        try:
            self.storage.touch(sessions.digest(token), now)
        except StoreUnavailable as error:
            log.warning("session not prolonged", error=str(error))

    def _form_key(self) -> bytes:
        """Return the key of forms of users that a proxy names, which all nodes of a cluster have in common;
        an own one while the store takes nothing."""
        if not self._keys:
            try:
                self._keys.append(self.storage.form_key(self._own_key))
            except StoreUnavailable as error:
                log.warning("forms are of this process alone", error=str(error))
                return self._own_key
        return self._keys[0]

    def _named(self, request: Request) -> str:
        """Return the name that the configured proxy gives, "" for a request from anywhere else."""
        proxy = self._proxy(request)
        given = request.headers.getlist(proxy.header) if proxy else []
        return given[0].strip() if len(given) == 1 else ""  # two: one is a browser's own

    def _proxy(self, request: Request) -> AdminProxy | None:
        """Return the configured proxy if a request comes from one of its networks."""
        proxy = self.config().admin_proxy
        try:
            address = ip_address(peer_of(request))
        except ValueError:
            return None
        return proxy if proxy and any(address in network for network in proxy.networks) else None

    @property
    def _is_secure(self) -> bool:
        return self.config().admin_url.startswith("https:")

    def _cookie(self, request: Request) -> str:
        """Return the name of the cookie, of each publication its own; with the prefix __Host-, no other host
        can set it (RFC 6265bis section 4.1.3)."""
        name = "-".join((COOKIE, *filter(None, root_of(request).split("/"))))
        return f"__Host-{name}" if self._is_secure else name

    def _path(self, request: Request) -> str:
        """Return the path of the cookie, which must be / under the prefix __Host-."""
        return "/" if self._is_secure else root_of(request) or "/"


def check_admin(user: User, act: str) -> None:
    """Raise Refused for what only admins may do, such as "erase a release"."""
    if user.role is not Role.ADMIN:
        raise Refused(403, f"Only an admin may {act}; {user.name} is an {user.role}. Nothing was changed.")
