"""The public view of an entry that was taken back: its id and dates, and nothing of the release."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from aggregator.editorial.present import public_id
from aggregator.model.public_change import Gone
from aggregator.model.release import Tombstone
from aggregator.model.settings import Publication
from aggregator.model.stored import FeedInfo

SECOND = timedelta(seconds=1)

WORDS: Mapping[str, tuple[str, str]] = {
    "en": ("Withdrawn", "This release is no longer published here."),
    "fr": ("Retiré", "Ce communiqué n'est plus publié ici."),
    "de": ("Zurückgezogen", "Diese Mitteilung wird hier nicht mehr veröffentlicht."),
    "es": ("Retirado", "Este comunicado ya no se publica aquí."),
    "it": ("Ritirato", "Questo comunicato non è più pubblicato qui."),
    "pt": ("Retirado", "Este comunicado já não é publicado aqui."),
}


def tombstone(gone: Gone, publication: Publication, feed: FeedInfo | None) -> Tombstone:
    """Return the tombstone entry of what is gone; `feed` is that of its source, None once it is removed.

    Its page answers 410, or 404 while it is held; that of a removed one is the publication's.
    """
    language = publication.language.partition("-")[0].lower()
    title, comment = WORDS.get(language, WORDS["en"])
    updated, when = _times(gone)
    return Tombstone(
        public_id=gone.public_id if feed is None else public_id(gone, publication, feed),
        page=f"{publication.url}items/{gone.id}" if gone.id else publication.url,
        title=title,
        comment=comment,
        publisher=publication.name,
        language=language if language in WORDS else "en",
        updated=updated,
        when=when,
    )


def _times(gone: Gone) -> tuple[datetime, datetime]:
    """Return when the stub was updated, later than any update published, and when it was withdrawn, later
    still: a newer entry would cancel the tombstone (RFC 6721 section 3). To the second, at most 3 s late."""
    last = gone.updated.replace(microsecond=0)
    when = max(gone.at.replace(microsecond=0), last + 3 * SECOND)
    return when - SECOND, when
