"""Answers of workers decode to equal values or to ValueError, and never to anything else."""

import tracemalloc
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from aggregator.errors import Cause, ParseError
from aggregator.model.document import Document, Hints, ReadResult
from aggregator.model.entry import Origin
from aggregator.model.item import Enclosure, Item, Key, KeyKind
from aggregator.workers.answers import (
    DocumentBounds,
    Failure,
    HintsBounds,
    ItemBounds,
    OriginBounds,
    ResultBounds,
    decode,
    encode,
)

RESULT = ReadResult(
    Document(
        "rss",
        title="Ministry",
        hints=Hints(update_period=timedelta(hours=12), skip_hours=(1, 2)),
        salt=b"\xff",
    ),
    (
        Item(
            (Key(KeyKind.GUID, b"\x00" * 16),),
            "Storm warning",
            claimed=datetime(1990, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
            enclosures=(Enclosure("https://one.example/a.pdf", size=1 << 40),),
            origin=Origin("Coast guard"),
        ),
    ),
    skipped=1,
    invalid=("an entry: has neither title nor text",),
)


def test_a_result_decodes_to_an_equal_one() -> None:
    answer = encode(RESULT)
    decoded, expected = decode(answer), replace(RESULT, size=len(answer))
    assert (decoded, repr(decoded)) == (expected, repr(expected))


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ParseError("no feed", cause=Cause.NOT_A_FEED), Failure("ParseError", Cause.NOT_A_FEED, "no feed")),
        (KeyError("k"), Failure("KeyError", Cause.CRASH, "'k'")),
        (ValueError("half \ud800"), Failure("ValueError", Cause.CRASH, "half ?")),
    ],
)
def test_an_error_decodes_to_its_class_cause_and_message(error: Exception, failure: Failure) -> None:
    assert decode(encode(error)) == failure


@given(st.binary())
def test_other_bytes_are_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


def test_nesting_without_end_is_a_value_error() -> None:
    with pytest.raises(ValueError):
        decode(b"\x82\xa4type\xa7Success\xa1x" + b"\x91" * 100_000)


KEY, ITEM = Key(KeyKind.GUID, b"\x00" * 16), RESULT.items[0]


@pytest.mark.parametrize(
    "lie",
    [
        replace(RESULT, document=replace(RESULT.document, hints=Hints(update_period=timedelta.max))),
        replace(RESULT, document=replace(RESULT.document, hints=Hints(update_period=timedelta(days=-1)))),
        replace(RESULT, document=replace(RESULT.document, hints=Hints(ttl=1 << 40))),
        replace(RESULT, document=replace(RESULT.document, listed=(b"short",))),
        replace(RESULT, items=(replace(ITEM, keys=(Key(KeyKind.GUID, b"\x00" * 18),)),)),
        replace(RESULT, items=(replace(ITEM, digest=b"\x00" * 8),)),
        replace(RESULT, invalid=("an entry",) * 3_000),
    ],
)
def test_values_that_the_store_could_not_unpack_are_a_value_error(lie: ReadResult) -> None:
    with pytest.raises(ValueError, match=r"out of bounds|of length"):
        decode(encode(lie))


BOUNDS: Mapping[type[msgspec.Struct], type[msgspec.Struct]] = {
    ReadResult: ResultBounds,
    Document: DocumentBounds,
    Hints: HintsBounds,
    Item: ItemBounds,
    Origin: OriginBounds,
}


@pytest.mark.parametrize("of", [ReadResult, Document, Hints, Item, Enclosure, Origin])
def test_every_array_of_an_answer_has_a_bound(of: type[msgspec.Struct]) -> None:
    arrays = {each.name for each in fields(of) if get_origin(each.type) is tuple}
    bounds = get_type_hints(BOUNDS[of], include_extras=True) if of in BOUNDS else {}
    assert arrays <= {name for name, bound in bounds.items() if get_origin(bound) is Annotated}


LONG = [(0, b"\x00" * 16)] * 500_000


@pytest.mark.parametrize(
    "result",
    [
        {"document": {"format": "rss", "listed": [b"\x00" * 16] * 500_000}, "items": []},
        {"document": {"format": "rss", "listed": [], "hubs": ["h"] * 500_000}, "items": []},
        {"document": {"format": "rss"}, "items": [{"keys": LONG, "title": "t"}]},
        {
            "document": {"format": "rss"},
            "items": [{"keys": [], "title": "t", "images": [{"url": ""}] * 9**6}],
        },
    ],
    ids=["listed", "hubs", "keys", "images"],
)
def test_an_answer_of_many_small_values_is_refused_before_they_are_made(result: Mapping[str, object]) -> None:
    answer = msgspec.msgpack.encode({"type": "Success", "result": result})
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="of length"):
            decode(answer)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
