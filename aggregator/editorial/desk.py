"""The desk's own fields of a release, in place of its origin's, and its note. Pure."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from aggregator.model.amendment import AmendedField, Amendment
from aggregator.model.item import Item
from aggregator.model.release import Release
from aggregator.model.stored import FeedInfo

EDITED: Mapping[str, str] = {
    "en": "Edited by {publication}: {fields}.",
    "fr": "Édité par {publication} : {fields}.",
    "de": "Bearbeitet von {publication}: {fields}.",
    "es": "Editado por {publication}: {fields}.",
}
NOTE: Mapping[str, str] = {
    "en": "Note by {publication}:",
    "fr": "Note de {publication} :",
    "de": "Anmerkung von {publication}:",
    "es": "Nota de {publication}:",
}
FIELDS: Mapping[str, Mapping[str, str]] = {
    "en": {each: each for each in ("headline", "summary", "topics", "language")},
    "fr": {"headline": "titre", "summary": "résumé", "topics": "thèmes", "language": "langue"},
    "de": {"headline": "Titel", "summary": "Zusammenfassung", "topics": "Themen", "language": "Sprache"},
    "es": {"headline": "titular", "summary": "resumen", "topics": "temas", "language": "idioma"},
}


def item(said: Item, amended: Amendment) -> Item:
    """Return an item with the desk's headline and language."""
    if not amended:
        return said
    title, language = amended.headline or said.title, amended.language or said.language
    return replace(said, title=title, language=language, untitled=said.untitled and not amended.headline)


def source(feed: FeedInfo, amended: Amendment, ruled: tuple[str, ...] = ()) -> FeedInfo:
    """Return the source of a release with the topics of the release: of the desk, else those of all its
    releases and those that rules add."""
    topics = amended.topics or tuple(dict.fromkeys((*feed.topics, *ruled)))
    return feed if topics == feed.topics else replace(feed, topics=topics)


def shown(release: Release, amended: Amendment, publication: str, original: str) -> Release:
    """Return a release with the desk's summary and note; `original` is the title that its origin gave it."""
    if not amended:
        return release
    return replace(
        release,
        summary=amended.summary or release.summary,
        edited=amended.fields,
        edited_by=publication,
        original_title=original if amended.headline else "",
        note=amended.note,
    )


def words(fields: Sequence[AmendedField], note: str, publication: str, language: str) -> tuple[str, ...]:
    """Return what a publication says of its own edits, in the language of the release: a sentence that names
    the edited fields, and its note."""
    own = language.partition("-")[0]
    spoken = own if own in EDITED else "en"
    named = ", ".join(FIELDS[spoken][each] for each in fields)
    sentence = EDITED[spoken].format(publication=publication, fields=named) if fields else ""
    noted = f"{NOTE[spoken].format(publication=publication)} {note}" if note else ""
    return tuple(each for each in (sentence, noted) if each)
