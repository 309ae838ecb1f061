"""The pictures of README: the front page of the sample newsroom on a phone and a desktop, light and dark.

`python -m tests.journeys.pictures` writes them to docs/.
"""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser

from tests.journeys.browser import ROOT, chromium
from tests.running import given_a_site, until

PICTURE_BYTES_MAX = 60_000
SIZES = {"phone": (390, 844, 2), "desktop": (1280, 900, 1)}  # width and height in CSS pixels, pixels of each
QUALITIES = range(85, 20, -5)  # of WebP, the first that fits


def sources(public: int, admin: int) -> str:
    """Return sources.yaml of the sample newsroom on these ports."""
    return f"""publication:
  name: Example Public Releases
  url: https://releases.example.org/
  description: What public bodies release, each release once.
  language: en
  contact: desk@example.org
listen: 127.0.0.1:{public}
admin: 127.0.0.1:{admin}
sources:
  - id: sample-newsroom
    organisation: Marrowby Estuary Institute
    feed: 'file:{ROOT}/docs/sample-newsroom.xml'
    domains: [marrowby-estuary.example]
    topics: [science, environment]
    language: en
    timezone: Europe/London
    first_import: 36500d
"""


def pictured(browser: Browser, url: str) -> Iterator[tuple[str, bytes]]:
    """Take the pictures of a page; yields a name and a WebP of each."""
    for device, (width, height, scale) in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                device_scale_factor=scale,
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
                locale="en-GB",
            )
            context.route(
                "**/*.jpg", lambda route: route.fulfill(body=photograph(), content_type="image/png")
            )
            page = context.new_page()
            page.goto(url, wait_until="load")
            yield f"front-{device}-{scheme}.webp", compressed(page.screenshot())
            context.close()


def photograph() -> bytes:
    """Return a PNG in place of images of the invented organisation, which no server has: sea below a pale sky."""
    made = io.BytesIO()
    shades = Image.linear_gradient("L")
    ImageOps.colorize(shades, black="#cfdfe8", mid="#7fa8bd", white="#274b5f").save(made, "PNG")
    return made.getvalue()


def compressed(png: bytes) -> bytes:
    """Return a picture as WebP of at most PICTURE_BYTES_MAX; ValueError if no quality is low enough."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in QUALITIES:
        made = io.BytesIO()
        image.save(made, "WEBP", quality=quality, method=6)
        if len(made.getvalue()) <= PICTURE_BYTES_MAX:
            return made.getvalue()
    raise ValueError("the picture does not fit: take a smaller one")


def main() -> None:
    """Run the sample newsroom in a directory of its own, and write its pictures."""
    with tempfile.TemporaryDirectory() as directory:
        site = given_a_site(Path(directory))
        site.config.write_text(sources(site.public, site.admin), encoding="utf-8")
        with site.serving() as service, chromium() as browser:
            until(lambda: len(service.titles()) > 2)
            for name, webp in pictured(browser, service.public):
                (ROOT / "docs" / name).write_bytes(webp)


if __name__ == "__main__":
    main()
