"""An imported list becomes sources; what cannot is named with its line and the reason."""

from pathlib import Path

from aggregator.config import Addition, parse
from aggregator.config.edit import add_sources
from aggregator.config.imports import Plan, planned
from aggregator.model.feed_list import Listed, Remark
from aggregator.model.settings import Republish, Rule, Source

HERE = Path("sources.yaml")
PRESENT = (Source(id="a-example-feed", feed="https://a.example/feed"),)


def plan(*listed: Listed, rights: Republish = Republish.EXCERPT, taken: dict[str, str] | None = None) -> Plan:
    return planned(listed, PRESENT, rights, taken=taken or {})


def test_name_labels_and_language_are_taken() -> None:
    listed = Listed(
        3, "https://b.example/feed", " The\n “B” \x1b[31m", ("Health & Care", "UN", "health care"), "pt-br"
    )
    (addition,) = plan(listed).additions
    assert addition == Addition(
        feed="https://b.example/feed",
        organisation="The “B” [31m",
        topics=("health-care", "un"),
        republish=Republish.EXCERPT,
        language="pt-BR",
    )


def test_rules_are_taken_and_entries_that_were_cut_stay_cut() -> None:
    rule = Rule("title", 'a"b\\d')
    listed = Listed(1, "https://b.example/", only=(rule,), skip=(rule, rule), excerpt=True)
    (addition,) = plan(listed, rights=Republish.FULL).additions
    written = add_sources("sources: []\n", [addition])
    source = parse(written, HERE).sources[0]
    assert (source.only, source.skip, source.republish) == ((rule,), (rule, rule), Republish.EXCERPT)
    (stricter,) = plan(listed, rights=Republish.HEADLINE).additions
    assert stricter.republish is Republish.HEADLINE


def test_what_cannot_be_taken_is_named() -> None:
    found = plan(
        Listed(1, "file:///etc/passwd", "Local"),
        Listed(2, "javascript:alert(1)", "Script"),
        Listed(3, "http://a.example/feed", "Again"),
        Listed(4, "feed://b.example/x", "B"),
        Listed(5, "feed:https://b.example/x", "B again"),
        Listed(6, "https://c.example/", only=(Rule("title", "a(b"),)),
        Listed(7, "https://d.example/", "from-entry", ("新闻", "All"), "no language"),
    )
    assert found == Plan(
        (
            Addition("http://b.example/x", organisation="B", republish=Republish.EXCERPT),
            Addition("https://d.example/", republish=Republish.EXCERPT),
        ),
        (
            Remark(1, "Local is left out: a file: source is only ever written into sources.yaml by hand"),
            Remark(
                2,
                "Script is left out: its address `javascript:alert(1)` is not a URL; it starts with https://, "
                "http:// or file:",
            ),
            Remark(3, "Again is left out: the same feed as source a-example-feed"),
            Remark(5, "B again is left out: the same feed as line 4"),
            Remark(
                6,
                "a feed without a name is left out: its filter cannot be taken: the pattern does not compile: "
                "missing ), unterminated subpattern at character 2",
            ),
            Remark(7, "from-entry: no topic can be made of '新闻'"),
            Remark(7, "from-entry: no topic can be made of 'All'"),
        ),
    )


def test_default_ids_that_are_taken_get_a_number() -> None:
    taken = {"b-example-feed": "https://b.example/feed?desk=0", "c-example": "http://c.example/"}
    found = plan(
        *(Listed(n, f"https://b.example/feed?desk={n}") for n in (1, 2)),
        Listed(3, "https://c.example/"),
        taken=taken,
    )
    assert [each.id for each in found.additions] == ["b-example-feed-2", "b-example-feed-3", ""]


def test_many_are_inserted_at_once_and_comments_stay() -> None:
    before = "# mine\nsources:\n  - https://a.example/feed   # first\n\nstore: x\n"
    additions = [Addition(f"https://b{n}.example/", organisation=f"B {n}") for n in range(2)]
    assert add_sources(before, additions) == (
        "# mine\nsources:\n  - https://a.example/feed   # first\n"
        "  - organisation: B 0\n    feed: https://b0.example/\n"
        "  - organisation: B 1\n    feed: https://b1.example/\n\nstore: x\n"
    )
