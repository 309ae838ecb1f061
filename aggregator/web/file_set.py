"""A directory of exported files that is replaced as a whole, so that a web server shows one set completely.

The new set is built beside the directory and replaces it by one atomic rename. What is as it was is linked.
"""

import contextlib
import ctypes
import fcntl
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import UsageError

MANIFEST = ".publicwire"  # lists every file of the set except itself
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # linux/fs.h


States = tuple[str, ...]  # of a whole, then of its part that a file belongs to; () for one that is not kept


class _File(Struct, frozen=True):
    """A file of a set with the states that it was rendered from, its time (ns) and its size."""

    path: str
    states: States = ()
    modified: int = 0
    size: int = 0


class FileSet:
    """The files of one set while it is built; `former` is the directory that it will replace."""

    def __init__(self, root: Path, former: Path) -> None:
        self._root, self._former = root, former
        self._before = {each.path: each for each in _listed(former)}
        self._by_state: Mapping[str, Sequence[_File]] = _by_state(self._before.values())
        self._files: dict[str, _File] = {}
        self._directories: set[Path] = set()

    def keep(self, states: States) -> bool:
        """Link the former files that were rendered from the last of these states; False if there are none, or
        one of them has been changed since."""
        files = self._by_state.get(states[-1], ()) if states else ()
        if not files or not all(map(self._is_intact, files)):
            return False
        for each in files:
            within = each.states[each.states.index(states[-1]) + 1 :]
            self._link(replace(each, states=states + within))
        return True

    def write(self, path: str, body: bytes, states: States = ()) -> None:
        """Write one file, or link the former one, which keeps its modification time, when the bytes are
        equal. The first of several writes to a path counts."""
        if ".." in PurePosixPath(path).parts:
            raise ValueError(f"{path} leaves the directory of the export")
        if path in self._files:
            return
        file, old = self._place(path), self._former / path
        if not _linked(old, file, body):
            file.write_bytes(body)
        found = file.stat()
        self._files[path] = _File(path, states, found.st_mtime_ns, found.st_size)

    def close(self) -> tuple[int, int]:
        """Write the manifest; returns the number of files, and of former files that the set lacks."""
        lines = (
            f"{each.path}\t{','.join(each.states)}\t{each.modified}\t{each.size}\n"
            for _, each in sorted(self._files.items())
        )
        (self._root / MANIFEST).write_text("".join(lines))
        return len(self._files), len(self._before.keys() - self._files.keys())

    def _is_intact(self, file: _File) -> bool:
        try:
            found = (self._former / file.path).lstat()
        except OSError:
            return False
        return (found.st_mtime_ns, found.st_size) == (file.modified, file.size)

    def _link(self, file: _File) -> None:
        if file.path not in self._files:
            os.link(self._former / file.path, self._place(file.path))
            self._files[file.path] = file

    def _place(self, path: str) -> Path:
        file = self._root / path
        if file.parent not in self._directories:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._directories.add(file.parent)
        return file


def exchanged(one: Path, other: Path) -> bool:
    """Exchange two names atomically (renameat2, Linux 3.15); False where the system or file system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    done: int = rename(AT_FDCWD, bytes(one), AT_FDCWD, bytes(other), RENAME_EXCHANGE)
    return done == 0


@contextlib.contextmanager
def replacing(target: Path, exchange: Callable[[Path, Path], bool]) -> Iterator[FileSet]:
    """Provide a set that replaces the directory at the end. Raises UsageError when that holds a foreign
    file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    with _build_directory(fresh):
        made = FileSet(fresh, target)
        yield made
        os.sync()  # else a power failure could leave the new names with empty files
        _swap(fresh, target, exchange)


def _linked(old: Path, file: Path, body: bytes) -> bool:
    with contextlib.suppress(OSError):
        if old.stat().st_size == len(body) and old.read_bytes() == body:
            os.link(old, file)
            return True
    return False


def _by_state(files: Iterable[_File]) -> Mapping[str, Sequence[_File]]:
    found: dict[str, list[_File]] = defaultdict(list)
    for each in files:
        for state in each.states:
            found[state].append(each)
    return found


def _listed(target: Path) -> Sequence[_File]:
    """Return the files of the set in place. Raises UsageError when the directory holds any other file."""
    if not target.exists():
        return ()
    if not target.is_dir():
        raise UsageError(f"{target} is not a directory")
    manifest = target / MANIFEST
    listed = [_file(line) for line in manifest.read_text().splitlines()] if manifest.is_file() else []
    foreign = sorted(_paths(target) - {each.path for each in listed} - {MANIFEST})
    if foreign:
        raise UsageError(
            f"{target} holds {foreign[0]}, which no export wrote: give export a directory of its own"
        )
    return listed


def _file(line: str) -> _File:
    path, *rest = line.split("\t")
    if not rest:  # of a set by a version that kept no states
        return _File(path)
    return _File(path, tuple(filter(None, rest[0].split(","))), int(rest[1]), int(rest[2]))


def _paths(target: Path) -> set[str]:
    """Return the paths of all files below a directory; os.walk takes a third of the time of Path.rglob."""
    start = len(str(target)) + 1
    return {f"{directory}/{name}"[start:] for directory, _, names in os.walk(target) for name in names}


@contextlib.contextmanager
def _build_directory(fresh: Path) -> Iterator[None]:
    """Provide an empty directory under an exclusive lock, and remove it afterwards."""
    handle = os.open(fresh.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        shutil.rmtree(fresh, ignore_errors=True)  # left by a killed export
        fresh.mkdir()
        try:
            yield
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    finally:
        os.close(handle)


def _swap(fresh: Path, target: Path, exchange: Callable[[Path, Path], bool]) -> None:
    """Replace the directory atomically; without renameat2 it is missing between two renames."""
    if not target.exists():
        fresh.rename(target)
        return
    if target.is_mount():
        raise UsageError(f"{target} is a mount point: give export a directory inside it")
    if exchange(fresh, target):
        return
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old)
