"""Parse a config.ini of Planet Venus: its sections are feeds, named by their addresses.

Its filters run programs on each entry. Those with a counterpart among the keys of a source are taken as that;
each other one, and each setting of the planet's templates, is named with the reason why it is not.
"""

import re
from collections.abc import Iterator, Mapping
from configparser import Error, RawConfigParser
from urllib.parse import parse_qsl, unquote

from aggregator.errors import Cause, ParseError
from aggregator.model.feed_list import FeedList, Listed, Remark
from aggregator.model.settings import Rule

FEEDS_MAX = 20_000
_PUBLICATION = {"name": "name", "link": "url", "owner_email": "contact"}  # of [Planet]
_TAKEN = {"name", "filter", "exclude", "filters"}
_TEXTS = ("title", "text")  # what Venus searches: the whole of an entry
_HEADER = re.compile(r"\[([^\n]+)\]\s*(?:[#;].*)?")
_SIFTER = "regexp_sifter.py"
_REASONS = {
    "template_files": "pages have templates of their own",
    "output_dir": "pages and feeds are served, and written by `publicwire export DIR`",
    "output_theme": "pages have a look of their own",
    "cache_directory": "items are kept in `store`",
    "items_per_page": "pages have a fixed number of items",
    "days_per_page": "pages have a fixed number of items",
    "new_feed_items": "`first_import` says how old the items of a new source may be",
    "feed_timeout": "`poll.timeout` bounds a fetch",
    "activity_threshold": "`publicwire sources` shows when each source was last heard",
    "future_dates": "`embargo` says what becomes of items dated ahead",
    "owner_name": "the publication has a name and an address for contact",
}
_OTHER = "has no counterpart"
_PROGRAM = "runs a program on each entry, which no source may; see `only`, `skip` and `house_style`"


def read(text: str) -> FeedList:
    """Return the feeds that a config.ini lists, in its order; ParseError if it cannot be read as one."""
    ini = RawConfigParser(strict=False, empty_lines_in_values=False)
    try:
        ini.read_string(text)
    except Error as error:
        raise ParseError(
            f"is no config.ini: {error.message.partition(chr(10))[0]}", cause=Cause.NOT_A_FEED
        ) from None
    lines = _lines(text)
    names = [each for each in ini.sections() if "://" in each]
    if not names:
        raise ParseError(
            "names no feed: a section such as [https://example.org/feed]", cause=Cause.NOT_A_FEED
        )
    if len(names) > FEEDS_MAX:
        raise ParseError(f"names more than {FEEDS_MAX:,} feeds", cause=Cause.LIMIT)
    feeds, remarks = list[Listed](), list[Remark]()
    for name in ini.sections():
        own, line = ini[name], lines.get(name, 1)
        if name not in names:
            remarks += _of_planet(name, own, line)
        elif own.get("content_type", "") in ("opml", "foaf", "rdf"):
            remarks.append(Remark(line, f"{name}: is a reading list; save it as OPML and use import-opml"))
        else:
            feeds.append(_feed(name, own, line))
            remarks += _left(name, own, line)
    planet = ini["Planet"] if ini.has_section("Planet") else {}
    kept = tuple((key, planet[name]) for name, key in _PUBLICATION.items() if planet.get(name))
    return FeedList(tuple(feeds), tuple(remarks), kept)


def _lines(text: str) -> Mapping[str, int]:
    """Return the line of each section, counted from 1."""
    matches = ((number, _HEADER.match(line)) for number, line in enumerate(text.splitlines(), 1))
    return {found[1]: number for number, found in matches if found}


def _feed(address: str, own: Mapping[str, str], line: int) -> Listed:
    only = _rules(own.get("filter", ""))
    skip = _rules(own.get("exclude", ""))
    for name, options in _filters(own):
        if name == _SIFTER:
            only += _rules(options.get("require", ""))
            skip += _rules(options.get("exclude", ""))
    excerpt = any(name == "excerpt.py" for name, _ in _filters(own))
    return Listed(line, address, own.get("name", ""), only=only, skip=skip, excerpt=excerpt)


def _rules(pattern: str) -> tuple[Rule, ...]:
    return tuple(Rule(field, pattern) for field in _TEXTS) if pattern else ()


def _filters(own: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield name and options of each filter: `regexp_sifter.py?require=budget`."""
    for written in own.get("filters", "").split():
        name, _, query = written.partition("?")
        yield unquote(name), dict(parse_qsl(query))


def _left(address: str, own: Mapping[str, str], line: int) -> Iterator[Remark]:
    """Yield what of a feed's section is not taken."""
    for name, _ in _filters(own):
        if name == "excerpt.py":
            yield Remark(line, f"{address}: filter {name} is taken as `rights: {{republish: excerpt}}`")
        elif name != _SIFTER:
            yield Remark(line, f"{address}: filter {name} is not taken: it {_PROGRAM}")
    for key in own:
        if key not in _TAKEN:
            yield Remark(line, f"{address}: {key} is not taken: {_REASONS.get(key, _OTHER)}")


def _of_planet(name: str, own: Mapping[str, str], line: int) -> Iterator[Remark]:
    """Yield what of a section that is no feed is not taken: the planet, defaults, templates, filters."""
    if name != "Planet":
        yield Remark(line, f"[{name}] is not taken: pages have templates and settings of their own")
        return
    for filter_name, _ in _filters(own):
        yield Remark(line, f"[{name}] filter {filter_name} is not taken: it {_PROGRAM}")
    for key in own:
        if key not in _PUBLICATION and key != "filters":
            yield Remark(line, f"[{name}] {key} is not taken: {_REASONS.get(key, _OTHER)}")
