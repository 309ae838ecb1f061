"""Commands, arguments and help texts; each command calls one function of the module that implements it.

That module is imported when its command runs: `publicwire poll` starts without loading the web.
"""

from pathlib import Path
from typing import Annotated

import typer

from aggregator import __version__
from aggregator.model import Trigger

DEFAULT = Path("sources.yaml")


def _file(context: typer.Context, config: Path) -> Path:
    """Return the value of --config, which may stand before or after the command."""
    return config if config != DEFAULT else context.find_root().obj or DEFAULT


app = typer.Typer(
    name="publicwire",
    help="Republish the releases of many organisations: deduplicated, attributed, corrected and withdrawn. "
    "Without a command the service starts.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ConfigFile = Annotated[
    Path, typer.Option("--config", metavar="FILE", help="Configuration file.", callback=_file)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ItemId = Annotated[str, typer.Argument(metavar="ITEM", help="Id, public id or URL of an item.")]
Reason = Annotated[str, typer.Option("--reason", help="Reason, recorded in the audit trail.")]
Story = Annotated[bool, typer.Option("--story", help="Apply to every member of the story.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    config: ConfigFile = DEFAULT,
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
def serve(
    log_format: Annotated[str, typer.Option(help="console, logfmt or json; default by terminal.")] = "",
    config: ConfigFile = DEFAULT,
) -> None:
    """Run the service: poll, publish and answer HTTP until stopped."""
    from aggregator.cli import poll

    raise typer.Exit(poll.serve(config, log_format=log_format))


@app.command()
def poll(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Source ids; default: all.")
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
    live: Annotated[bool, typer.Option("--live", help="Also fetch and parse every source.")] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Validate sources.yaml; with --live also fetch every source."""
    from aggregator.cli import check

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
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Discover a feed, or choose one of a page's, preview three items, add it to the configuration."""
    from aggregator.cli import add
    from aggregator.config import Addition

    options = Addition(url, source_id, organisation, tuple(topic or ()), tuple(allow_network or ()), rights)
    raise typer.Exit(add.add(config, options, yes=yes))


@app.command()
def sources(config: ConfigFile = DEFAULT, as_json: AsJson = False) -> None:
    """List sources with their last and next poll, and alerts."""
    from aggregator.cli import sources

    sources.sources(config, as_json=as_json)


@app.command()
def items(
    search: Annotated[str, typer.Option(help="Full-text search.")] = "",
    source: Annotated[str, typer.Option(help="Only items of this source id.")] = "",
    topic: Annotated[str, typer.Option(help="Only items of this topic.")] = "",
    language: Annotated[str, typer.Option(help="Only items in this language.")] = "",
    state: Annotated[str, typer.Option(help="Only items in this state: held, live or withdrawn.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most this many items.")] = 50,
    config: ConfigFile = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """List the items stored last, newest published first."""
    from aggregator.cli import items

    query = items.item_query(search, source, topic=topic, language=language, state=state, limit=limit)
    items.items(config, query, as_json=as_json)


@app.command()
def show(
    item: ItemId,
    text: Annotated[bool, typer.Option("--text", help="Plain text with the disclaimer.")] = False,
    config: ConfigFile = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show one item with its revisions and audit trail."""
    from aggregator.cli import items

    items.show(config, item, as_json=as_json, as_text=text)


@app.command()
def withdraw(item: ItemId, reason: Reason, story: Story = False, config: ConfigFile = DEFAULT) -> None:
    """Withdraw an item from every feed and page."""
    _verb(config, Trigger.WITHDRAW, item, reason, story=story)


@app.command()
def reinstate(item: ItemId, reason: Reason, story: Story = False, config: ConfigFile = DEFAULT) -> None:
    """Publish a withdrawn item again, once its origin lists it."""
    _verb(config, Trigger.REINSTATE, item, reason, story=story)


@app.command()
def release(
    items: Annotated[
        list[str] | None, typer.Argument(metavar="[ITEM]...", help="Ids, public ids or URLs of items.")
    ] = None,
    over_budget: Annotated[
        str, typer.Option(metavar="ID", help="Publish all that the budget of this source holds.")
    ] = "",
    reason: Reason = "",
    story: Story = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Publish held items now."""
    from aggregator.cli import verbs

    if over_budget:
        verbs.release_over_budget(config, over_budget, reason)
    if items or not over_budget:
        verbs.apply(config, Trigger.RELEASE, items or [], reason, story=story)


@app.command()
def hold(item: ItemId, reason: Reason, story: Story = False, config: ConfigFile = DEFAULT) -> None:
    """Remove an item from every feed and page until it is released."""
    _verb(config, Trigger.HOLD, item, reason, story=story)


def _verb(config: Path, trigger: Trigger, item: str, reason: str, *, story: bool) -> None:
    from aggregator.cli import verbs

    verbs.apply(config, trigger, [item], reason, story=story)


@app.command()
def export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Target directory.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Write every channel and page as static files."""
    from aggregator.cli import verbs

    verbs.export(config, directory)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Target file.")], config: ConfigFile = DEFAULT
) -> None:
    """Write a verified copy of the store, also beside a service."""
    from aggregator.cli import backup

    backup.backup(config, file)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Backup file.")], config: ConfigFile = DEFAULT
) -> None:
    """Replace the store with a backup; replay later withdrawals."""
    from aggregator.cli import backup

    backup.restore(config, file)


@app.command("move-store")
def move_store(
    origin: Annotated[str, typer.Argument(metavar="FROM", help="Directory, or postgresql:// URL.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Directory, or postgresql:// URL.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Copy the store into another directory or database."""
    from aggregator.cli import backup

    backup.move_store(config, origin, target)


@app.command()
def unmove(
    source: Annotated[str, typer.Argument(metavar="ID", help="Id of a relocated source.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Poll a relocated source at its configured URL again."""
    from aggregator.cli import verbs

    verbs.unmove(config, source)


@app.command()
def forget(
    source: Annotated[str, typer.Argument(metavar="ID", help="Id of a source that is no longer configured.")],
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Delete an unconfigured source with all its items."""
    from aggregator.cli import backup

    raise typer.Exit(backup.forget(config, source, yes=yes))
