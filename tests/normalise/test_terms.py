"""Terms of an entry as those of an item."""

import pytest

from aggregator.model.rights import Terms, Use
from aggregator.normalise.terms import web_terms

BASE = "https://a.example/news/feed.xml"


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("/terms", Terms("https://a.example/terms")),
        ("https://b.example/l", Terms("https://b.example/l")),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_a_licence_is_an_absolute_web_address_or_none(licence: str, expected: Terms | None) -> None:
    assert web_terms(Terms(licence), BASE) == expected
    assert web_terms(None, BASE) is None


def test_use_by_ai_is_kept_without_a_licence() -> None:
    assert web_terms(Terms("ftp://a.example/", train=Use.PROHIBIT), BASE) == Terms(train=Use.PROHIBIT)
