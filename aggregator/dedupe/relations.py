"""Relations of two texts that are one release."""

from enum import Enum


class Relation(Enum):
    """Relation of two texts of one release."""

    SAME = "same"
    EXTRACT = "extract"  # the first says less than the second
    ADDS = "adds"  # the first says more than the second
