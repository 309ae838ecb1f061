"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

import click

from aggregator.cli.commands import Argument, Option

DEFAULT = Path("sources.yaml")


def _file(context: click.Context, _: click.Parameter, config: Path) -> Path:
    """Return the value of --config, which may stand before or after the command."""
    before: tuple[Path, ...] = context.find_root().obj or ()
    if config != DEFAULT or not before:
        return config
    if len(before) > 1:
        raise click.BadParameter("only `serve` takes several configuration files", context)
    return before[0]


def _files(context: click.Context, _: click.Parameter, config: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the values of --config, which may stand before or after the command."""
    return config or context.find_root().obj or ()


ConfigFiles = Annotated[
    tuple[Path, ...],
    Option("--config", metavar="FILE", help="Configuration file; repeatable.", callback=_files),
]


def source_ids(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of configured sources that begin so, for a shell; none while the file is invalid."""
    from aggregator.config import load
    from aggregator.errors import ConfigError

    before = (context.find_root().params.get("config") or [DEFAULT])[0]
    try:
        config = load(Path(context.params.get("config") or before))
    except ConfigError:
        return []
    return [source.id for source in config.sources if source.id.startswith(incomplete)]


ConfigFile = Annotated[Path, Option("--config", metavar="FILE", help="Configuration file.", callback=_file)]
StoreDirectory = Annotated[
    Path | None,
    Option("--store", metavar="DIR", help="Directory of the store, if sources.yaml cannot be read."),
]


AsJson = Annotated[bool, Option("--json", help="Print JSON.")]
ItemId = Annotated[str, Argument(metavar="ITEM", help="Id, public id or URL of an item.")]
Reason = Annotated[str, Option("--reason", help="Reason, recorded in the audit trail.")]
Notice = Annotated[
    str, Option("--notice", metavar="NAME <ADDRESS>", help="Who asked for it; `notices` lists them.")
]
Received = Annotated[
    str, Option("--received", metavar="TIME", help="When that notice arrived; default: now.")
]
Statement = Annotated[
    str, Option("--statement", metavar="TEXT", help="Statement of reasons; default: the reason.")
]
AsCsv = Annotated[bool, Option("--csv", help="Print CSV.")]
Story = Annotated[bool, Option("--story", help="Apply to every member of the story.")]
Yes = Annotated[bool, Option("--yes -y", help="Do not ask for confirmation.")]
