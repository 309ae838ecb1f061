"""Reports on feeds in Markdown."""

import pytest

from aggregator.model.finding import Finding, Rule
from aggregator.render.feed_report import code, report


def test_a_report_has_a_section_for_each_finding() -> None:
    found = (Finding(Rule.WHOLE), Finding(Rule.ZONES, 2, 9, "Storm *warning*"))
    assert report("https://a.example/feed", "A `feed`", 9, found) == (
        "# How the feed `` A `feed` `` is read\n\n"
        "Address: `https://a.example/feed`. Items: 9.\n\n"
        "2 things can be better, the worst first.\n\n"
        "## The document ends before its root element does\n\n"
        "Entries at its end are missing, and its removals are not believed.\n\n"
        "**Cure:** Send the whole document: look for a time-out or a size limit in what writes it.\n\n"
        "## Dates have no time zone that is known (2 of 9 items)\n\n"
        "The items may be held for some hours.\n\n"
        "Example: `Storm *warning*`\n\n"
        "**Cure:** Write the zone as an offset such as +0100.\n"
    )


def test_one_finding_and_none_are_said() -> None:
    assert "One thing can be better" in report("x", "", 1, (Finding(Rule.WHOLE),))
    assert report("x", "", 1, ()).endswith("Nothing stands in the way: every check passed.\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain", "`plain`"),
        ("a\n# b\x1b[0m", "`a # b [0m`"),
        ("a `` b", "```a `` b```"),
        ("`a", "`` `a ``"),
        ("x" * 300, f"`{'x' * 199}…`"),
    ],
)
def test_a_text_of_a_feed_is_code_on_one_line(text: str, said: str) -> None:
    assert code(text) == said
