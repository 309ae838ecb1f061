"""Architecture: one-way imports, pure packages, one package a library, short modules and functions."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = [*sorted((ROOT / "aggregator").rglob("*.py")), ROOT / "run.py"]
TOP = {"__init__", "__main__", "errors", "log", "tasks"}
PURE = {"parse", "normalise", "dedupe", "editorial", "policy", "render"}  # as in the Makefile, for coverage
LAYERS = (
    {"model", "errors", "log", "__version__"},
    {*PURE, "config"},
    {"fetch", "workers", "storage"},
    {"tasks", "publish", "websub"},
    {"web"},
    {"service"},
    {"cli"},
    {"__main__", "run"},
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
IMPURE = {
    "aggregator.log",
    "asyncio",
    "concurrent",
    "fcntl",
    "glob",
    "http",
    "importlib",
    "io",
    "locale",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "signal",
    "socket",
    "ssl",
    "structlog",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "uuid",
    "zoneinfo",
}
NEEDED = {  # in pure packages nevertheless
    ("parse.xml", "io.BytesIO"),  # memory, no file
    ("normalise.dates", "zoneinfo.ZoneInfo"),  # the zone that a source names
    ("normalise.zones", "zoneinfo.ZoneInfo"),  # those that dates name
    ("normalise.zones", "io.BytesIO"),  # memory, no file
}
ASKS = {"now", "utcnow", "today", "open", "print", "input"}  # the clock, a file, a terminal
LIBRARIES = {  # one room each, unless a comment names the second use
    "PIL": {"workers.drawing"},
    "ada_url": {"normalise.urls"},
    "apscheduler": {"service.app"},
    "argon2": {"web.passwords"},
    "brotli": {"fetch.decode", "publish.document"},
    "click": {"cli"},
    "feedgen": {"render.xml"},
    "feedparser": {
        "parse.xml",
        "parse.feedparser_items",
        "parse.feedparser_patches",
        "parse.feedparser_rsl",
        "parse.feedparser_text",
        "parse.reference_patches",
    },
    "httptools": {"fetch.exchange"},
    "httpx": {
        f"fetch.{room}"
        for room in ("body", "client", "cookies", "proxy", "push", "responses", "target", "transport")
    },
    "jinja2": {"editorial.sandbox", "web.pages"},  # the disclaimer, a template of the operator; own pages
    "lxml": {"parse", "render"},  # elements that feedparser drops; the tree under feedgen
    "nh3": {"normalise.html"},
    "protego": {"workers.extraction"},
    "prometheus_client": {"service.metrics"},
    "rich": {"cli"},
    "pgqueuer": {"storage.postgres.queue"},
    "psycopg": {"storage.postgres"},
    # the check of the sanitiser; disclaimers of others; links of a page; what a house style drops
    "selectolax": {
        "normalise.html",
        "normalise.disclaimers",
        "parse.autodiscovery",
        "editorial.selectors",
    },
    "sqlite3": {"storage.sqlite"},
    "sqlite_utils": {"storage.sqlite"},
    "starlette": {"web", "service.sites"},  # the applications; their types
    "structlog": {"cli.logging"},
    "titlecase": {"editorial.headlines"},
    "trafilatura": {"workers.extraction"},
    "uvloop": {"cli.poll", "cli.nodes"},
    "uvicorn": {"web.serving"},
    "yaml": {"config.read"},
    "webencodings": {"parse.encodings"},
    "zstandard": {"fetch.decode"},
}

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))


def name(path: Path) -> str:
    """`storage.sqlite.rows` for aggregator/storage/sqlite/rows.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part not in ("aggregator", "__init__"))


def room(module: str) -> str:
    return module.partition(".")[0]


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def within(module: str, names: set[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in names)


def test_at_the_top_stand_exactly_these_packages_and_modules() -> None:
    modules = {path.stem for path in (ROOT / "aggregator").glob("*.py")}
    packages = {path.parent.name for path in (ROOT / "aggregator").glob("*/*.py")}
    assert modules == TOP
    assert packages == set(LEVEL) - TOP - {"__version__", "run"}


@every_module
def test_imports_go_one_way(path: Path) -> None:
    here = name(path)
    level = LEVEL[room(here)] if here else 0
    for imported in imports(ast.parse(path.read_text())):
        if imported.startswith("aggregator."):
            there = room(imported.removeprefix("aggregator."))
            assert LEVEL[there] <= level, f"{here} imports {imported}"


def test_packages_import_each_other_in_no_circle() -> None:
    needs: dict[str, set[str]] = {each: set() for each in LEVEL}
    for path in MODULES:
        for imported in imports(ast.parse(path.read_text())):
            if name(path) and imported.startswith("aggregator."):
                needs[room(name(path))].add(room(imported.removeprefix("aggregator.")))
    while leaves := [each for each in needs if needs[each] <= {each}]:
        needs = {each: needs[each] - set(leaves) for each in needs if each not in leaves}
    assert needs == {}


@every_module
def test_shared_statements_and_engines_import_no_other_engine(path: Path) -> None:
    here = name(path)
    if here.startswith("storage."):
        allowed = {
            f"aggregator.storage.{each}"
            for each in (here.split(".")[1], "sql", "backups", "private", "transfer")
        }
        if within(here, {"storage.postgres"}):
            allowed.add(
                "aggregator.storage.sqlite"
            )  # its backups are SQLite files, its tables those of SQLite
        allowed |= {"aggregator.storage.Storage"}
        imported = [
            each for each in imports(ast.parse(path.read_text())) if within(each, {"aggregator.storage"})
        ]
        assert [each for each in imported if not within(each, allowed)] == []


@every_module
def test_pure_packages_have_no_clock_file_network_or_randomness(path: Path) -> None:
    if room(name(path)) not in PURE:
        return
    tree = ast.parse(path.read_text())
    impure = {(name(path), each) for each in imports(tree) if within(each, IMPURE)}
    assert impure <= NEEDED
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
    assert not called & ASKS


def test_each_library_is_imported_in_exactly_its_rooms() -> None:
    found: dict[str, set[str]] = {}
    for path in MODULES:
        for imported in imports(ast.parse(path.read_text())):
            library, here = imported.partition(".")[0], name(path)
            if library in LIBRARIES or library not in {"aggregator", "msgspec", *sys.stdlib_module_names}:
                rooms = {each for each in LIBRARIES.get(library, ()) if within(here, {each})}
                found.setdefault(library, set()).update(rooms or {here})
    assert found == LIBRARIES


@every_module
def test_modules_and_functions_are_short_and_modules_have_docstrings(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert len(text.splitlines()) <= 300
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 50, node.name
