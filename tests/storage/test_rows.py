"""Fields of a Struct as columns of the same names, and back."""

from datetime import datetime, timedelta

import pytest
from msgspec import Struct
from msgspec.structs import fields

from aggregator.model.decision import State
from aggregator.storage.sql import rows
from tests.given import HOUR, NOON


class Sample(Struct, frozen=True):
    """A field of each type that columns hold."""

    number: int
    name: str
    digest: bytes
    state: State
    at: datetime
    every: timedelta
    is_due: bool
    topics: tuple[str, ...]
    released: datetime | None = None
    gap: timedelta | None = None
    prompt: bool | None = None


FULL = Sample(7, "n", b"d", State.HELD, NOON, HOUR, True, ("a", "b"), NOON, HOUR, False)
EMPTY = Sample(0, "", b"", State.LIVE, NOON, timedelta(0), False, ())


@pytest.mark.parametrize("sample", [FULL, EMPTY])
def test_a_dataclass_is_read_back_from_its_columns(sample: Sample) -> None:
    columns = rows.columns(sample, *(each.name for each in fields(sample)))
    assert {type(value) for value in columns.values()} <= {int, str, bytes, type(None)}
    assert rows.value(Sample, columns) == sample


def test_a_field_that_is_given_needs_no_column() -> None:
    columns = rows.columns(FULL, *(each.name for each in fields(FULL) if each.name != "topics"))
    assert rows.value(Sample, columns, topics=("c",)).topics == ("c",)
