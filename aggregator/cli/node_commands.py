"""Arguments and help texts of the commands of a cluster."""

from pathlib import Path
from typing import Annotated

from aggregator.cli.commands import Option
from aggregator.cli.options import DEFAULT, ConfigFile, StoreDirectory

Database = Annotated[
    str,
    Option("--database", metavar="URL", envvar="PUBLICWIRE_DATABASE", help="postgresql:// URL of the store."),
]
Direct = Annotated[
    str,
    Option(
        "--direct",
        metavar="URL",
        envvar="PUBLICWIRE_DATABASE_DIRECT",
        help="The same database past a pooler of connections.",
    ),
]
NodeStore = Annotated[
    Path, Option("--store", metavar="DIR", help="Directory of this node's journal and backups.")
]
Listen = Annotated[str, Option("--listen", metavar="HOST:PORT", help="Address of pages and feeds.")]
Admin = Annotated[str, Option("--admin", metavar="HOST:PORT", help="Address of status and metrics.")]
LogFormat = Annotated[str, Option(help="console, logfmt or json; default by terminal.")]
LogLevel = Annotated[str, Option(help="debug, info, warning or error.")]

STORE, LISTEN, ADMIN = Path("store"), "127.0.0.1:8000", "127.0.0.1:8001"


def work(
    database: Database = "",
    direct: Direct = "",
    store: NodeStore = STORE,
    admin: Admin = ADMIN,
    heartbeat: Annotated[
        int,
        Option(least=6, most=600, metavar="SECONDS", help="Silence after which another node polls."),
    ] = 20,
    log_format: LogFormat = "",
    log_level: LogLevel = "info",
) -> int:
    """Run a node of a cluster that polls."""
    from aggregator.cli import nodes
    from aggregator.model.cluster import Role

    settings = nodes.settings(database, store, LISTEN, admin, direct=direct, heartbeat=heartbeat)
    return nodes.run(settings, Role.WORK, log_format=log_format, log_level=log_level)


def web(
    database: Database = "",
    direct: Direct = "",
    store: NodeStore = STORE,
    listen: Listen = LISTEN,
    admin: Admin = ADMIN,
    log_format: LogFormat = "",
    log_level: LogLevel = "info",
) -> int:
    """Run a node of a cluster that answers HTTP."""
    from aggregator.cli import nodes
    from aggregator.model.cluster import Role

    settings = nodes.settings(database, store, listen, admin, direct=direct)
    return nodes.run(settings, Role.WEB, log_format=log_format, log_level=log_level)


def apply(
    version: Annotated[
        int | None, Option("--on", metavar="N", help="Only if version N is the one in force.")
    ] = None,
    show: Annotated[bool, Option("--show", help="Print the version in force instead.")] = False,
    database: Database = "",
    store: StoreDirectory = None,
    config: ConfigFile = DEFAULT,
) -> None:
    """Put sources.yaml into force on all nodes of a cluster."""
    from aggregator.cli import nodes

    if show:
        nodes.show(config, database, store)
    else:
        nodes.apply(config, database, store, on=version)


def migrate(database: Database = "", direct: Direct = "", store: NodeStore = STORE) -> None:
    """Make or migrate the tables of a cluster's database."""
    from aggregator.cli import nodes

    nodes.migrate(direct or database, store)
