"""The desk's own fields of an item, beside what its origin says."""

from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct


class AmendedField(StrEnum):
    """Fields that the desk may amend. NOTE is shown apart and replaces nothing."""

    HEADLINE = "headline"
    SUMMARY = "summary"
    TOPICS = "topics"
    LANGUAGE = "language"
    NOTE = "note"


COMPARED = (AmendedField.HEADLINE, AmendedField.SUMMARY, AmendedField.LANGUAGE)  # with what its origin says


class Amendment(Struct, frozen=True):
    """Fields that are shown in place of an item's own, and a note; an empty one leaves the item's own.

    `of` are digests of what its origin said when the desk wrote these fields, by which a conflict is known.
    """

    headline: str = ""
    summary: str = ""
    topics: tuple[str, ...] = ()
    language: str = ""
    note: str = ""
    of: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[AmendedField, ...]:
        """Return the fields that replace an item's own."""
        return tuple(each for each in AmendedField if each is not AmendedField.NOTE and getattr(self, each))

    def __bool__(self) -> bool:
        """Return whether anything is amended."""
        return bool(self.fields or self.note)

    def conflicts(self, title: str, summary: str, language: str) -> tuple[AmendedField, ...]:
        """Return the amended fields of which the origin says something else now than it said then."""
        now = said(title, summary, language)
        pairs = zip(COMPARED, self.of or now, now, strict=True)
        return tuple(field for field, before, after in pairs if getattr(self, field) and before != after)


def said(title: str, summary: str, language: str) -> tuple[str, ...]:
    """Return the digests of what an origin says of the fields of COMPARED."""
    texts = (text.encode(errors="replace") for text in (title, summary, language))
    return tuple(blake2b(text, digest_size=8).hexdigest() for text in texts)
