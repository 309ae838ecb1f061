"""Location of a store as named on the command line, apart from what opens it: `--help` loads no storage."""

from pathlib import Path
from typing import NamedTuple

DATABASE = "PUBLICWIRE_DATABASE"  # variable: that of a cluster, whose machines need no file


class Location(NamedTuple):
    """The values of --config and --store; the latter takes precedence."""

    file: Path
    store: Path | None = None
