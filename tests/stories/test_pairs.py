"""Quality of the matcher on labelled pairs: false merges are worse than missed ones."""

import json
from collections.abc import Mapping
from datetime import datetime

import pytest

from tests.corpus import CORPUS
from tests.stories.judging import figures, judged
from tests.stories.pairs import Pair, Told, pairs

EXAMPLES = CORPUS.parent / "stories" / "examples.jsonl"


@pytest.mark.parametrize("half", ["open", "sealed"])
def test_of_the_same_release_19_of_20_are_found_and_no_other(half: str) -> None:
    found = figures(pairs(half))
    print(f"{half}: {found}")
    assert found.precision >= 0.995
    assert found.recall >= 0.95


def test_there_are_enough_pairs() -> None:
    both = [pair for half in ("open", "sealed") for pair in pairs(half)]
    assert sum(pair.same for pair in both) >= 200
    assert sum(not pair.same for pair in both) >= 600


def test_of_one_kind_no_other_release_is_found() -> None:
    """Not one denial, correction, tampered copy, follow-up or other notice of a template."""
    both = [pair for half in ("open", "sealed") for pair in pairs(half)]
    wrong = [(pair.kind, pair.one.language) for pair in both if not pair.same and judged(pair).same]
    assert wrong == []


def test_the_examples_are_judged_as_labelled() -> None:
    if not EXAMPLES.exists():
        pytest.skip(f"there are no labelled examples at {EXAMPLES}")
    found = [_example(json.loads(line)) for line in EXAMPLES.read_text().splitlines()]
    assert [pair for pair in found if (judged(pair).same is not None) is not pair.same] == []


def _example(read: Mapping[str, object]) -> Pair:
    one, other = (_told(read[side]) for side in ("a", "b"))
    return Pair(str(read["kind"]), bool(read["same"]), one, other)


def _told(read: object) -> Told:
    assert isinstance(read, dict)
    text = {name: str(read[name]) for name in ("organisation", "title", "html", "language", "url")}
    return Told(**text, published=datetime.fromisoformat(read["published"]))
