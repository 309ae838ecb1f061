"""Commands on lists of feeds: arguments and help texts."""

from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli.options import DEFAULT, ConfigFile, Yes

Rights = Annotated[
    str, typer.Option(metavar="full|excerpt|headline|no", help="What may be republished of their items.")
]
Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-network", metavar="CIDR", help="Private network that local feeds are in; repeatable."
    ),
]


def import_opml(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="List of feeds as readers export it.")],
    rights: Rights = "excerpt",
    allow_network: Networks = None,
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Add the feeds of an OPML file as sources. Folders and categories become topics; preview first."""
    from aggregator.cli import lists

    raise typer.Exit(
        lists.import_opml(config, file, lists.Terms(rights, tuple(allow_network or ())), yes=yes)
    )


def import_venus(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="config.ini of Planet Venus.")],
    rights: Rights = "excerpt",
    allow_network: Networks = None,
    yes: Yes = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Add the feeds of a Planet Venus as sources. A preview names what cannot be taken, and why."""
    from aggregator.cli import lists

    raise typer.Exit(
        lists.import_venus(config, file, lists.Terms(rights, tuple(allow_network or ())), yes=yes)
    )


def export_opml(config: ConfigFile = DEFAULT) -> None:
    """Print the sources as OPML. The addresses are whole, and may hold keys."""
    from aggregator.cli import lists

    raise typer.Exit(lists.export_opml(config))
