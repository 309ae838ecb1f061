"""Machine-readable terms of use in feeds."""

import pytest

from aggregator.model.rights import Terms, Use
from aggregator.parse import parse
from aggregator.parse.terms import Clause, stated

ALLOW, PROHIBIT, UNSAID = Use.ALLOW, Use.PROHIBIT, Use.UNSAID


def permits(text: str) -> Clause:
    return Clause("permits", "usage", text)


def prohibits(text: str) -> Clause:
    return Clause("prohibits", "usage", text)


@pytest.mark.parametrize(
    ("clauses", "train", "model_input", "search"),
    [
        ([prohibits("ai-train")], PROHIBIT, UNSAID, UNSAID),
        ([prohibits("AI-ALL")], PROHIBIT, PROHIBIT, PROHIBIT),
        ([prohibits("all")], PROHIBIT, PROHIBIT, PROHIBIT),
        ([permits("search")], PROHIBIT, PROHIBIT, ALLOW),
        ([permits("ai-index")], PROHIBIT, PROHIBIT, ALLOW),
        ([permits("ai-train, ai-input"), permits("search")], ALLOW, ALLOW, ALLOW),
        ([permits("all"), prohibits("ai-train")], PROHIBIT, ALLOW, ALLOW),
        ([permits("all"), Clause("payment", "purchase", "")], PROHIBIT, PROHIBIT, PROHIBIT),
        ([permits("all"), Clause("payment", "attribution", "")], ALLOW, ALLOW, ALLOW),
        ([permits("all"), Clause("permits", "geo", "DE")], PROHIBIT, PROHIBIT, PROHIBIT),
        ([permits("all"), Clause("permits", "user", "education")], PROHIBIT, PROHIBIT, PROHIBIT),
        ([Clause("prohibits", "geo", "XX")], UNSAID, UNSAID, UNSAID),
    ],
)
def test_rsl_permits_what_it_permits_for_everybody_and_for_nothing(
    clauses: list[Clause], train: Use, model_input: Use, search: Use
) -> None:
    assert (stated("", clauses) or Terms()) == Terms("", train, model_input, search)


def test_an_entry_without_terms_has_none() -> None:
    assert stated("", []) is None
    assert stated("https://a.example/terms", []) == Terms("https://a.example/terms")


@pytest.mark.parametrize(
    ("prefix", "element"),
    [
        ("http://backend.userland.com/creativeCommonsRssModule", "<t:license>https://l.example/</t:license>"),
        (
            "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html",
            "<t:license>https://l.example/</t:license>",
        ),
        ("http://www.w3.org/2005/Atom", '<t:link rel="license" href="https://l.example/"/>'),
    ],
)
def test_a_licence_is_read_in_each_vocabulary(prefix: str, element: str) -> None:
    item = f"<item><title>a</title><guid>1</guid>{element}</item>"
    feed = f'<rss version="2.0" xmlns:t="{prefix}"><channel><title>f</title>{item}</channel></rss>'
    (entry,) = parse(feed.encode(), content_type="", url="https://a.example/feed").entries
    assert entry.terms == Terms("https://l.example/")
    assert entry.link == ""


def test_the_clauses_of_a_hostile_licence_are_bounded() -> None:
    clauses = "<r:permits type='usage'>search</r:permits>" * 5_000
    rsl = f"<r:content><r:license>{clauses}</r:license></r:content>"
    feed = (
        f'<rss version="2.0" xmlns:r="https://rslstandard.org/rsl"><channel><title>f</title>{rsl}'
        "<item><title>a</title><guid>1</guid></item></channel></rss>"
    )
    document = parse(feed.encode(), content_type="", url="https://a.example/feed")
    assert document.terms == Terms("", PROHIBIT, PROHIBIT, ALLOW)
