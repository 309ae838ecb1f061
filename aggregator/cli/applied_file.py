"""Stores opened without parsing sources.yaml, which takes 22 of 93 ms of CPU: a file that the store has
applied as it is holds no mistake, and names that store."""

import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from aggregator.cli.location import DATABASE, Location
from aggregator.errors import StorageError
from aggregator.model.file_stamp import file_stamp
from aggregator.storage import Storage, applied_stamp, open_storage

STORE = re.compile(r"""^store: +([^\s#'"&*!|>%@`{}\[\],]+)\s*$""", re.MULTILINE)  # as it is mostly written


@contextmanager
def opened(where: Location) -> Iterator[tuple[Storage, bool]]:
    """Open a store, and tell whether it has applied the file as it is; else as `opening.opened`."""
    if (directory := _applied(where)) is not None:
        with closing(open_storage(directory)) as storage:
            yield storage, True
        return
    from aggregator.cli import opening

    with opening.opened(where) as storage:
        yield storage, False


def _applied(where: Location) -> Path | None:
    """Return the directory of the store that has applied a file as it is, None for any other."""
    if where.store is not None or os.environ.get(DATABASE) or not where.file.is_file():
        return None
    try:
        text = where.file.read_bytes().decode("utf-8-sig")
        named = STORE.search(text)
        beside = where.file.absolute().parent / Path(named[1] if named else "store").expanduser()
        directory = Path(os.path.normpath(beside))
        is_same = applied_stamp(directory) == file_stamp(text, where.file, directory)
    except (OSError, RuntimeError, ValueError, StorageError):  # reported when the file is parsed
        return None
    return directory if is_same else None
