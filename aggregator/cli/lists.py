"""`import-opml`, `import-venus`, `export-opml`: lists of feeds from other programs, and for them."""

import sys
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from aggregator import config as configuration
from aggregator.cli.check import stored_feeds
from aggregator.cli.opening import at_hand, current, needed, taking_effect
from aggregator.cli.output import ID_CHARS, REST, complain, confirmed, say, table
from aggregator.config import edit, imports, values
from aggregator.config.edit import Addition
from aggregator.editorial.safe import masked_feed
from aggregator.errors import ParseError, UsageError
from aggregator.fetch.guard import why_refused
from aggregator.model.feed_list import FeedList
from aggregator.model.settings import Republish
from aggregator.parse import opml, venus
from aggregator.policy import source_ids
from aggregator.render.opml import subscriptions
from aggregator.service.rewriting import rewrite

LIST_BYTES_MAX = 10_000_000
LOCAL = (".local", ".localhost", ".internal", ".lan", ".home.arpa")  # RFC 6761, 6762, 8375 and usage


class Terms(Struct, frozen=True):
    """Settings of all feeds of a list: the part of their items that may be republished, and private networks
    that those with a private host may be fetched from."""

    rights: str = "excerpt"
    networks: tuple[str, ...] = ()


def import_opml(path: Path, file: Path, terms: Terms, *, yes: bool) -> int:
    """Insert the feeds of an OPML file into sources.yaml after a preview; return 1 when that is declined."""
    return _imported(path, file, _read(file, opml.read), terms, yes=yes)


def import_venus(path: Path, file: Path, terms: Terms, *, yes: bool) -> int:
    """Insert the feeds of a config.ini of Planet Venus, as `import_opml` does those of OPML."""
    return _imported(path, file, _read(file, lambda body: venus.read(_text(body))), terms, yes=yes)


def export_opml(path: Path) -> int:
    """Write the web feeds that are polled as OPML on stdout; return 0."""
    config = current(path)
    config = source_ids.bound(config, stored_feeds(config))
    sys.stdout.flush()
    sys.stdout.buffer.write(subscriptions(config.publication, config.sources))
    sys.stdout.buffer.flush()
    left = [each.id for each in config.sources if each.feed.startswith("file:")]
    if left:
        complain(f"left out, as they are files of this machine: {', '.join(left)}")
    return 0


def _imported(path: Path, file: Path, listed: FeedList, terms: Terms, *, yes: bool) -> int:
    try:
        republish = values.choice(*Republish)(terms.rights)
    except ValueError as error:
        raise UsageError(f"--rights {error}") from None
    config = at_hand(configuration.load(needed(path)))
    stored = stored_feeds(config)
    config = source_ids.bound(config, stored)
    taken = {each.id: each.feed for each in stored}
    plan = imports.planned(listed.feeds, config.sources, republish, taken=taken)
    for remark in sorted((*listed.remarks, *plan.remarks), key=lambda each: each.line):
        say(f"{file}:{remark.line}: {remark.message}")
    for key, value in listed.publication:
        say(f"{file}: write it yourself, if it is still right: publication.{key}: {value}")
    left = len(listed.feeds) - len(plan.additions)
    additions = [
        replace(each, networks=terms.networks) if _why_private(each) else each for each in plan.additions
    ]
    if additions:
        _preview(additions)
    say(f"{_sources(len(additions))} to add, {left} left out")
    if not additions:
        return 0
    edited = _edited(path, additions)  # raises before the question
    if not (yes or confirmed(f"Write them to {path}?", f"write to {path}")):
        say("nothing was written")
        return 1
    if _text(path.read_bytes()) != edited[0]:
        raise UsageError(f"{path} was edited meanwhile: nothing was written, start again")
    rewrite(path, edited[1])
    say(
        f"added {_sources(len(additions))} to {path} with `republish: {republish}`; read the terms of "
        f"each. `publicwire check --live` tries each source; {taking_effect(path)}"
    )
    return 0


def _edited(path: Path, additions: Sequence[Addition]) -> tuple[str, str]:
    """Return the text of the file as it is, and with the sources."""
    text = _text(path.read_bytes())
    return text, edit.add_sources(text, additions)


def _preview(additions: Sequence[Addition]) -> None:
    rows = [
        (each.organisation or "–", masked_feed(each.feed), ", ".join(each.topics) or "–")
        for each in additions
    ]
    table(("organisation", "feed", "topics"), rows, cut={"organisation": ID_CHARS, "feed": REST})
    private = [each for each in additions if _why_private(each) and not each.networks]
    if private:
        one, more = private[0], len(private) - 1
        others = f" and {more} more are in private networks" if more else f" is {_why_private(one)}"
        complain(
            f"warning: {masked_feed(one.feed)}{others}: a source there needs `allow_networks`; import with "
            "--allow-network CIDR"
        )


def _why_private(addition: Addition) -> str:
    return _private(urlsplit(addition.feed).hostname or "")


def _private(host: str) -> str:
    """Return why a host lies in a private network, "" if nothing tells so. No name is resolved."""
    try:
        kind = why_refused(str(ip_address(host)))
        return f"a {kind} address" if kind else ""
    except ValueError:
        is_local = host == "localhost" or host.endswith(LOCAL) or "." not in host
        return "a name of a private network" if is_local else ""


def _read(file: Path, parse: Callable[[bytes], FeedList]) -> FeedList:
    """Return the list in a file; UsageError for one that is too long, or that `parse` refuses."""
    with file.open("rb") as stream:
        body = stream.read(LIST_BYTES_MAX + 1)
    if len(body) > LIST_BYTES_MAX:
        raise UsageError(f"{file} is longer than {LIST_BYTES_MAX:,} bytes")
    try:
        return parse(body)
    except ParseError as error:
        raise UsageError(f"{file} {error}") from error


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise UsageError("the file is not UTF-8; save it as UTF-8") from None


def _sources(count: int) -> str:
    return f"{count} source{'' if count == 1 else 's'}"
