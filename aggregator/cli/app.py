"""What can be typed: every command with its arguments, each handing over to one function.

Modules of commands are loaded when they run, so that `publicwire poll` does not load the web.
"""

from pathlib import Path
from typing import Annotated

import typer

from aggregator import __version__
from aggregator.policy.lifecycle import Trigger

app = typer.Typer(
    name="publicwire",
    help="Republish the releases of many organisations: once each, attributed, corrected and withdrawn.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ConfigFile = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ItemId = Annotated[str, typer.Argument(metavar="ITEM", help="An item's id, public id or address.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit.")]
Story = Annotated[bool, typer.Option("--story", help="All members of its story.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DEFAULT = Path("sources.yaml")


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    config: ConfigFile = DEFAULT,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Without a command: serve."""
    context.obj = config
    if version:
        typer.echo(f"publicwire {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        serve(context, config=config)


def _file(context: typer.Context, config: Path) -> Path:
    """--config is understood before and after the command."""
    return config if config != DEFAULT else context.find_root().obj or DEFAULT


@app.command()
def serve(
    context: typer.Context,
    log_format: Annotated[str, typer.Option(help="console, logfmt or json; default by terminal.")] = "",
    config: ConfigFile = DEFAULT,
) -> None:
    """Poll, publish and answer HTTP until stopped."""
    from aggregator.cli import poll

    raise typer.Exit(poll.serve(_file(context, config), log_format=log_format))


@app.command()
def poll(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Sources; default all.")] = None,
    config: ConfigFile = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Poll sources once, due or not, and show how each went; whose origin asked us to wait, only if named."""
    from aggregator.cli import poll

    raise typer.Exit(poll.poll(_file(context, config), ids or [], as_json=as_json))


@app.command()
def check(
    context: typer.Context,
    live: Annotated[bool, typer.Option("--live", help="Also fetch every source once.")] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Check the configuration."""
    from aggregator.cli import check

    raise typer.Exit(check.check(_file(context, config), live=live))


@app.command()
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, or a page that names one.")],
    source_id: Annotated[str, typer.Option("--id", help="The id of the source.")] = "",
    organisation: Annotated[str, typer.Option(help="Who releases it; default: the feed's title.")] = "",
    topic: Annotated[list[str] | None, typer.Option(help="A topic; may be repeated.")] = None,
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Find the feed behind a page, show three items, write it to the configuration."""
    from aggregator.cli import check

    wish = check.Wish(source_id, organisation, tuple(topic or ()))
    raise typer.Exit(check.add(_file(context, config), url, wish, sure=yes))


@app.command()
def sources(context: typer.Context, config: ConfigFile = DEFAULT, as_json: AsJson = False) -> None:
    """List the sources and how they fare."""
    from aggregator.cli import show

    show.sources(_file(context, config), as_json=as_json)


@app.command()
def items(
    context: typer.Context,
    search: Annotated[str, typer.Option(help="Words that must occur.")] = "",
    source: Annotated[str, typer.Option(help="Of one source.")] = "",
    topic: Annotated[str, typer.Option(help="Of one topic.")] = "",
    language: Annotated[str, typer.Option(help="In one language.")] = "",
    state: Annotated[str, typer.Option(help="held, live or withdrawn.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 50,
    config: ConfigFile = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """List items, newest first."""
    from aggregator.cli import show

    wanted = show.wanted(search, source, topic=topic, language=language, state=state, limit=limit)
    show.items(_file(context, config), wanted, as_json=as_json)


@app.command()
def show(
    context: typer.Context,
    item: ItemId,
    text: Annotated[bool, typer.Option("--text", help="As plain text, with the disclaimer.")] = False,
    config: ConfigFile = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show one item whole."""
    from aggregator.cli import show

    show.show(_file(context, config), item, as_json=as_json, as_text=text)


@app.command()
def withdraw(
    context: typer.Context, item: ItemId, reason: Reason, story: Story = False, config: ConfigFile = DEFAULT
) -> None:
    """Retract an item from every output."""
    _verb(context, config, Trigger.WITHDRAW, item, reason, story=story)


@app.command()
def reinstate(
    context: typer.Context, item: ItemId, reason: Reason, story: Story = False, config: ConfigFile = DEFAULT
) -> None:
    """Publish a withdrawn item again."""
    _verb(context, config, Trigger.REINSTATE, item, reason, story=story)


@app.command()
def release(
    context: typer.Context,
    item: ItemId,
    reason: Reason = "",
    story: Story = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Publish a held item now."""
    _verb(context, config, Trigger.RELEASE, item, reason, story=story)


@app.command()
def hold(
    context: typer.Context, item: ItemId, reason: Reason, story: Story = False, config: ConfigFile = DEFAULT
) -> None:
    """Take an item out of every output until it is released."""
    _verb(context, config, Trigger.HOLD, item, reason, story=story)


def _verb(
    context: typer.Context, config: Path, trigger: Trigger, item: str, reason: str, *, story: bool
) -> None:
    from aggregator.cli import verbs

    verbs.apply(_file(context, config), trigger, item, reason, story=story)


@app.command()
def export(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Write every channel and page as static files."""
    from aggregator.cli import verbs

    verbs.export(_file(context, config), directory)


@app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Write a checked copy of the store, also while a service runs."""
    from aggregator.cli import backup

    backup.backup(_file(context, config), file)


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Put a backup in the place of the store; what was withdrawn since, is so again."""
    from aggregator.cli import backup

    backup.restore(_file(context, config), file)


@app.command()
def unmove(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="ID", help="A source that has moved.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Poll a source that has moved at its configured address again."""
    from aggregator.cli import verbs

    verbs.unmove(_file(context, config), source)


@app.command()
def forget(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="ID", help="A source that is no longer configured.")],
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Remove all that is stored of a source."""
    from aggregator.cli import backup

    raise typer.Exit(backup.forget(_file(context, config), source, sure=yes))
