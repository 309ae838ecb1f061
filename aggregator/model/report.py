"""Reports about releases by readers (EU DSA, Article 16), and the decisions on them (Article 17)."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Ground(StrEnum):
    """Grounds of a report. The values are stored: never rename one."""

    UNLAWFUL = "unlawful"
    RIGHTS = "rights"
    PRIVACY = "privacy"
    CHILDREN = "children"  # sexual abuse of children: may be reported without a name (Article 16(2)(c))
    ERROR = "error"
    OTHER = "other"

    @property
    def words(self) -> str:
        """Return the ground as a phrase for people."""
        return _GROUNDS[self]


class Answer(StrEnum):
    """Decisions on a report. The values are stored: never rename one."""

    KEPT = "kept"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    FORWARDED = "forwarded"

    @property
    def words(self) -> str:
        """Return the decision as a phrase for people."""
        return _ANSWERS[self]


_GROUNDS = {
    Ground.UNLAWFUL: "it breaks the law",
    Ground.RIGHTS: "it infringes copyright or another right",
    Ground.PRIVACY: "it discloses personal data",
    Ground.CHILDREN: "it shows sexual abuse of children",
    Ground.ERROR: "it is wrong, or wrongly attributed",
    Ground.OTHER: "something else",
}
_ANSWERS = {
    Answer.KEPT: "kept as it is",
    Answer.WITHDRAWN: "withdrawn",
    Answer.CORRECTED: "corrected",
    Answer.FORWARDED: "passed on to the organisation that released it",
}


class Report(Struct, frozen=True):
    """One report. `number` is 0 before it is stored. `about` is what the reporter names, `item` the id of the
    release, "" for an address that is none. `decided` None: it waits; else `answer` and `statement` are the
    decision of `actor`."""

    reference: str
    received: datetime
    name: str
    address: str
    about: str
    item: str
    ground: Ground
    words: str
    number: int = 0
    decided: datetime | None = None
    answer: str = ""
    statement: str = ""
    actor: str = ""
