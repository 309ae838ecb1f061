"""/.well-known/security.txt (RFC 9116): where faults of the service are to be reported."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.model.settings import Publication
from aggregator.publish.document import Published

PATH = ".well-known/security.txt"
# Less than a year, as RFC 9116 section 2.5.5 recommends: an abandoned service stops naming its operator.
VALID_FOR = timedelta(days=180)


def document(publication: Publication, now: datetime) -> Published | None:
    """Return the document, the same all day (UTC); None if the operator names no contact."""
    security = publication.security
    if not security.contact:
        return None
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: {security.contact}",
        f"Expires: {day + VALID_FOR:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {publication.language}",
        f"Canonical: {publication.url}{PATH}",
        *([f"Policy: {security.policy}"] if security.policy else []),
    ]
    return Published("".join(f"{line}\n" for line in lines).encode(), "text/plain; charset=utf-8", None)


def routes(
    publication: Callable[[], Publication],
    reply: Callable[[Request, Published], Response],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Route]:
    """Return the route of the document, which answers 404 while there is none."""

    def security_txt(request: Request) -> Response:
        published = document(publication(), now())
        if published is None:
            raise HTTPException(404)
        return reply(request, published)

    return [Route(f"/{PATH}", security_txt)]
