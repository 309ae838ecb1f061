"""Files beside the pages: stylesheets, icons, copies of images, terms for machines; the liveness probe."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.model.image import COPY_TYPE
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher
from aggregator.storage import Storage
from aggregator.web import look, terms
from aggregator.web.archives import Kept
from aggregator.web.look import Looks
from aggregator.web.replies import NO_STORE, plain, reply
from aggregator.web.statics import STATIC

CACHE_FOR_A_DAY = "public, max-age=86400"
IMAGE_POLICY = {"Content-Security-Policy": "default-src 'none'; sandbox"}


class Files:
    """Endpoints of files. `kept` makes responses that are remembered."""

    def __init__(self, publisher: Publisher, storage: Storage, looks: Looks, kept: Kept) -> None:
        self._publisher, self._storage, self._looks, self._kept = publisher, storage, looks, kept

    def routes(self) -> list[BaseRoute]:
        """Return the routes, which take precedence over those of channels."""
        return [
            Route("/static/{name}", self.static),
            Route("/images/{digest}.webp", self.image),
            *(Route(f"/{path}", self.terms) for path in terms.PATHS),
            Route("/healthz", healthz),
        ]

    def static(self, request: Request) -> Response:
        """A file of the operator's look, or of the package."""
        name = request.path_params["name"]
        published = self._looks.current().files.get(name)
        if published is None:
            return static_file(request)
        return reply(request, published, cache=CACHE_FOR_A_DAY, headers=look.headers(name))

    def terms(self, request: Request) -> Response:
        """/robots.txt (RFC 9309), /license.xml (RSL 1.0) and /.well-known/tdmrep.json (TDMRep)."""
        url, feeds = self._publisher.publication().url, self._storage.items.feeds()
        return self._kept(request, terms.documents(url, feeds)[request.scope["path"].lstrip("/")])

    def image(self, request: Request) -> Response:
        """A copy of an image. Read for each request and cached for a minute: it leaves with its release."""
        digest = request.path_params["digest"]
        body = self._storage.images.body(digest) if _DIGEST.fullmatch(digest) else None
        if body is None:
            raise HTTPException(404)
        return reply(request, Published(body, COPY_TYPE, None), headers=IMAGE_POLICY)


def healthz(request: Request) -> Response:
    """Liveness probe: 200 while the process answers, without looking at storage."""
    return reply(request, plain("ok"), cache=NO_STORE)


def static_file(request: Request) -> Response:
    """A stylesheet or icon of the package; 404 for any other name."""
    published = STATIC.get(request.path_params["name"])
    if published is None:
        raise HTTPException(404)
    return reply(request, published, cache=CACHE_FOR_A_DAY)


_DIGEST = re.compile(r"[0-9a-f]{32}")
