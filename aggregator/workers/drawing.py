"""Images decoded and encoded anew by Pillow, of the extra `images`: nothing of their bytes, metadata or
trailing data is left.

Runs in a worker that has loaded Pillow and its codecs before it was confined.
"""

import warnings
from io import BytesIO

from PIL import GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401 - codecs

from aggregator.model.image import COPY_BYTES_MAX, COPY_PIXELS_MAX, Drawn, ImageJob, ImageState
from aggregator.parse.image_type import ImageType, image_type

PIXELS_MAX = 50_000_000  # of an image (decompression bomb): 200 MB once it is decoded
SIDE_MIN = 4  # pixels: smaller ones count readers, and show nothing
FORMATS = {ImageType.PNG: "PNG", ImageType.JPEG: "JPEG", ImageType.WEBP: "WEBP", ImageType.GIF: "GIF"}
QUALITIES = (80, 60, 40)
ORIENTATION = 0x0112  # tag of Exif
Image.MAX_IMAGE_PIXELS = PIXELS_MAX
REFUSED = Drawn(ImageState.REFUSED)


def load() -> None:
    """Draw an image of each format, before the worker is confined: the first one may read files."""
    for name in FORMATS.values():
        sample = BytesIO()
        Image.new("RGB", (8, 8)).save(sample, name)
        _drawn(sample.getvalue(), name)


def drawn(job: ImageJob) -> Drawn:
    """Return an image as WebP, of an animated one the first picture; REFUSED for what is none."""
    kind = image_type(job.body)
    if kind is None or kind not in FORMATS:
        return REFUSED
    try:
        return _drawn(job.body, FORMATS[kind])
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, Image.DecompressionBombError):
        return REFUSED  # Pillow raises these for what it cannot decode


def _drawn(body: bytes, format_name: str) -> Drawn:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            opened = Image.open(BytesIO(body), formats=[format_name])
        except Image.DecompressionBombWarning as error:
            raise ValueError("too many pixels") from error
        if min(opened.size) < SIDE_MIN:
            return REFUSED
        opened.draft("RGB", (COPY_PIXELS_MAX, COPY_PIXELS_MAX))  # a large JPEG is decoded at a fraction
        orientation = opened.getexif().get(ORIENTATION, 1)
        has_alpha = opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
        image = _turned(opened.convert("RGBA" if has_alpha else "RGB"), orientation)
        image.thumbnail((COPY_PIXELS_MAX, COPY_PIXELS_MAX))
        for quality in QUALITIES:
            made = BytesIO()
            image.save(made, "WEBP", quality=quality, method=4)
            if made.tell() <= COPY_BYTES_MAX:
                return Drawn(ImageState.COPIED, made.getvalue(), *image.size)
    return REFUSED


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    """Return an image as its camera was held (Exif 2.32, section 4.6.4)."""
    turn = Image.Transpose
    how = {
        2: turn.FLIP_LEFT_RIGHT,
        3: turn.ROTATE_180,
        4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE,
        6: turn.ROTATE_270,
        7: turn.TRANSVERSE,
        8: turn.ROTATE_90,
    }.get(orientation)
    return image if how is None else image.transpose(how)
