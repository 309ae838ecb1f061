"""Commands, arguments and help texts; each command calls one function of the module that implements it.

That module is imported when its command runs: `publicwire poll` starts without loading the web.
"""

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Annotated

import typer

from aggregator import __version__
from aggregator.cli import (
    examples,
    item_commands,
    list_commands,
    node_commands,
    store_commands,
    story_commands,
    user_commands,
)
from aggregator.cli.location import Location
from aggregator.cli.options import (
    DEFAULT,
    AsJson,
    ConfigFile,
    ConfigFiles,
    ItemId,
    ReportFormat,
    StoreDirectory,
    Yes,
    source_ids,
)

app = typer.Typer(
    name="publicwire",
    help="Republish the releases of many organisations: deduplicated, attributed, corrected and withdrawn. "
    "Without a command the service starts.",
    no_args_is_help=False,
    epilog=examples.epilog(examples.OF_ALL),
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    config: ConfigFiles = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Serve when no command is given."""
    context.obj = config
    if version:
        typer.echo(f"publicwire {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        serve(config=config)


@app.command()
def init(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Directory; default: the current one.")
    ] = Path(),
) -> None:
    """Write a first sources.yaml with a sample feed. Nothing is overwritten; it says what comes next."""
    from aggregator.cli import init

    raise typer.Exit(init.init(directory))


@app.command()
def serve(
    log_format: Annotated[str, typer.Option(help="console, logfmt or json; default by terminal.")] = "",
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
    config: ConfigFiles = None,
) -> None:
    """Run the service: poll, publish, answer HTTP until stopped.

    Each --config is a publication."""
    from aggregator.cli import poll

    raise typer.Exit(poll.serve(config or [DEFAULT], log_format=log_format, log_level=log_level))


@app.command()
def poll(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Source ids; default: all.", autocompletion=source_ids),
    ] = None,
    config: ConfigFile = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Poll all sources now. Sources under Retry-After, at a rate-limited host, or gone (410) are skipped
    unless named."""
    from aggregator.cli import poll

    raise typer.Exit(poll.poll(config, ids or [], as_json=as_json))


@app.command()
def check(
    url: Annotated[
        str, typer.Argument(metavar="[URL]", help="A feed: report how well it is read.", show_default=False)
    ] = "",
    live: Annotated[bool, typer.Option("--live", help="Also fetch and parse every source.")] = False,
    report: Annotated[
        ReportFormat, typer.Option("--report", help="Form of the report on URL.")
    ] = ReportFormat.MD,
    networks: Annotated[
        list[str] | None,
        typer.Option("--allow-network", metavar="NETWORK", help="Private network that URL may be in."),
    ] = None,
    config: ConfigFile = DEFAULT,
) -> None:
    """Validate sources.yaml; with --live also fetch every source. With URL report how well that feed is read,
    for its publisher."""
    from aggregator.cli import check, feed_report

    if url:
        raise typer.Exit(feed_report.report(config, url, networks or [], as_json=report is ReportFormat.JSON))
    raise typer.Exit(check.check(config, live=live))


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="URL of a feed, or of a page that links to one.")],
    source_id: Annotated[str, typer.Option("--id", help="Source id. Default: from its URL.")] = "",
    organisation: Annotated[str, typer.Option(help="Organisation. Default: the feed's title.")] = "",
    topic: Annotated[list[str] | None, typer.Option(help="Topic; repeatable.")] = None,
    allow_network: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="Private network the feed is in; repeatable."),
    ] = None,
    rights: Annotated[
        str,
        typer.Option(metavar="full|excerpt|headline|no", help="What may be republished of its items."),
    ] = "excerpt",
    publish: Annotated[
        str,
        typer.Option(metavar="live|review|after TIME", help="When its items go live. Default: at once."),
    ] = "",
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Find a feed, preview three items and add it as a source. Of several feeds of a page one is chosen."""
    from aggregator.cli import add
    from aggregator.config import Addition

    options = Addition(
        url, source_id, organisation, tuple(topic or ()), tuple(allow_network or ()), rights, publish=publish
    )
    raise typer.Exit(add.add(config, options, yes=yes))


@app.command()
def sources(config: ConfigFile = DEFAULT, store: StoreDirectory = None, as_json: AsJson = False) -> None:
    """List sources with their last and next poll, and alerts."""
    from aggregator.cli import sources

    sources.sources(Location(config, store), as_json=as_json)


@app.command()
def items(
    search: Annotated[
        str, typer.Option(help="Words; a last * for beginnings, quotation marks for phrases.")
    ] = "",
    source: Annotated[
        str, typer.Option(help="Only items of this source id.", autocompletion=source_ids)
    ] = "",
    topic: Annotated[str, typer.Option(help="Only items of this topic.")] = "",
    language: Annotated[str, typer.Option(help="Only items in this language.")] = "",
    state: Annotated[str, typer.Option(help="Only items in this state: held, live or withdrawn.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most this many items.")] = 50,
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
    as_json: AsJson = False,
) -> None:
    """List items, newest published first."""
    from aggregator.cli import items

    query = items.item_query(search, source, topic=topic, language=language, state=state, limit=limit)
    items.items(Location(config, store), query, as_json=as_json)


@app.command()
def show(
    item: ItemId,
    text: Annotated[bool, typer.Option("--text", help="Plain text with the disclaimer.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="What the house style changes of it.")] = False,
    version: Annotated[
        int | None, typer.Option(metavar="N", help="The version that waits for approval.")
    ] = None,
    provenance: Annotated[
        bool, typer.Option("--provenance", help="Documents it was read from, and where its links lead.")
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


for command in (
    item_commands.withdraw,
    item_commands.reinstate,
    item_commands.release,
    item_commands.amend,
    item_commands.erase,
    item_commands.strike,
    item_commands.hold,
    store_commands.audit,
    store_commands.notices,
    store_commands.clock,
    store_commands.export,
    store_commands.backup,
    store_commands.restore,
    store_commands.move_store,
    store_commands.identify,
    store_commands.unmove,
    store_commands.forget,
    store_commands.backfill,
    store_commands.import_feed,
    item_commands.withdrawals,
    list_commands.import_opml,
    list_commands.import_venus,
    list_commands.export_opml,
    node_commands.work,
    node_commands.web,
    node_commands.apply,
    node_commands.migrate,
):
    app.command()(command)
app.add_typer(story_commands.story, name="story")
app.add_typer(user_commands.user, name="user")


def named(arguments: Sequence[str]) -> typer.Typer:
    """Return the application with the commands whose names are among the arguments, if the first is one; else
    with all.

    typer reads the signatures of all commands before it calls one: 18 ms of CPU.
    """
    commands = {_name(each): each for each in app.registered_commands}
    chosen = copy(app)
    if arguments and arguments[0] in commands:
        chosen.registered_commands = [each for name, each in commands.items() if name in arguments]
        chosen._add_completion = False  # two options that no command has: 5 ms
    return chosen


def _name(command: typer.models.CommandInfo) -> str:
    assert command.callback is not None, "each decorates a function"
    return command.name or command.callback.__name__.replace("_", "-")


for each in app.registered_commands:
    each.epilog = examples.of(_name(each))
for each in user_commands.user.registered_commands:
    each.epilog = examples.of(f"user {_name(each)}")
