"""A house style from the document of a source to what is published, and a change of its rules."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.house_style import RULES_VERSION, Headline, HouseStyle, Replacement
from aggregator.model.release import Release
from aggregator.model.settings import Republish, Source
from aggregator.service.restyling import Restyling
from tests.given import HOUR, InProcessReader, at_once, config
from tests.line.line import Line, plain
from tests.normalise.allowed import faults

pytestmark = pytest.mark.usefixtures("engine")

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
BODY = (
    "<p><b>GENEVA, 5 June</b> – The ministry of health met per cent by per cent.</p>"
    '<p class="media-contact">Call the press desk.</p>'
    + "".join(f"<p>Paragraph {number} of ten words, of which this is the last.</p>" for number in range(8))
)
STYLE = HouseStyle(
    headline=Headline.TITLE_CASE,
    drop=(".media-contact",),
    replace=(Replacement("per cent", "percent"),),
    dateline="{place} –",
    max_words=50,
    version=RULES_VERSION,
)
KINDS = ("rss", "atom", "json")


def rss(title: str, body: str, *, guid: str = "1") -> bytes:
    item = f"<guid>{guid}</guid><link>https://origin.example/{guid}</link><title>{title}</title>"
    return (
        '<rss version="2.0"><channel><title>Press</title><link>https://origin.example/</link><language>en</language>'
        f"<item>{item}<description><![CDATA[{body}]]></description></item></channel></rss>"
    ).encode()


def styled(style: HouseStyle = STYLE, **settings: object) -> Source:
    return replace(plain(), house_style=style, **settings)  # fields of Source


def contents(line: Line) -> list[str]:
    """The documents of the merged channel, and the page's release."""
    page = line.publisher.release(line.items()[0].id)
    assert isinstance(page, Release)
    return [
        *(line.document("", kind).body.decode() for kind in KINDS),
        f"{page.title} {page.content} {page.text}",
    ]


def restyle(line: Line, of: Source) -> None:
    line.config = config(of, store=line.config.store)
    line.storage.admin.sync(line.config, NOW + HOUR)
    asyncio.run(Restyling(line.storage, InProcessReader(), at_once, clock=lambda: NOW + HOUR).run())


def test_every_output_shows_a_release_in_the_house_style(tmp_path: Path) -> None:
    of = styled()
    with Line(tmp_path, of, now=NOW) as line:
        line.reads(of, rss("The ministry of health met", BODY), NOW)
        for text in contents(line):
            assert "The Ministry of Health Met" in text
            assert "GENEVA –" in text and "percent by percent" in text
            assert "press desk" not in text and "5 June" not in text
            assert "Paragraph 2" in text and "Paragraph 3" not in text
            assert "Continue reading at Origin" in text and "https://origin.example/1" in text


def test_a_change_of_the_rules_is_seen_in_every_output_and_is_no_correction(tmp_path: Path) -> None:
    of = styled()
    with Line(tmp_path, of, now=NOW) as line:
        line.reads(of, rss("The ministry of health met", BODY), NOW)
        before = json.loads(line.document("", "json").body)["items"][0]
        tags = [line.document("", kind).etag for kind in KINDS]
        other = replace(STYLE, replace=(Replacement("per cent", "%"),), max_words=0)
        restyle(line, styled(other))
        for text in contents(line):
            assert "% by %" in text and "Paragraph 7" in text and "press desk" not in text
            assert "Continue reading" not in text
        after = json.loads(line.document("", "json").body)["items"][0]
        same = ("id", "url", "title", "date_published", "date_modified")
        assert {name: after.get(name) for name in same} == {name: before.get(name) for name in same}
        assert [line.document("", kind).etag == tag for kind, tag in zip(KINDS, tags, strict=True)] == [
            False
        ] * 3
        (item,) = line.items()
        assert (item.corrected, item.version) == (False, 1)


def test_other_selectors_have_the_document_read_anew(tmp_path: Path) -> None:
    first, other = styled(replace(STYLE, drop=(".nothing",))), styled()
    with Line(tmp_path, first, now=NOW) as line:
        line.reads(first, rss("Health", BODY), NOW)
        assert "press desk" in contents(line)[0]
        restyle(line, other)
        assert "press desk" in contents(line)[0]  # the stored content has no classes
        assert line.reads(other, rss("Health", BODY), NOW + HOUR).edited == 0
        assert not [text for text in contents(line) if "press desk" in text]


@pytest.mark.parametrize(("republish", "is_shown"), [(Republish.EXCERPT, True), (Republish.HEADLINE, False)])
def test_rights_permit_a_part_of_what_the_house_style_shows(
    tmp_path: Path, republish: Republish, is_shown: bool
) -> None:
    of = styled(republish=republish)
    with Line(tmp_path, of, now=NOW) as line:
        line.reads(of, rss("The ministry of health met", BODY), NOW)
        for text in contents(line):
            assert "The Ministry of Health Met" in text and "Paragraph" not in text
            assert ("percent by percent" in text) is is_shown
            assert "per cent" not in text


def test_two_house_styles_keep_no_story_apart(tmp_path: Path) -> None:
    text = "".join(
        f"<p>The bridge number {n} is open again after months of careful work per cent.</p>" for n in range(9)
    )
    one, two = styled(), replace(plain("other"), house_style=replace(STYLE, replace=(), max_words=50))
    with Line(tmp_path, one, two, now=NOW) as line:
        for of in (one, two):
            line.reads(of, rss("Bridge open again", text), NOW)
        first, second = line.items()
        assert first.story is not None
        assert first.story == second.story


HOSTILE = [
    "<p>x</p>" * 2_000,
    "<p>" + "x " * 40_000 + "</p>",
    "<p>" + "<b>x</b>" * 2_000 + "</p>",
    "<div>" * 190 + "x" + "</div>" * 190,
    "<table><tr><td>" * 60 + "x" + "</td></tr></table>" * 60,
    "<p>" + "GENEVA, " * 2_000 + "– The x</p>",
    "<p>" + "– " * 10_000 + "</p>",
    "<p>" + "McMc" * 2_000 + "</p>",
    "&lt;script&gt;x&lt;/script&gt;<p>x</p>",
    "<p>" + "(" * 10_000 + "x</p>",
    "<svg><style><img src=x onerror=alert(1)>x</style></svg><math><mtext><table><mglyph><style><!--</style>x",
    "<p class=media-contact>" * 2_000 + "x",
    "<b class=media-contact>" + "<p>x" * 2_000,
]
RULES = replace(
    STYLE,
    drop=(".media-contact", "div div > div b", "p:has(i)"),
    replace=(
        Replacement("x", "<script>alert(1)</script>" * 8),
        *(Replacement(f"y{n}", "z") for n in range(99)),
    ),
)


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_in_the_house_style_is_safe(tmp_path: Path, body: str) -> None:
    of = styled(RULES)
    with Line(tmp_path, of, now=NOW) as line:
        line.reads(of, rss(f"McMc{'Mc' * 400} x", body), NOW)
        (item,) = line.items()
        assert item.item.styled.rules == RULES.digest
        assert faults(item.item.styled.content) == []
