"""The public view of an entry that was taken back: its id and dates, and nothing of the release."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.editorial.present import public_id
from aggregator.model.public_change import Gone
from aggregator.model.release import Tombstone
from aggregator.model.settings import Publication
from aggregator.model.stored import FeedInfo

SECOND = timedelta(seconds=1)


class Words(Struct, frozen=True):
    """Title and comment of a tombstone entry, and those where another entry stands in its place."""

    gone: tuple[str, str]
    moved: tuple[str, str]


WORDS: Mapping[str, Words] = {
    "en": Words(
        ("Withdrawn", "This release is no longer published here."),
        ("Replaced", "This release stands in another entry now: {page}"),
    ),
    "fr": Words(
        ("Retiré", "Ce communiqué n'est plus publié ici."),
        ("Remplacé", "Ce communiqué figure désormais dans une autre entrée : {page}"),
    ),
    "de": Words(
        ("Zurückgezogen", "Diese Mitteilung wird hier nicht mehr veröffentlicht."),
        ("Ersetzt", "Diese Mitteilung steht jetzt in einem anderen Eintrag: {page}"),
    ),
    "es": Words(
        ("Retirado", "Este comunicado ya no se publica aquí."),
        ("Sustituido", "Este comunicado figura ahora en otra entrada: {page}"),
    ),
    "it": Words(
        ("Ritirato", "Questo comunicato non è più pubblicato qui."),
        ("Sostituito", "Questo comunicato si trova ora in un'altra voce: {page}"),
    ),
    "pt": Words(
        ("Retirado", "Este comunicado já não é publicado aqui."),
        ("Substituído", "Este comunicado está agora noutra entrada: {page}"),
    ),
}


def tombstone(gone: Gone, publication: Publication, feed: FeedInfo | None) -> Tombstone:
    """Return the tombstone entry of what is gone; `feed` is that of its source, None once it is removed.

    Its page answers 410, or 404 while it is held; that of a removed one is the publication's, and of one in
    whose place another member of its story stands, that of this one.
    """
    language = publication.language.partition("-")[0].lower()
    words = WORDS.get(language, WORDS["en"])
    title, comment = words.moved if gone.instead else words.gone
    instead = f"{publication.url}items/{gone.instead}" if gone.instead else ""
    own = f"{publication.url}items/{gone.id}" if gone.id else publication.url
    updated, when = _times(gone)
    return Tombstone(
        public_id=gone.public_id if feed is None else public_id(gone, publication, feed),
        page=instead or own,
        title=title,
        comment=comment.format(page=instead),
        publisher=publication.name,
        language=language if language in WORDS else "en",
        updated=updated,
        when=when,
        instead=instead,
    )


def _times(gone: Gone) -> tuple[datetime, datetime]:
    """Return when the stub was updated, later than any update published, and when it was withdrawn, later
    still: a newer entry would cancel the tombstone (RFC 6721 section 3). To the second, at most 3 s late."""
    last = gone.updated.replace(microsecond=0)
    when = max(gone.at.replace(microsecond=0), last + 3 * SECOND)
    return when - SECOND, when
