"""Pages for frames of other sites: /embed/CHANNEL, without scripts, framed by allowed origins alone."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.publish.publisher import Publisher
from aggregator.web.answers import CONTENT_POLICY
from aggregator.web.archives import Kept
from aggregator.web.clients import ClientLimits
from aggregator.web.pages import Site, heading_of, page
from aggregator.web.replies import channel_name
from aggregator.web.wording import wording

ENTRIES = 10


class Theme(StrEnum):
    """Colours that a site asks for; without, the reader's preference decides."""

    LIGHT = "light"
    DARK = "dark"


class EmbedPages:
    """Endpoints of embedded pages. `kept` makes responses that are remembered, `moved` answers for a channel
    that is unknown by its name."""

    def __init__(
        self,
        publisher: Publisher,
        site: Callable[[], Site],
        limits: ClientLimits,
        *,
        kept: Kept,
        moved: Callable[[str, Request], Response],
    ) -> None:
        self._publisher, self._site, self._limits = publisher, site, limits
        self._kept, self._moved = kept, moved

    def routes(self) -> list[BaseRoute]:
        """Return the routes, which take precedence over those of channels."""
        return [Route("/embed/all", self.page), Route("/embed/{section}/{choice}", self.page)]

    def page(self, request: Request) -> Response:
        """The newest releases of a channel, each with its disclaimer."""
        theme = request.query_params.get("theme", "")
        if theme and theme not in tuple(Theme):
            raise HTTPException(404)
        if refused := self._limits.refusal(request, words=wording(self._publisher.publication())):
            return refused
        name = channel_name(request)
        channel, listing = self._publisher.channel(name), self._publisher.page(name, None)
        if channel is None or listing is None:
            return self._moved(name, request)
        site = self._site()
        shown = page(
            "embed.html",
            site=site,
            channel=channel,
            heading=heading_of(channel, site),
            releases=listing.releases[:ENTRIES],
            theme=theme,
        )
        return self._kept(request, shown, headers=framed_by(self._publisher.embedding().origins(name)))


def framed_by(origins: tuple[str, ...]) -> Mapping[str, str]:
    """Return the header fields that let pages of these origins frame a response: frame-ancestors (CSP level 3
    section 6.4.2). X-Frame-Options, which knows no list, stays only where none may."""
    ancestors = " ".join(origins) or "'none'"
    headers = {
        "Content-Security-Policy": f"{CONTENT_POLICY}; frame-ancestors {ancestors}",
        "X-Robots-Tag": "noindex",
    }
    return headers | {"X-Frame-Options": ""} if origins else headers
