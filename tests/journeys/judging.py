"""A page judged in one window: WCAG 2.2 AA in light and dark, widths, layout shift, weight, errors, origins."""

from urllib.parse import urlsplit

from tests.journeys.browser import Reader
from tests.journeys.newsroom import PICTURES

PHONE, DESKTOP = 390, 1280
WIDTHS = (320, 640, 768, 1280, 1920)  # 640: the layout of 1280 pixels at 200 % zoom
PAGE_BYTES_MAX = 60_000  # of own markup, style and script
WEIGHED = ("document", "stylesheet", "script")
HEIGHT = 900
NOT_FOUND = "Failed to load resource"  # said of the page itself when its status is an error


def faults(
    reader: Reader, url: str, *, status: int = 200, is_wide: bool = False, is_html: bool = True
) -> list[str]:
    """Load a page and return its faults, one a line; `is_wide`: axe-core judges it at 1280 pixels, too. What is not
    HTML it does not judge."""
    _sized(reader, PHONE)
    found = []
    if (given := reader.opens(url)) != status:
        found.append(f"status {given}, not {status}")
    found += [
        *_weight(reader),
        *_shift(reader, PHONE),
        *shown_faults(reader, is_wide=is_wide, is_html=is_html),
    ]
    for width in (WIDTHS[0], DESKTOP):
        _sized(reader, width)
        reader.opens(url)
        found += _shift(reader, width)
    return found


def shown_faults(reader: Reader, *, is_wide: bool = False, is_html: bool = True) -> list[str]:
    """Return the faults of the page that is open, apart from those of loading it."""
    found = []
    for width in (PHONE, DESKTOP)[: is_html + is_wide]:
        _sized(reader, width)
        for scheme in ("dark", "light"):
            reader.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            found += [f"{width} {scheme}: {each}" for each in reader.violations()]
    for width in (PHONE, *WIDTHS):
        _sized(reader, width)
        if reader.sticks_out():
            found.append(f"{width}: scrolls sideways")
    found += [f"console: {each}" for each in reader.complaints if not each.startswith(NOT_FOUND)]
    return found


def _sized(reader: Reader, width: int) -> None:
    reader.page.set_viewport_size({"width": width, "height": HEIGHT})


def _shift(reader: Reader, width: int) -> list[str]:
    shift = reader.shift()
    return [f"{width}: layout shift {shift}"] if shift else []


def _weight(reader: Reader) -> list[str]:
    """Return faults of what the page has loaded: too many bytes, or from another origin than that of its images."""
    origin = urlsplit(reader.page.url)[:2]
    own = [each for each in reader.responses if not each.url.startswith(PICTURES)]
    found = [f"loads {each.url}" for each in own if urlsplit(each.url)[:2] != origin]
    if origin[0] != "file":
        loaded = [each for each in reader.responses if not 300 <= each.status < 400]
        weighed = [each for each in loaded if each.request.resource_type in WEIGHED]
        if (weight := sum(len(each.body()) for each in weighed)) > PAGE_BYTES_MAX:
            found.append(f"weighs {weight} bytes")
    return found
