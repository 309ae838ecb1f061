"""The own look of a publication, as configured: logo, colours, links in the footer, and templates."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct


class Colour(StrEnum):
    """A colour of pages, by its key in sources.yaml."""

    BACKGROUND = "background"
    SURFACE = "surface"  # boxes on the background
    TINT = "tint"  # quiet boxes
    TEXT = "text"
    MUTED = "muted"  # secondary text
    ACCENT = "accent"  # links, and the outline of the focus
    ALARM = "alarm"  # corrections and withdrawals
    BORDER = "border"


Colours = Mapping[Colour, str]  # "#rrggbb" in lower case


class Block(StrEnum):
    """A part of pages that a template of the operator may fill, by the name of its file."""

    MASTHEAD = "masthead"  # in place of name and description
    BEFORE_LIST = "before_list"  # above the releases of a channel
    AFTER_RELEASE = "after_release"  # below a release and its disclaimer
    FOOTER = "footer"  # in place of the last lines of a page


class LinkKind(StrEnum):
    """A link that the footer of pages shows, by its key in sources.yaml."""

    IMPRINT = "imprint"
    PRIVACY = "privacy"
    TERMS = "terms"


class Brand(Struct, frozen=True):
    """Look of the publication, as configured. `colours` and `dark` are pairs, for light and dark displays;
    the files are read by `web.look`."""

    logo: Path | None = None
    colours: tuple[tuple[Colour, str], ...] = ()
    dark: tuple[tuple[Colour, str], ...] = ()
    links: tuple[tuple[LinkKind, str], ...] = ()
    templates: Path | None = None
