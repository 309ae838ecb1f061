"""The colours of pages: those of the stylesheet, with the operator's in their place, and their contrast."""

from collections.abc import Iterator

from aggregator.model.look import Brand, Colour, Colours
from aggregator.policy import contrast

# As in web/static/style.css; tests/web/test_look.py compares them.
LIGHT: Colours = {
    Colour.BACKGROUND: "#fbfaf7",
    Colour.SURFACE: "#ffffff",
    Colour.TINT: "#eef2f5",
    Colour.TEXT: "#1b1e22",
    Colour.MUTED: "#565d66",
    Colour.ACCENT: "#1d4f7c",
    Colour.ALARM: "#9c2b1f",
    Colour.BORDER: "#dedbd2",
}
DARK: Colours = {
    Colour.BACKGROUND: "#15181b",
    Colour.SURFACE: "#1b1f23",
    Colour.TINT: "#20262b",
    Colour.TEXT: "#e6e4df",
    Colour.MUTED: "#a4abb3",
    Colour.ACCENT: "#8fc1ec",
    Colour.ALARM: "#ff9d8f",
    Colour.BORDER: "#33393f",
}
GROUNDS = (Colour.BACKGROUND, Colour.SURFACE, Colour.TINT)
WORDS = (Colour.TEXT, Colour.MUTED, Colour.ACCENT, Colour.ALARM)  # text; a border only decorates
DERIVED = (Colour.ACCENT, Colour.ALARM)  # in the dark, from those of light displays


def light(brand: Brand) -> Colours:
    """Return the colours of light displays."""
    return {**LIGHT, **dict(brand.colours)}


def dark(brand: Brand) -> Colours:
    """Return the colours of dark displays. One that `dark` does not name is that of the stylesheet; accent
    and alarm are shades of the operator's own, light enough to be read."""
    given, own = dict(brand.dark), dict(brand.colours)
    colours = {**DARK, **given}
    grounds = [colours[each] for each in GROUNDS]
    for each in DERIVED:
        if each in own and each not in given:
            colours[each] = contrast.readable(own[each], grounds)
    return colours


def advice(brand: Brand) -> Iterator[str]:
    """Yield a sentence for each colour with too little contrast, with its ratio and the cure."""
    for path, colours in (("colours", light(brand)), ("colours.dark", dark(brand))):
        for each in WORDS:
            ground = min(GROUNDS, key=lambda one: contrast.ratio(colours[each], colours[one]))
            found = contrast.ratio(colours[each], colours[ground])
            if found < contrast.TEXT_RATIO_MIN:
                cure = contrast.readable(colours[each], [colours[one] for one in GROUNDS])
                yield _sentence(path, each, ground, colours, found, cure)


def _sentence(path: str, colour: Colour, ground: Colour, colours: Colours, found: float, cure: str) -> str:
    shown = int(found * 100) / 100  # 4.499 is not 4.5
    said = (
        f"publication.brand.{path}: {colour} {colours[colour]} on {ground} {colours[ground]} has a contrast "
        f"of {shown:g}:1, and text needs {contrast.TEXT_RATIO_MIN:g}:1 (WCAG 1.4.3)"
    )
    if contrast.weakest(cure, [colours[each] for each in GROUNDS]) < contrast.TEXT_RATIO_MIN:
        names = ", ".join(GROUNDS)
        return f"{said}; no shade of it is readable on all of {names}: give these similar colours"
    return f'{said}; write `{colour}: "{cure}"`'
