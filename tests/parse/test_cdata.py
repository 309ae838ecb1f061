"""Marks of CDATA sections that were escaped like the text in them."""

import pytest

from aggregator.parse.entry import without_cdata_marks


@pytest.mark.parametrize(
    ("written", "meant"),
    [("<![CDATA[ Dam ]]>", "Dam"), ("<![CDATA[Dam", "<![CDATA[Dam"), ("Dam ]]>", "Dam ]]>")],
)
def test_the_marks_around_a_whole_text_are_no_text(written: str, meant: str) -> None:
    assert without_cdata_marks(written) == meant
