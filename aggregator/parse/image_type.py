"""The type of an image by its bytes (WHATWG MIME Sniffing, section 6.1): a name or a header may claim any."""

import re
from enum import StrEnum


class ImageType(StrEnum):
    """A type of image that pages show, as its media type."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"
    GIF = "image/gif"
    SVG = "image/svg+xml"


_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)?"
    rb"(?:<!DOCTYPE svg[^>\[]{0,300}>\s*)?(?:<!--.{0,2000}?-->\s*)?<svg[\s>]",
    re.DOTALL,
)


def image_type(body: bytes) -> ImageType | None:
    """Return the type of an image; None for anything else."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageType.PNG
    if body.startswith(b"\xff\xd8\xff"):
        return ImageType.JPEG
    if body[:4] == b"RIFF" and body[8:14] == b"WEBPVP":
        return ImageType.WEBP
    if body.startswith((b"GIF87a", b"GIF89a")):
        return ImageType.GIF
    return ImageType.SVG if _SVG.match(body) else None
