"""Images in a confined worker: drawn anew, or refused."""

import asyncio
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from aggregator.errors import WorkerError
from aggregator.model.image import COPY_BYTES_MAX, COPY_PIXELS_MAX, Drawn, ImageJob, ImageState
from aggregator.workers.answers import decode, encode
from aggregator.workers.drawing import PIXELS_MAX, REFUSED, drawn
from aggregator.workers.pool import WorkerPool

GREEN = (0, 128, 0)


def encoded(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    made = BytesIO()
    Image.new(mode, size, GREEN if mode == "RGB" else 0).save(made, kind, **options)
    return made.getvalue()


def copy(body: bytes) -> Image.Image:
    found = drawn(ImageJob(body, "ministry"))
    assert found.state is ImageState.COPIED
    image = Image.open(BytesIO(found.body))
    assert (image.format, image.size) == ("WEBP", (found.width, found.height))
    return image


def bomb(width: int, height: int) -> bytes:
    """Return a small PNG that says it has so many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_an_image_is_drawn_anew_as_webp(kind: str) -> None:
    found = copy(encoded(kind)).convert("RGB").getpixel((5, 5))
    assert isinstance(found, tuple)
    assert all(abs(one - other) < 12 for one, other in zip(found, GREEN, strict=True))


def test_nothing_is_left_of_metadata_and_of_what_follows_an_image() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET PLACE"
    body = encoded("JPEG", exif=exif, comment=b"SECRET WORDS") + b"SECRET TAIL"
    found = drawn(ImageJob(body, "ministry"))
    assert found.state is ImageState.COPIED
    assert b"SECRET" in body
    assert b"SECRET" not in found.body


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (40, 30)), (3, (40, 30)), (6, (30, 40)), (8, (30, 40))]
)
def test_an_image_stands_as_its_camera_was_held(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert copy(encoded("JPEG", exif=exif)).size == size


def test_a_large_image_is_made_smaller_and_a_transparent_one_stays_so() -> None:
    assert copy(encoded("JPEG", (4_000, 1_000))).size == (COPY_PIXELS_MAX, COPY_PIXELS_MAX // 4)
    assert copy(encoded("PNG", mode="RGBA")).mode == "RGBA"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"BM" + bytes(100),
        encoded("TIFF"),
        encoded("PNG", (1, 1)),  # counts readers
        encoded("PNG")[:40],
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"GIF89a" + bytes(20),
        b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20),
        bomb(PIXELS_MAX, 2),
        bomb(100_000, 100_000),
    ],
    ids=range(12),
)
def test_whatever_is_no_image_of_a_known_type_and_size_is_refused(body: bytes) -> None:
    assert drawn(ImageJob(body, "ministry")) == REFUSED


def test_a_confined_worker_draws_all_types() -> None:
    async def main() -> list[ImageState]:
        pool = WorkerPool(1, draws=True)
        try:
            bodies = (encoded("JPEG"), encoded("GIF"), encoded("WEBP"), encoded("PNG", mode="P"), b"none")
            return [(await pool.draw(ImageJob(each, "ministry"))).state for each in bodies]
        finally:
            await pool.close()

    assert asyncio.run(main()) == [ImageState.COPIED] * 4 + [ImageState.REFUSED]


def test_a_worker_that_draws_too_long_is_killed() -> None:
    async def main() -> str:
        pool = WorkerPool(1, draws=True, seconds=0.0)
        try:
            await pool.draw(ImageJob(encoded("JPEG", (3_000, 3_000)), "ministry"))
        except WorkerError as error:
            return str(error)
        finally:
            await pool.close()
        return ""

    assert asyncio.run(main()) == "an image of ministry took over 0 s"


def test_an_answer_is_a_webp_within_bounds_or_refused() -> None:
    webp = encoded("WEBP")
    sound = Drawn(ImageState.COPIED, webp, 40, 30)
    assert decode(encode(sound)) == sound
    assert decode(encode(REFUSED)) == REFUSED
    for forged in (
        Drawn(ImageState.COPIED, b"<svg>", 40, 30),
        Drawn(ImageState.COPIED, webp, 0, 30),
        Drawn(ImageState.COPIED, webp, 40, COPY_PIXELS_MAX + 1),
        Drawn(ImageState.REFUSED, bytes(COPY_BYTES_MAX + 1)),
    ):
        with pytest.raises(ValueError, match="out of bounds"):
            decode(encode(forged))
