"""Reader of `file:` sources: regular files of this machine, configured by the operator.

Devices, pipes and directories are refused, and redirects never lead here.
"""

import os
import stat
from urllib.parse import urlsplit
from urllib.request import url2pathname

from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import printable
from aggregator.model.document import Fetched, Validators


def read_file(url: str, *, max_bytes: int, validators: Validators) -> Fetched:
    """Return the file's bytes, or 304 when its size and modification time match `validators`.

    FetchError with cause network (unreadable), refused (not a regular file) or limit (too large).
    """
    path = _path(url)
    subject = f"the file {printable(path)}"
    try:
        # O_NONBLOCK: opening a pipe would wait for its writer.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            return _fetched(subject, file, url, max_bytes=max_bytes, validators=validators)
        finally:
            os.close(file)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise FetchError(f"{subject} cannot be read: {reason}", cause=Cause.NETWORK) from error


def _fetched(subject: str, file: int, url: str, *, max_bytes: int, validators: Validators) -> Fetched:
    stats = os.fstat(file)
    if not stat.S_ISREG(stats.st_mode):
        raise FetchError(f"{subject} is not a regular file", cause=Cause.REFUSED)
    current = Validators(url=url, etag=f'"{stats.st_mtime_ns:x}-{stats.st_size:x}"')
    if validators == current:
        return Fetched(url, 304, None, validators=current)
    with open(file, "rb", closefd=False) as stream:
        body = stream.read(max_bytes + 1)  # not its size: it may grow meanwhile, and is 0 in /proc
    if len(body) > max_bytes:
        raise FetchError(f"{subject} is larger than {max_bytes} bytes", cause=Cause.LIMIT)
    return Fetched(url, 200, body, validators=current, received=len(body))


def _path(url: str) -> str:
    parts = urlsplit(url)
    path = url2pathname(parts.path)
    if parts.netloc not in ("", "localhost") or not path.startswith("/"):
        raise FetchError(
            f"{printable(url)} names no file of this machine by its full path", cause=Cause.REFUSED
        )
    return path
