"""The statements that engines share keep to the common subset of SQLite and PostgreSQL."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.storage import sql

MODULES = sorted(Path(sql.__file__).parent.glob("*.py"))
# Only in engine.ints, texts and records, which are other words in PostgreSQL.
ONE_WORD = "json_each"
CELL = "CAST(json_extract(value, '$.…') AS …) AS …"
FORBIDDEN = re.compile(
    r"\b(?:INSERT OR|REPLACE INTO|PRAGMA|(?<!STRICT, WITHOUT )rowid|GLOB|REGEXP|MATCH|LIKE|AUTOINCREMENT|(?<!STRICT, )WITHOUT ROWID|INDEXED BY)\b"
    r"|\b(?:json_\w+|instr|ifnull|iif|printf|hex|unhex|strftime|julianday|datetime|last_insert_rowid)\s*\("
    r"|\b(?:max|min)\s*\([^()]*,"  # of several values: an aggregate has one
    r"|\bAS (?:all|any|asc|case|check|column|desc|do|else|end|from|grant|group|into|limit|not|offset|order|some"
    r"|table|then|to|user|using|when|window|with)\b"  # reserved in PostgreSQL
    r"|\bCROSS JOIN\s+\w+(?:\s+\w+)?\s+ON\b|\bWHERE 1\s*$|\bIN \(\)",
    re.IGNORECASE,
)


def statements(module: Path) -> Iterator[str]:
    """Yield every string constant of a module but its docstrings; a placeholder of an f-string is "…"."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and id(node) not in docstrings | inside:
            yield str(node.value)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_shared_statements_are_in_the_common_subset(module: Path) -> None:
    found = {
        statement: match[0]
        for statement in statements(module)
        if statement != CELL and (match := FORBIDDEN.search(statement))
    }
    words = {statement: word for statement, word in found.items() if not word.startswith(ONE_WORD)}
    assert words == {}


def test_lists_are_unpacked_in_one_place() -> None:
    found = [
        (module.stem, text)
        for module in MODULES
        for text in statements(module)
        if ONE_WORD in text or text == CELL
    ]
    lists = [f"IN (SELECT {word} FROM json_each(…))" for word in ("value", "atom")]
    assert found == [("engine", text) for text in (*lists, "(SELECT … FROM json_each(…))", CELL)]


@pytest.mark.parametrize(
    ("statement", "is_portable"),
    [
        ("INSERT OR IGNORE INTO item_key VALUES (?)", False),
        ("SELECT rowid FROM item", False),
        ("PRAGMA optimize", False),
        ("SELECT value FROM json_each(?)", False),
        ("SELECT instr(why, 'x')", False),
        ("SET due = max(due, excluded.due)", False),
        ("WHERE name GLOB 'a*'", False),
        ("WHERE name LIKE 'a%'", False),
        ("FROM (SELECT 1) AS some", False),
        ("SELECT count(*) AS someone FROM item", True),
        ("FROM item i CROSS JOIN membership m ON m.item = i.number", False),
        ("SELECT number FROM item WHERE link IN ()", False),
        ("SELECT coalesce(max(number), 0) + 1 FROM item", True),
        ("INSERT INTO item_key VALUES (?) ON CONFLICT DO NOTHING", True),
    ],
)
def test_words_of_one_engine_are_found(statement: str, is_portable: bool) -> None:
    assert (FORBIDDEN.search(statement) is None) is is_portable
