"""Terms of use: what an origin or the operator says of licence and of use by AI."""

from enum import StrEnum

from msgspec import Struct


class Use(StrEnum):
    """Permission or prohibition of one kind of use."""

    UNSAID = ""
    ALLOW = "allow"
    PROHIBIT = "prohibit"


class Terms(Struct, frozen=True):
    """Machine-readable terms: the URL of a licence, or words of the operator, and use of a text by AI.

    `train`: to train a model; `input`: as input of one, such as retrieval; `search`: to index for search.
    """

    licence: str = ""
    train: Use = Use.UNSAID
    input: Use = Use.UNSAID
    search: Use = Use.UNSAID


UNSAID = Terms()
USES = ("train", "input", "search")  # fields of Terms
