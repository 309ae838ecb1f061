"""Content of the forkserver before it forks a worker: an environment of allowed variables, then all modules
and codecs that a job may need, because a confined worker opens no file. What it loads is no garbage: the
garbage collector rests meanwhile, and leaves it alone in the workers, whose pages it stays in.

Named in the preload list of `workers.process` alone, and imported by nothing else.
"""

import os
import sys
from collections.abc import Iterable, Mapping

# Whatever else the service's environment holds may be a secret: `auth` and `headers` of sources name
# variables.
VARIABLES = frozenset(
    {
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LD_LIBRARY_PATH",
        "PATH",
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONTZPATH",
        "TZ",
    }
)
# The encodings of the WHATWG Encoding Standard, and the 7-bit ones that `parse.sniff` knows. A label of any
# other is unknown to a worker, as it is to a browser.
ENCODINGS = (
    *("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7", "ascii", "latin-1"),
    *("ibm866", *(f"iso-8859-{part}" for part in range(1, 17) if part != 12), "koi8-r", "koi8-u"),
    *("macintosh", "mac-cyrillic", "tis-620", *(f"cp{page}" for page in (874, *range(1250, 1259)))),
    *("gb2312", "gbk", "gb18030", "hz", "big5", "big5hkscs", "euc-jp", "iso-2022-jp", "iso-2022-jp-2"),
    *("iso-2022-jp-3", "iso-2022-jp-ext", "shift-jis", "cp932", "euc-kr", "cp949", "iso-2022-kr"),
)


def allowed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a worker may have."""
    return {name: value for name, value in environment.items() if name in VARIABLES}


def _restart_forkserver() -> None:
    """Execute the forkserver again in the allowed environment.

    multiprocessing starts it in that of the service, and variables deleted from `os.environ` stay readable
    in the memory of the process.
    """
    environment = allowed(os.environ)
    is_forkserver = sys.orig_argv[-1].startswith("from multiprocessing.forkserver import main;")
    if is_forkserver and environment != dict(os.environ):
        os.execve(sys.executable, sys.orig_argv, environment)  # noqa: S606 - the same command line


_restart_forkserver()

import codecs  # noqa: E402 - what the first of both processes does not need
import gc  # noqa: E402
from contextlib import suppress  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from pathlib import Path  # noqa: E402
from zoneinfo import TZPATH  # noqa: E402

gc.disable()

import aggregator.parse.jsonfeed  # noqa: E402
import aggregator.parse.xml  # noqa: E402
import aggregator.workers.answers  # noqa: E402
import aggregator.workers.job  # noqa: E402
import aggregator.workers.process  # noqa: E402
import aggregator.workers.sandbox  # noqa: E402, F401
from aggregator.normalise import zones  # noqa: E402
from aggregator.workers import detection  # noqa: E402


def _zone_files(names: Iterable[str]) -> dict[str, bytes]:
    """Return the files of time zones by name, those that are there, from where zoneinfo has them: 5 ms."""
    directories = [Path(each) for each in TZPATH if Path(each).is_dir()]
    if (package := find_spec("tzdata")) is not None and package.origin is not None:
        directories.append(Path(package.origin).parent / "zoneinfo")
    found: dict[str, bytes] = {}
    for name in names:
        for directory in directories:
            with suppress(OSError), open(f"{directory}/{name}", "rb", 0) as file:  # noqa: PTH123 - half the CPU
                found[name] = file.read()
                break
    return found


for _encoding in ENCODINGS:
    codecs.lookup(_encoding)

detection.load()
zones.keep(_zone_files(zones.NAMES.values()))
gc.freeze()
gc.enable()
