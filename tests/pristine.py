"""feedparser as its authors release it: `aggregator.parse` patches the one of this process."""

import importlib
import sys
from typing import Any


def _imported_anew(package: str) -> Any:
    """Return a second copy of a package, independent of the one in sys.modules."""
    held = {name: sys.modules.pop(name) for name in list(sys.modules) if f"{name}.".startswith(f"{package}.")}
    try:
        return importlib.import_module(package)
    finally:
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
            del sys.modules[name]
        sys.modules.update(held)


feedparser = _imported_anew("feedparser")
