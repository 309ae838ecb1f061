"""Images of releases: whose are shown, and our bounded copies of them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Images(StrEnum):
    """Images that pages and documents show, by the value of `publication.images`."""

    ORIGIN = "origin"  # at their addresses at the origins
    NONE = "none"
    PROXY = "proxy"  # our copies


class ImageCopy(Struct, frozen=True):
    """Our copy of an image: the digest of its bytes, which names it, its pixels and its bytes."""

    digest: str
    width: int
    height: int
    size: int


Copies = Mapping[str, ImageCopy]  # by the address of the image at its origin
COPIES = "images/"  # their path below publication.url
COPY_TYPE = "image/webp"


def copy_path(digest: str) -> str:
    """Return the path of a copy below publication.url."""
    return f"{COPIES}{digest}.webp"


class ImageState(StrEnum):
    """State of the copy of an image. The values are stored: never rename one."""

    WAITS = "waits"  # for its fetch
    COPIED = "copied"
    REFUSED = "refused"  # no image of a known type, too large, a pixel that tracks, or not to be had
    FAILED = "failed"  # not answered in time, or could not be drawn


COPY_PIXELS_MAX = 1_600  # of a side of a copy
COPY_BYTES_MAX = 600_000


class ImageJob(Struct, frozen=True):
    """Input of a worker: the bytes of an image, as its origin sends them."""

    body: bytes
    source: str


class Drawn(Struct, frozen=True):
    """An image decoded and encoded anew, as WebP, if it is COPIED."""

    state: ImageState
    body: bytes = b""
    width: int = 0
    height: int = 0


class Pictured(Struct, frozen=True):
    """A live item, by its number, with the addresses of the images that it shows."""

    number: int
    addresses: tuple[str, ...] = ()


class ImageFetch(Struct, frozen=True):
    """The fetch of an image that waits: `number` and `item` are its item's, `source` the id of its source.

    `due` is when it may be fetched, `failures` counts fetches without an answer. `asked`, `bytes` (of copies)
    and `host_asked` are those of its source and its host within a day.
    """

    number: int
    item: str
    source: str
    address: str
    started: datetime
    due: datetime
    failures: int = 0
    asked: int = 0
    bytes: int = 0
    host_asked: int = 0
