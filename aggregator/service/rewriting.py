"""sources.yaml rewritten in place."""

import os
from pathlib import Path
from tempfile import mkstemp


def rewrite(path: Path, text: str) -> None:
    """Replace the file, or the one a symbolic link leads to, atomically: a running service watches it."""
    file = path.resolve()
    handle, name = mkstemp(dir=file.parent, prefix=f".{file.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode())
        fresh.chmod(file.stat().st_mode & 0o777)
        fresh.replace(file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
