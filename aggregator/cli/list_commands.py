"""Commands on lists of feeds: arguments and help texts."""

from pathlib import Path
from typing import Annotated

from aggregator.cli.commands import Argument, Option
from aggregator.cli.options import DEFAULT, ConfigFile, Yes

Rights = Annotated[
    str, Option(metavar="full|excerpt|headline|no", help="What may be republished of their items.")
]
Networks = Annotated[
    tuple[str, ...],
    Option("--allow-network", metavar="CIDR", help="Private network that local feeds are in; repeatable."),
]


def import_opml(
    file: Annotated[Path, Argument(metavar="FILE", help="List of feeds as readers export it.")],
    rights: Rights = "excerpt",
    allow_network: Networks = (),
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> int:
    """Add the feeds of an OPML file as sources. Folders and categories become topics; preview first."""
    from aggregator.cli import lists

    return lists.import_opml(config, file, lists.Terms(rights, allow_network), yes=yes)


def import_venus(
    file: Annotated[Path, Argument(metavar="FILE", help="config.ini of Planet Venus.")],
    rights: Rights = "excerpt",
    allow_network: Networks = (),
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> int:
    """Add the feeds of a Planet Venus as sources. A preview names what cannot be taken, and why."""
    from aggregator.cli import lists

    return lists.import_venus(config, file, lists.Terms(rights, allow_network), yes=yes)


def export_opml(config: ConfigFile = DEFAULT) -> int:
    """Print the sources as OPML. The addresses are whole, and may hold keys."""
    from aggregator.cli import lists

    return lists.export_opml(config)
