"""Types of images by their bytes."""

import pytest

from aggregator.parse.image_type import ImageType, image_type


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", ImageType.PNG),
        (b"\xff\xd8\xff\xe0", ImageType.JPEG),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", ImageType.WEBP),
        (b"GIF89a\x01", ImageType.GIF),
        (b"<svg/>", None),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', ImageType.SVG),
        (
            b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by us -->\n<!DOCTYPE svg PUBLIC "x">\n<svg\n',
            ImageType.SVG,
        ),
        (b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg >", None),
        (b"<html><svg >", None),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", None),
        (b"", None),
    ],
)
def test_the_type_is_that_of_the_bytes(body: bytes, expected: ImageType | None) -> None:
    assert image_type(body) is expected
