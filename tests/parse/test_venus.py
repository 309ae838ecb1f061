"""config.ini of Planet Venus: feeds, counterparts of filters, and what is left with a reason."""

import pytest

from aggregator.errors import ParseError
from aggregator.model.feed_list import FeedList, Listed, Remark
from aggregator.model.settings import Rule
from aggregator.parse import venus

INI = """\
# The planet of the coast.
[Planet]
name = Planet Coast
link = https://planet.example/
owner_email = desk@planet.example
items_per_page = 60
pubsubhubbub_hub = x
filters = mememe.plugin

[rss20.xml.tmpl]
days_per_page = 3

[https://a.example/feed]  ; the first
name = Coast Guard 100%
filter = (?i)rescue
exclude = tender
face = guard.png

[https://b.example/feed]
name = Pilots
filters = regexp_sifter.py?require=boat%20s&exclude=job
    excerpt.py
    stripAd/google_ad_map.py
future_dates = ignore_entry

[https://c.example/list.opml]
content_type = opml

[http://d.example/feed]
"""
PROGRAM = (
    "is not taken: it runs a program on each entry, which no source may; see `only`, `skip` and `house_style`"
)


def both(pattern: str) -> tuple[Rule, ...]:
    return Rule("title", pattern), Rule("text", pattern)


def test_feeds_are_taken_and_the_rest_is_named() -> None:
    assert venus.read(INI) == FeedList(
        (
            Listed(
                13, "https://a.example/feed", "Coast Guard 100%", only=both("(?i)rescue"), skip=both("tender")
            ),
            Listed(
                19, "https://b.example/feed", "Pilots", only=both("boat s"), skip=both("job"), excerpt=True
            ),
            Listed(29, "http://d.example/feed"),
        ),
        (
            Remark(2, f"[Planet] filter mememe.plugin {PROGRAM}"),
            Remark(2, "[Planet] items_per_page is not taken: pages have a fixed number of items"),
            Remark(2, "[Planet] pubsubhubbub_hub is not taken: has no counterpart"),
            Remark(10, "[rss20.xml.tmpl] is not taken: pages have templates and settings of their own"),
            Remark(13, "https://a.example/feed: face is not taken: has no counterpart"),
            Remark(
                19, "https://b.example/feed: filter excerpt.py is taken as `rights: {republish: excerpt}`"
            ),
            Remark(19, f"https://b.example/feed: filter stripAd/google_ad_map.py {PROGRAM}"),
            Remark(
                19,
                "https://b.example/feed: future_dates is not taken: `embargo` says what becomes of items dated ahead",
            ),
            Remark(26, "https://c.example/list.opml: is a reading list; save it as OPML and use import-opml"),
        ),
        (
            ("name", "Planet Coast"),
            ("url", "https://planet.example/"),
            ("contact", "desk@planet.example"),
        ),
    )


def test_a_planet_is_not_needed() -> None:
    assert venus.read("[https://a.example/]\n") == FeedList((Listed(1, "https://a.example/"),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no feed"),
        ("[Planet]\nname = x\n", "names no feed"),
        ("just words", "is no config.ini: File contains no section headers."),
        ("".join(f"[http://a.example/{n}]\n" for n in range(20_001)), "names more than 20,000 feeds"),
    ],
)
def test_what_is_no_configuration_of_venus_is_refused(text: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        venus.read(text)
