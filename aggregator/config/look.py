"""The keys `brand`, `links` and `templates` of the publication → Brand. No file is opened."""

import re
from pathlib import Path

from aggregator.config import addresses, values
from aggregator.config.section import Section
from aggregator.config.source import resolve
from aggregator.model.look import Brand, Colour, LinkKind


def read(publication: Section, path: Path) -> Brand:
    """Return the look that the section of the publication says; paths are relative to the file `path`."""
    brand, links = publication.section("brand"), publication.section("links")
    colours = brand.section("colours")
    dark = colours.section("dark")
    logo = brand.one("logo", values.line, "")
    templates = publication.one("templates", values.line, "")
    found = Brand(
        logo=resolve(path, logo) if logo else None,
        colours=_colours(colours),
        dark=_colours(dark),
        links=tuple((kind, url) for kind in LinkKind if (url := links.one(kind, addresses.page, ""))),
        templates=resolve(path, templates) if templates else None,
    )
    for section in (dark, colours, brand, links):
        section.close()
    return found


def _colours(section: Section) -> tuple[tuple[Colour, str], ...]:
    return tuple((each, found) for each in Colour if (found := section.raw(each, _colour, "")))


def _colour(value: object) -> str:
    """Return a colour as #rrggbb in lower case."""
    written = value.strip().lower() if isinstance(value, str) else ""  # an unquoted one is a comment: None
    if not re.fullmatch(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", written):
        raise ValueError('must be a colour such as "#1d4f7c", in quotes: a bare # starts a comment')
    return written if len(written) == 7 else "#" + "".join(each * 2 for each in written[1:])
