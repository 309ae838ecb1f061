"""Arguments and help texts of `story`: which items are one release."""

from typing import Annotated

import typer

from aggregator.cli.location import Location
from aggregator.cli.options import DEFAULT, ConfigFile, ItemId, Reason, StoreDirectory

story = typer.Typer(
    help="Split a story of several sources, or merge items into one, for good.", no_args_is_help=True
)


@story.command()
def split(
    item: ItemId, reason: Reason = "", config: ConfigFile = DEFAULT, store: StoreDirectory = None
) -> None:
    """Take an item out of its story: it is shown by itself and never joins the others again."""
    from aggregator.cli import stories

    stories.split(Location(config, store), item, reason)


@story.command()
def merge(
    item: ItemId,
    other: Annotated[str, typer.Argument(metavar="ITEM", help="The same release by another source.")],
    reason: Reason = "",
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Make two items one story, which shows the first of them; their edits do not part it."""
    from aggregator.cli import stories

    stories.merge(Location(config, store), item, other, reason)
