"""How well a feed can be read."""

import pytest

from aggregator.model.finding import Finding, Observed, ObservedItem, Rule
from aggregator.policy.feed_findings import WORDS, findings

FINE = ObservedItem("Fine")


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (Observed((FINE,)), ()),
        (Observed(error="answered 503"), (Finding(Rule.READ, example="answered 503"),)),
        (Observed(is_cut_off=True), (Finding(Rule.WHOLE),)),
        (Observed((FINE,), invalid=("no title",)), (Finding(Rule.ENTRIES, 1, 2, "no title"),)),
        (Observed(moved_to="https://new.example/"), (Finding(Rule.ADDRESS, example="https://new.example/"),)),
        (Observed(has_validators=False), (Finding(Rule.VALIDATORS),)),
        (Observed(content_type="text/html"), (Finding(Rule.CONTENT_TYPE, example="text/html"),)),
        (Observed(content_type="Application/RSS+XML; charset=utf-8"), ()),
        (
            Observed(are_ids_shared=True, are_links_shared=True),
            (Finding(Rule.UNIQUE_IDS), Finding(Rule.OWN_LINKS)),
        ),
        (Observed((FINE, ObservedItem("A", has_id=False))), (Finding(Rule.IDS, 1, 2, "A"),)),
        (Observed((ObservedItem("A", has_link=False),)), (Finding(Rule.LINKS, 1, 1, "A"),)),
        (Observed((ObservedItem("A", has_title=False),)), (Finding(Rule.TITLES, 1, 1, "A"),)),
        (Observed((ObservedItem("A", has_text=False),)), (Finding(Rule.TEXTS, 1, 1, "A"),)),
        (
            Observed((ObservedItem("A", ("bad-date",), is_dated=False),)),
            (Finding(Rule.VALID_DATES, 1, 1, "A"),),
        ),
        (Observed((ObservedItem("A", ("unknown-zone",)),)), (Finding(Rule.ZONES, 1, 1, "A"),)),
        (Observed((ObservedItem("A", ("language-detected",)),)), (Finding(Rule.LANGUAGE, 1, 1, "A"),)),
        (Observed((ObservedItem("A", ("plain-text-only",)),)), (Finding(Rule.MARKUP, 1, 1, "A"),)),
        (Observed((FINE, ObservedItem("Notice", is_dated=False))), ()),  # one standing notice
        (Observed((ObservedItem("A", is_dated=False),) * 2), (Finding(Rule.DATES, 2, 2, "A"),)),
        (Observed((ObservedItem("A", is_dated=False),)), (Finding(Rule.DATES, 1, 1, "A"),)),
    ],
)
def test_each_rule_that_is_broken_is_found_once(seen: Observed, found: tuple[Finding, ...]) -> None:
    assert findings(seen) == found


def test_each_rule_has_its_effect_and_its_cure() -> None:
    assert set(WORDS) == set(Rule)
    assert all(text.endswith(".") for words in WORDS.values() for text in words)
