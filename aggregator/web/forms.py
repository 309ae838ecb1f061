"""Forms that are posted: bodies and fields read within bounds, refusals, headers of pages with forms."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from urllib.parse import parse_qsl, quote

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from aggregator.policy.sessions import is_same_origin
from aggregator.web.answers import SECURITY_HEADERS
from aggregator.web.replies import NO_STORE

FORM_BYTES_MAX = 64_000  # a note of the desk, a statement of reasons, or the ids of a page of items
FIELDS_MAX = 500
FORM_SECONDS_MAX = 30
MEDIA_TYPE = "application/x-www-form-urlencoded"

# Of pages whose forms are checked by Origin: under no-referrer a browser sends `Origin: null` with a form
# (Fetch, section "append a request Origin header").
FORM_PAGE = {"Referrer-Policy": "same-origin"}


class Refused(Exception):
    """A request that is not carried out; the message is for the user. `field` names the one of a form that
    is wrong, "" for none."""

    def __init__(
        self, status: int, sentence: str, wait: timedelta = timedelta(0), *, field: str = ""
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.field = field
        self.headers = {"Retry-After": str(ceil(wait.total_seconds()))} if wait else {}


class Fields(Struct, frozen=True):
    """The fields of a form, each a text without NUL."""

    pairs: Sequence[tuple[str, str]] = ()

    def raw(self, name: str) -> str:
        """Return the last value of a field as it was typed; "" when it is missing."""
        return next((value for each, value in reversed(self.pairs) if each == name), "")

    def one(self, name: str) -> str:
        """Return the same, stripped."""
        return self.raw(name).strip()

    def line(self, name: str) -> str:
        """Return a field with its line breaks and control characters as single blanks."""
        return line(self.one(name))

    def many(self, name: str) -> tuple[str, ...]:
        """Return all values of a field."""
        return tuple(value.strip() for each, value in self.pairs if each == name)


async def read_form(request: Request) -> Fields:
    """Return the fields of a request's form; raises Refused for what is none, or beyond the bounds."""
    pairs = await _pairs(request)
    if any("\0" in value for _, value in pairs):
        raise Refused(400, "A field holds a control character.")
    return Fields(tuple(pairs))


async def _pairs(request: Request) -> list[tuple[str, str]]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise Refused(415, f"The body must be {MEDIA_TYPE}.")
    try:
        async with asyncio.timeout(FORM_SECONDS_MAX):
            body = await _body(request)
    except (TimeoutError, ClientDisconnect) as error:
        raise Refused(408, "The request did not end.") from error
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise Refused(400, "The body is not a form in UTF-8.") from error


async def posted(request: Request) -> dict[str, str]:
    """Return the fields of a form of the same site, the last value of each; raises Refused."""
    if not is_of_same_site(request):
        raise Refused(403, "The form was sent by another site.")
    return dict(await _pairs(request))


def is_of_same_site(request: Request) -> bool:
    """Return whether a browser says that a page of this site sent the request, or says nothing (CSRF).

    Browsers send `Origin: null` under `Referrer-Policy: no-referrer`: then Sec-Fetch-Site decides alone.
    """
    asked = request.headers
    site, origin = asked.get("sec-fetch-site", ""), asked.get("origin", "null")
    if site == "none" or (not site and origin == "null"):
        return True
    return is_same_origin(site, origin, (asked.get("host", ""),))


def line(text: str) -> str:
    """Return a field on one line without control characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def lines(text: str) -> str:
    """Return a field of several lines without control characters."""
    return "\n".join(line(each) for each in text.splitlines()).strip()


async def _body(request: Request) -> bytes:
    received = b""
    async for chunk in request.stream():
        received += chunk
        if len(received) > FORM_BYTES_MAX:
            raise Refused(413, f"The form is larger than {FORM_BYTES_MAX} bytes.")
    return received


def root_of(request: Request) -> str:
    """Return the prefix of all addresses of the application that a request reached, "" for none (ASGI
    root_path): that of a publication among several, or that of `admin_url`."""
    return str(request.scope.get("root_path", ""))


def see_other(request: Request, path: str) -> Response:
    """Return a redirect after a form (RFC 9110 section 15.4.4) to a path of the application."""
    place = f"{quote(root_of(request), safe='/')}{path}"
    sent = {**SECURITY_HEADERS, **FORM_PAGE, "Cache-Control": NO_STORE, "Location": place}
    return Response(status_code=303, headers=sent)
