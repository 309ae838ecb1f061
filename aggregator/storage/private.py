"""Permissions of the store: directories 0700, files 0600, whatever the umask.

A store holds embargoed releases and secrets of subscriptions.
"""

import os
from pathlib import Path

DIRECTORY_MODE, FILE_MODE = 0o700, 0o600


def directory(path: Path) -> None:
    """Make a directory that only its owner can read, or restrict the one that exists. Raises OSError."""
    path.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    _restrict(path, DIRECTORY_MODE)


def file(path: Path) -> None:
    """Make an empty file that only its owner can read, or restrict the one that exists. Raises OSError."""
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
    _restrict(path, FILE_MODE)


def _restrict(path: Path, mode: int) -> None:
    """Set the mode, unless another user owns the path: a command of root's beside the service."""
    found = path.stat()
    if found.st_mode & 0o777 != mode and found.st_uid == os.geteuid():
        path.chmod(mode)
