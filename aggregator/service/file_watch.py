"""Watch on a file by its size and modification time."""

from pathlib import Path


class FileWatch:
    """Tells whether a file was edited since it was read last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = self.state()
        self._looked = self._read

    def changed(self) -> bool:
        """Return whether the file was edited and has not changed between the last call and this one."""
        before, self._looked = self._looked, self.state()
        return self._looked is not None and self._looked == before != self._read

    def read(self, state: tuple[int, int] | None) -> None:
        """Note that the file was read in this state; None: it is to be read again."""
        self._read = state

    def state(self) -> tuple[int, int] | None:
        """Return modification time in nanoseconds and size in bytes, None of a file that cannot be seen."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
