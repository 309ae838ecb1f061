"""Changes of what the public sees of an item, in the order of their commits."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChangeKind(StrEnum):
    """Kinds of public changes.

    WITHDRAWN is every way out of the outputs: withdrawn, held again, rights that forbid it, removed with its
    source; RESTORED is the way back from each.
    """

    PUBLISHED = "published"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class PublicChange:
    """One public change of an item.

    `number` is the cursor: it grows in the order of commits, with gaps. `item`, `id` and `source` are None or
    "" once the item is removed: `public_id` is all that is kept of it.
    """

    number: int
    seq: int
    kind: ChangeKind
    at: datetime
    item: int | None
    public_id: str
    id: str = ""
    source: str = ""
