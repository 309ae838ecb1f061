"""One source of sources.yaml as read → Source, with the credentials for its origin.

Duplicates among sources are found here."""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aggregator.config import addresses, house_style, needs, source_keys, values
from aggregator.config.credentials import Environment, credentials
from aggregator.config.section import Section
from aggregator.config.source_keys import KEYS, Around, Fields
from aggregator.model.credentials import Credentials
from aggregator.model.settings import Source, Unnamed


class SourceReader:
    """Reads the sections of sources one by one; what layers give to all of a group is read once."""

    def __init__(self, around: Around, environment: Environment | None) -> None:
        self._around, self._environment = around, environment
        self._bases: dict[tuple[tuple[Section, ...], bool], Fields] = {}

    def read(self, section: Section) -> tuple[Source, Credentials | None]:
        """Return a source, and the credentials for its origin."""
        feed = section.need("feed", addresses.feed)
        section.is_file = feed.startswith("file:")
        found = source_keys.read(section, self._around, self._base(section))
        found["feed"] = feed = _file_url(self._around.path, feed) if section.is_file else feed
        found["id"] = found["id"] or default_id(feed)
        found["domains"] = found["domains"] or _domains(feed)
        source = Source(**found)  # type: ignore[arg-type]  # each reader returns fields of Source
        needs.quarantine(section, source)
        needs.full_text(section, source)
        house_style.check_language(section, source.house_style, source.language)
        for_origin = credentials(section, source.feed, self._environment)
        section.close(known=KEYS)
        return source, for_origin

    def _base(self, section: Section) -> Fields:
        of = section.under, section.is_file
        found = self._bases.get(of)
        if found is None:
            found = self._bases[of] = source_keys.read(section.without_own(), self._around)
        return found


def default_id(feed: str) -> str:
    """Return the readable default id of a feed. Ids are public and a query may hold a secret: it is left
    out."""
    parts = urlsplit(feed)
    if parts.scheme == "file":  # ids are public, directories of this machine are not
        slug = values.slugify(Path(unquote(parts.path)).stem) or "file"
    else:
        slug = values.slugify(f"{parts.netloc.removeprefix('www.')} {parts.path}") or "source"
    return f"{slug}-2" if slug in values.RESERVED else slug


def _domains(feed: str) -> tuple[str, ...]:
    host = urlsplit(feed).hostname
    return (host.removeprefix("www."),) if host else ()


def unnamed(sections: Sequence[Section]) -> tuple[Unnamed, ...]:
    places = ((index, each.place("feed")) for index, each in enumerate(sections) if not each.has("id"))
    return tuple(Unnamed(index, *place) for index, place in places)


def check_distinct(sections: Sequence[Section], sources: Sequence[Source]) -> None:
    """Record duplicate feeds, and duplicate ids of the file."""
    feeds: dict[str, int] = {}
    ids: dict[str, int] = {}
    for index, (section, source) in enumerate(zip(sections, sources, strict=True)):
        feed = source.feed.replace("http:", "https:", 1)  # one feed under two schemes is one feed
        if feed and feeds.setdefault(feed, index) != index:
            section.fault("feed", f"is the same feed as sources.{feeds[feed]}; remove one of the two")
        if section.owns("id") and ids.setdefault(source.id, index) != index:
            section.fault(
                "id", f"`{source.id}` is already the id of sources.{ids[source.id]}; choose another"
            )


def resolve(path: Path, written: str) -> Path:
    """Return a path relative to the file as absolute, without `..`."""
    return Path(os.path.normpath(path.absolute().parent / Path(written).expanduser()))


def _file_url(path: Path, feed: str) -> str:
    name = unquote(feed.removeprefix("file:"))
    return resolve(path, "/" + name.lstrip("/") if name.startswith("/") else name).as_uri()
