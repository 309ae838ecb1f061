"""Arguments and help texts of `story`: which items are one release."""

from types import MappingProxyType
from typing import Annotated

from aggregator.cli.commands import Argument, Group
from aggregator.cli.location import Location
from aggregator.cli.options import DEFAULT, ConfigFile, ItemId, Reason, StoreDirectory

COMMANDS = MappingProxyType({"split": "story_commands:split", "merge": "story_commands:merge"})
story = Group("story", COMMANDS, help="Split a story of several sources, or merge items into one.")


def split(
    item: ItemId, reason: Reason = "", config: ConfigFile = DEFAULT, store: StoreDirectory = None
) -> None:
    """Take an item out of its story for good."""
    from aggregator.cli import stories

    stories.split(Location(config, store), item, reason)


def merge(
    item: ItemId,
    other: Annotated[str, Argument(metavar="ITEM", help="The same release by another source.")],
    reason: Reason = "",
    config: ConfigFile = DEFAULT,
    store: StoreDirectory = None,
) -> None:
    """Make two items one story for good, shown as the first of them."""
    from aggregator.cli import stories

    stories.merge(Location(config, store), item, other, reason)
