"""Responses of endpoints. All are made here, except the WebSub callback's and those from memory."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from aggregator.publish.document import Published
from aggregator.web.answers import CACHE_FOR_A_MINUTE, SECURITY_HEADERS, Answers

NO_STORE = "no-store"
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}  # for scripts of other sites


def reply(
    request: Request,
    published: Published,
    *,
    status: int = 200,
    cache: str = CACHE_FOR_A_MINUTE,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a document as a response, or 304 when the client's copy is current. Starlette handles HEAD."""
    return response(request, Answers(published, status=status, cache=cache, headers=headers))


def response(request: Request, answers: Answers) -> Response:
    """Return the one of a document's responses that a request asks for."""
    asked = request.headers
    answer = answers.to(
        asked.get("accept-encoding", ""), asked.get("if-none-match"), asked.get("if-modified-since")
    )
    made = Response(answer.body, answer.status)
    made.raw_headers = [*answer.headers]
    return made


def channel_name(request: Request) -> str:
    """Return the channel's name, which is its path. request.url would depend on the Host header."""
    path = request.path_params
    return f"{path['section']}/{path['choice']}" if "section" in path else ""


def moved(address: str) -> Response:
    """Return a permanent redirect (RFC 9110 section 15.4.2)."""
    return Response(
        status_code=301,
        headers={**SECURITY_HEADERS, "Cache-Control": CACHE_FOR_A_MINUTE, "Location": address},
    )


def plain(text: str) -> Published:
    """Return a line of text as a document."""
    return Published(f"{text}\n".encode(), "text/plain; charset=utf-8", None)
