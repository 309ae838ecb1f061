"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT = Path("sources.yaml")


def _file(context: typer.Context, config: Path) -> Path:
    """Return the value of --config, which may stand before or after the command."""
    return config if config != DEFAULT else context.find_root().obj or DEFAULT


ConfigFile = Annotated[
    Path, typer.Option("--config", metavar="FILE", help="Configuration file.", callback=_file)
]
StoreDirectory = Annotated[
    Path | None,
    typer.Option("--store", metavar="DIR", help="Directory of the store, if sources.yaml cannot be read."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ItemId = Annotated[str, typer.Argument(metavar="ITEM", help="Id, public id or URL of an item.")]
Reason = Annotated[str, typer.Option("--reason", help="Reason, recorded in the audit trail.")]
Story = Annotated[bool, typer.Option("--story", help="Apply to every member of the story.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
