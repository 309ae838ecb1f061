"""Static export of the public side, under the same paths, into a directory reserved for it.

A further export renders what has changed since, and links the other files. Links between pages are relative:
the set opens from a disk. In place of a withdrawn release stands the notice of its withdrawal, and under the
former id of a renamed source stand pages that lead to the present ones, and its feeds.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from aggregator.publish.publisher import Publisher
from aggregator.storage import Storage
from aggregator.web.export_parts import Part, parts
from aggregator.web.file_set import FileSet, States, exchanged, replacing


class Exported(Struct, frozen=True):
    """Number of files of the set, and of former files that it lacks."""

    files: int
    removed: int


def export(
    directory: Path,
    publisher: Publisher,
    storage: Storage,
    *,
    exchange: Callable[[Path, Path], bool] = exchanged,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Exported:
    """Write every channel, page and item. Raises UsageError when the directory holds a foreign file."""
    target = directory.resolve()  # a symbolic link to the directory is kept
    with replacing(target, exchange) as made:
        for part in parts(publisher, storage, now()):
            _add(made, part)
        return Exported(*made.close())


def _add(made: FileSet, part: Part, around: States = ()) -> None:
    """Keep a part, or render it; of a part that has parts only those that have changed."""
    states = (*around, part.state) if part.state else ()
    if made.keep(states):
        return
    for path, published in part.files():
        made.write(path, published.body, states)
    for each in part.parts():
        _add(made, each, states)
