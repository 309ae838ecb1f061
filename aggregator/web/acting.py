"""Guard of actions on the admin side: a POST is carried out only for a known actor."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.user import Role
from aggregator.web.access import Access
from aggregator.web.forms import Refused
from aggregator.web.replies import NO_STORE, plain, reply

OFF = "Actions are off until users are set in sources.yaml."
OUT = "Log in at /login first. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Actor:
    """The person that acts, by the name that the audit keeps."""

    name: str
    role: Role = Role.ADMIN


Guard = Callable[[Request], Actor | Response]


def closed(request: Request) -> Actor | Response:
    """Return 403: there are no users, so that nobody may act."""
    return _refused(request, OFF)


def guard_of(access: Access) -> Guard:
    """Return the guard by the users of the desk. A POST must come from a page of the admin side: the cookie
    of a session is SameSite=Strict, and the browser names the origin (CSRF)."""

    def guard(request: Request) -> Actor | Response:
        try:
            access.check_origin(request)
        except Refused as error:
            return _refused(request, str(error))
        visitor = access.visitor(request)
        if visitor.user is None:
            return _refused(request, OUT if visitor.has_users else OFF)
        return Actor(visitor.user.name, visitor.user.role)

    return guard


def _refused(request: Request, sentence: str) -> Response:
    return reply(request, plain(sentence), status=403, cache=NO_STORE)
