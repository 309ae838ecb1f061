"""Images of releases: whose are shown, and our bounded copies of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Images(StrEnum):
    """Which images pages and documents show, by the value of `publication.images`."""

    ORIGIN = "origin"  # at their addresses at the origins
    NONE = "none"
    PROXY = "proxy"  # our copies


@dataclass(frozen=True, slots=True)
class ImageCopy:
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
