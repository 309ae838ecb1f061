"""Arguments and options that several commands have."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

DEFAULT = Path("sources.yaml")


def _file(context: typer.Context, config: Path) -> Path:
    """Return the value of --config, which may stand before or after the command."""
    before = context.find_root().obj or []
    if config != DEFAULT or not before:
        return config
    if len(before) > 1:
        raise typer.BadParameter("only `serve` takes several configuration files", context)
    return Path(before[0])


def _files(context: typer.Context, config: list[Path] | None) -> list[Path]:
    """Return the values of --config, which may stand before or after the command."""
    return config or context.find_root().obj or []


ConfigFiles = Annotated[
    list[Path] | None,
    typer.Option("--config", metavar="FILE", help="Configuration file; repeatable.", callback=_files),
]


def source_ids(context: typer.Context, incomplete: str) -> list[str]:
    """Return the ids of configured sources that begin so, for a shell; none while the file is invalid."""
    from aggregator.config import load
    from aggregator.errors import ConfigError

    before = (context.find_root().params.get("config") or [DEFAULT])[0]
    try:
        config = load(Path(context.params.get("config") or before))
    except ConfigError:
        return []
    return [source.id for source in config.sources if source.id.startswith(incomplete)]


ConfigFile = Annotated[
    Path, typer.Option("--config", metavar="FILE", help="Configuration file.", callback=_file)
]
StoreDirectory = Annotated[
    Path | None,
    typer.Option("--store", metavar="DIR", help="Directory of the store, if sources.yaml cannot be read."),
]


class ReportFormat(StrEnum):
    """Forms of the report on a feed."""

    MD = "md"
    JSON = "json"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ItemId = Annotated[str, typer.Argument(metavar="ITEM", help="Id, public id or URL of an item.")]
Reason = Annotated[str, typer.Option("--reason", help="Reason, recorded in the audit trail.")]
Notice = Annotated[
    str, typer.Option("--notice", metavar="NAME <ADDRESS>", help="Who asked for it; `notices` lists them.")
]
Received = Annotated[
    str, typer.Option("--received", metavar="TIME", help="When that notice arrived; default: now.")
]
Statement = Annotated[
    str, typer.Option("--statement", metavar="TEXT", help="Statement of reasons; default: the reason.")
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Story = Annotated[bool, typer.Option("--story", help="Apply to every member of the story.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
