"""Programs, corpora and kernel features that a test may need. Without a program, the test fails if CI=true and
is skipped otherwise; without a corpus or kernel feature it is skipped. The end of the run counts the skipped tests by
reason.
"""

import os
import platform
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from aggregator.workers import sandbox
from tests import engines
from tests.clients import readers
from tests.corpus import CASES, CORPUS
from tests.postgres import Server, server

PRESENT: Mapping[str, Callable[[], bool]] = {
    "chromium": lambda: shutil.which("chromium") is not None,
    **readers.PRESENT,
    "axe": lambda: (readers.NODE_MODULES / "axe-core").is_dir(),
    "babel": lambda: find_spec("babel") is not None,
    "languages": lambda: find_spec("pycld2") is not None,
    "corpus": CORPUS.is_dir,
    "cases": CASES.is_dir,
    "postgres": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
    "groff": lambda: shutil.which("groff") is not None,
    "openssl": lambda: shutil.which("openssl") is not None,
    "landlock": lambda: sandbox.landlock_abi() > 0,
    "seccomp": lambda: sandbox.has_seccomp(platform.machine()),
}

NOT_INSTALLABLE = {"corpus", "cases", "landlock", "seccomp"}  # by .ci/run; the last two belong to the kernel

# A shell starts background jobs with SIGINT ignored, and their children inherit it: commands of tests are interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The cores of a test machine are shared, so that the time of one example has no meaning.
settings.register_profile("here", deadline=None)
settings.load_profile("here")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server; each test takes a schema of its own."""
    with server() as running:
        yield running


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        both = ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))]
        is_one = metafunc.definition.get_closest_marker("one_engine") is not None
        metafunc.parametrize("engine", both[:1] if is_one else both, indirect=True, scope="module")


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The engine of the stores that the module's tests open (tests/engines.py), as its name."""
    if request.param == "sqlite":
        yield request.param
        return
    with engines.on_postgres(request.getfixturevalue("postgres")):
        yield request.param


@pytest.fixture(autouse=True)
def _no_store_on_one_engine_alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that opens a store runs on each engine, or is marked with the reason why not."""
    if "tmp_path" not in request.fixturenames or request.node.get_closest_marker("one_engine"):
        yield
        return
    directory = request.getfixturevalue("tmp_path")
    yield
    if "engine" not in request.fixturenames:
        cure = "the test opens a store: it needs the fixture `engine`, or the mark one_engine(reason)"
        assert engines.sqlite_files(directory) == [], cure
    elif request.getfixturevalue("engine") == "postgres":
        assert engines.sqlite_files(directory) == [], "a store is on SQLite: open it by tests/engines.py"


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        (need,) = marker.args
        if PRESENT[need]():
            continue
        if os.environ.get("CI") == "true" and need not in NOT_INSTALLABLE:
            pytest.fail(f"needs {need}, which is missing here", pytrace=False)
        pytest.skip(f"needs {need}, which is missing here")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section(f"NOT TESTED: {len(skipped)} skipped", sep="!", red=True, bold=True)
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count} × {reason}", red=True)
