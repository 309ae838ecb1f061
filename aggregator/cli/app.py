"""Commands, arguments and help texts; each command calls one function of the module that implements it.

That module is imported when its command runs: `publicwire poll` starts without loading the web.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import click

from aggregator import __version__
from aggregator.cli import examples
from aggregator.cli.commands import Argument, Group, Option, parameters
from aggregator.cli.location import Location
from aggregator.cli.options import (
    DEFAULT,
    AsJson,
    ConfigFile,
    ConfigFiles,
    ItemId,
    StoreDirectory,
    Yes,
    source_ids,
)

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "init": "app:init",
        "serve": "app:serve",
        "poll": "app:poll",
        "check": "app:check",
        "add": "app:add",
        "sources": "app:sources",
        "items": "app:items",
        "show": "app:show",
        "withdraw": "item_commands:withdraw",
        "reinstate": "item_commands:reinstate",
        "release": "item_commands:release",
        "amend": "item_commands:amend",
        "erase": "item_commands:erase",
        "strike": "item_commands:strike",
        "hold": "item_commands:hold",
        "audit": "store_commands:audit",
        "notices": "store_commands:notices",
        "clock": "store_commands:clock",
        "export": "store_commands:export",
        "backup": "store_commands:backup",
        "restore": "store_commands:restore",
        "move-store": "store_commands:move_store",
        "identify": "store_commands:identify",
        "unmove": "store_commands:unmove",
        "forget": "store_commands:forget",
        "backfill": "store_commands:backfill",
        "import-feed": "store_commands:import_feed",
        "withdrawals": "item_commands:withdrawals",
        "import-opml": "list_commands:import_opml",
        "import-venus": "list_commands:import_venus",
        "export-opml": "list_commands:export_opml",
        "work": "node_commands:work",
        "web": "node_commands:web",
        "apply": "node_commands:apply",
        "migrate": "node_commands:migrate",
        "story": "story_commands:story",
        "user": "user_commands:user",
    }
)


def init(
    directory: Annotated[
        Path, Argument(metavar="[DIR]", help="Directory; default: the current one.")
    ] = Path(),
) -> int:
    """Write a first sources.yaml with a sample feed. Nothing is overwritten; it says what comes next."""
    from aggregator.cli import init

    return init.init(directory)


def serve(
    log_format: Annotated[str, Option(help="console, logfmt or json; default by terminal.")] = "",
    log_level: Annotated[str, Option(help="debug, info, warning or error.")] = "info",
    config: ConfigFiles = (),
) -> int:
    """Run the service: poll, publish, answer HTTP until stopped.

    Each --config is a publication."""
    from aggregator.cli import poll

    return poll.serve(config or [DEFAULT], log_format=log_format, log_level=log_level)


def poll(
    ids: Annotated[
        tuple[str, ...],
        Argument(metavar="[ID]...", help="Source ids; default: all.", complete=source_ids),
    ] = (),
    config: ConfigFile = DEFAULT,
    as_json: AsJson = False,
) -> int:
    """Poll all sources now. Sources under Retry-After, at a rate-limited host, or gone (410) are skipped
    unless named."""
    from aggregator.cli import poll

    return poll.poll(config, ids, as_json=as_json)


def check(
    url: Annotated[str, Argument(metavar="[URL]", help="A feed: report how well it is read.")] = "",
    live: Annotated[bool, Option("--live", help="Also fetch and parse every source.")] = False,
    report: Annotated[Literal["md", "json"], Option("--report", help="Form of the report on URL.")] = "md",
    networks: Annotated[
        tuple[str, ...],
        Option("--allow-network", metavar="NETWORK", help="Private network that URL may be in."),
    ] = (),
    config: ConfigFile = DEFAULT,
) -> int:
    """Validate sources.yaml; with --live also fetch every source. With URL report how well that feed is read,
    for its publisher."""
    from aggregator.cli import check, feed_report

    if url:
        return feed_report.report(config, url, networks, as_json=report == "json")
    return check.check(config, live=live)


def add(
    url: Annotated[str, Argument(metavar="URL", help="URL of a feed, or of a page that links to one.")],
    source_id: Annotated[str, Option("--id", help="Source id. Default: from its URL.")] = "",
    organisation: Annotated[str, Option(help="Organisation. Default: the feed's title.")] = "",
    topic: Annotated[tuple[str, ...], Option(help="Topic; repeatable.")] = (),
    allow_network: Annotated[
        tuple[str, ...],
        Option(metavar="CIDR", help="Private network the feed is in; repeatable."),
    ] = (),
    rights: Annotated[
        str,
        Option(metavar="full|excerpt|headline|no", help="What may be republished of its items."),
    ] = "excerpt",
    publish: Annotated[
        str,
        Option(metavar="live|review|after TIME", help="When its items go live. Default: at once."),
    ] = "",
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> int:
    """Find a feed, preview three items and add it as a source. Of several feeds of a page one is chosen."""
    from aggregator.cli import add
    from aggregator.config import Addition

    options = Addition(url, source_id, organisation, topic, allow_network, rights, publish=publish)
    return add.add(config, options, yes=yes)


def sources(config: ConfigFile = DEFAULT, store: StoreDirectory = None, as_json: AsJson = False) -> None:
    """List sources with their last and next poll, and alerts."""
    from aggregator.cli import sources

    sources.sources(Location(config, store), as_json=as_json)


def items(
    search: Annotated[str, Option(help="Words; a last * for beginnings, quotation marks for phrases.")] = "",
    source: Annotated[str, Option(help="Only items of this source id.", complete=source_ids)] = "",
    topic: Annotated[str, Option(help="Only items of this topic.")] = "",
    language: Annotated[str, Option(help="Only items in this language.")] = "",
    state: Annotated[str, Option(help="Only items in this state: held, live or withdrawn.")] = "",
    limit: Annotated[int, Option(metavar="N", least=1, most=100_000, help="At most this many items.")] = 50,
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
    as_json: AsJson = False,
) -> None:
    """List items, newest published first."""
    from aggregator.cli import items

    query = items.item_query(search, source, topic=topic, language=language, state=state, limit=limit)
    items.items(Location(config, store), query, as_json=as_json)


def show(
    item: ItemId,
    text: Annotated[bool, Option("--text", help="Plain text with the disclaimer.")] = False,
    diff: Annotated[bool, Option("--diff", help="What the house style changes of it.")] = False,
    version: Annotated[int | None, Option(metavar="N", help="The version that waits for approval.")] = None,
    provenance: Annotated[
        bool, Option("--provenance", help="Documents it was read from, and where its links lead.")
    ] = False,
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
    as_json: AsJson = False,
) -> None:
    """Show one item with its revisions and audit trail."""
    from aggregator.cli import provenance as read_from
    from aggregator.cli import show as shown

    where = Location(config, store)
    if provenance:
        read_from.show(where, item, version=version, as_json=as_json)
    elif diff:
        shown.difference(where, item, version=version)
    else:
        shown.show(where, item, version=version, as_json=as_json, as_text=text)


def start(
    config: ConfigFiles = (),
    version: Annotated[bool, Option("--version", help="Print the version.")] = False,
) -> int | None:
    """Serve when no command is given."""
    context = click.get_current_context()
    context.obj = config
    if version:
        print(f"publicwire {__version__}")
        context.exit()
    return serve(config=config) if context.invoked_subcommand is None else None


app = Group(
    "",
    COMMANDS,
    params=parameters(start),
    callback=start,
    help="Republish the releases of many organisations: deduplicated, attributed, corrected and withdrawn. "
    "Without a command the service starts.",
    epilog=f"{examples.epilog(examples.OF_ALL)}\n{examples.epilog(examples.COMPLETION, 'Completion')}",
    invoke_without_command=True,
)
