"""Every regular expression of the code, how it is called, and attack strings derived from its structure."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
CALLS = ("compile", "findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")
ANCHORED = ("fullmatch", "match")


@dataclass(frozen=True)
class Use:
    """A pattern, where it stands, and whether it is only ever matched at the start of its input."""

    place: str
    pattern: "re.Pattern[Any]"
    is_anchored: bool


def uses() -> tuple[list[Use], set[str]]:
    """Return every use of a pattern, and the places whose pattern is known at run time only."""
    found, unknown = list[Use](), set[str]()
    for path in sorted((ROOT / "aggregator").rglob("*.py")):
        tree = ast.parse(path.read_text())
        calls = [call for call in ast.walk(tree) if _called(call) in CALLS]
        if not calls:
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        module = importlib.import_module(name)
        methods = _methods(tree)
        for call in calls:
            assert isinstance(call, ast.Call)
            written = ast.unparse(call.args[0])
            pattern = _evaluated(call, module)
            if pattern is None:
                unknown.add(f"{name}: {written}")
            elif _called(call) != "compile":
                found.append(Use(f"{name}: {written}", pattern, _called(call) in ANCHORED))
        for variable, pattern in _patterns(vars(module)):
            by = methods.get(variable, set())
            found.append(Use(f"{name}: {variable}", pattern, bool(by) and by <= set(ANCHORED)))
    return found, unknown


def _called(node: ast.AST) -> str:
    """Return the function of a call of the module re, "" for another node."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name)):
            return name
    return ""


def _methods(tree: ast.Module) -> dict[str, set[str]]:
    """Return by variable the names of the attributes it is asked for."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
    return found


def _evaluated(call: ast.Call, module: ModuleType) -> "re.Pattern[Any] | None":
    flags = [argument for argument in call.args[1:] if "re." in ast.unparse(argument)]
    try:
        written, flag = (
            eval(ast.unparse(part), dict(vars(module)))
            for part in (call.args[0], *(flags or [ast.Constant(0)]))
        )
        return re.compile(written, flag)
    except NameError:
        return None


def _patterns(values: Mapping[str, object]) -> Iterator[tuple[str, "re.Pattern[Any]"]]:
    """Yield the patterns of a module's variables, also those in its tuples and lists."""
    for name, value in values.items():
        entries = value if isinstance(value, tuple | list) else (value,)
        for entry in entries:
            for part in entry if isinstance(entry, tuple) else (entry,):
                if isinstance(part, re.Pattern):
                    yield name, part


def attacks(pattern: "re.Pattern[Any]") -> Iterator[tuple[str, str, str]]:
    """Yield prefix, pump and suffix of strings that make a backtracking matcher slow, if anything does.

    A sample of the pattern is made part by part; each run of parts is a pump behind the parts before it, and
    ends on a character that matches nothing, or on nothing.
    """
    parts = _samples(_parsed(pattern))
    starts = range(len(parts))
    prefixes = dict.fromkeys(["", *("".join(parts[:at]) for at in starts)])
    pumps = dict.fromkeys(
        "".join(parts[start:end])
        for start in starts
        for end in range(start + 1, min(len(parts), start + 6) + 1)
    )
    pumps |= dict.fromkeys(["".join(parts), " ", "\n", "a", "0", "<", "&"])
    yield from product(prefixes, [pump for pump in pumps if pump], ("", "\x00", "!", " \x00"))


def has_possessive_group(pattern: "re.Pattern[Any]") -> bool:
    """Return whether a group, not a single set or character, is repeated possessively, or is atomic."""
    return _has_possessive_group(_parsed(pattern))


def _has_possessive_group(parsed: Any) -> bool:
    for operation, value in parsed:
        name, inner = str(operation), []
        if name == "ATOMIC_GROUP" or (
            name == "POSSESSIVE_REPEAT"
            and [str(each) for each, _ in value[2]] not in (["IN"], ["LITERAL"], ["NOT_LITERAL"], ["ANY"])
        ):
            return True
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            inner = [value[2]]
        elif name == "SUBPATTERN":
            inner = [value[3]]
        elif name == "BRANCH":
            inner = value[1]
        elif name in ("ASSERT", "ASSERT_NOT"):
            inner = [value[1]]
        if any(map(_has_possessive_group, inner)):
            return True
    return False


def _parsed(pattern: "re.Pattern[Any]") -> Any:
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    parser: Any = importlib.import_module("re._parser")
    return parser.parse(text, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else 0)


def _samples(parsed: Any) -> list[str]:
    """Return strings that the parts of a parsed pattern match, in order; repeated groups also by their parts."""
    found: list[str] = []
    is_literal = False
    for operation, value in parsed:
        match str(operation):
            case "LITERAL":
                if is_literal:
                    found[-1] += chr(value)
                else:
                    found.append(chr(value))
            case "NOT_LITERAL":
                found.append("a" if value != ord("a") else "b")
            case "ANY":
                found.append("a")
            case "IN":
                found.append(_of_set(value))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                inner = _samples(value[2])
                found += inner if len(inner) > 1 else inner * max(1, min(value[0], 4))
            case "SUBPATTERN":
                found += _samples(value[3])
            case "ATOMIC_GROUP":
                found += _samples(value)
            case "BRANCH":
                found.append("".join(_samples(value[1][0])))
                found += ["".join(_samples(branch)) for branch in value[1][1:4]]
        is_literal = str(operation) == "LITERAL"
    return found


def _of_set(members: Any) -> str:
    """Return a character of a set; of a negated one the first of some usual ones that is not excluded."""
    if str(members[0][0]) != "NEGATE":
        kind, value = members[0]
        if str(kind) == "LITERAL":
            return chr(value)
        if str(kind) == "RANGE":
            return chr(value[0])
        return {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a"}.get(str(value), "-")
    excluded = "".join(
        chr(value) if str(kind) == "LITERAL" else "".join(map(chr, range(value[0], min(value[1], 0x250) + 1)))
        for kind, value in members[1:]
        if str(kind) in ("LITERAL", "RANGE")
    )
    categories = {str(value) for kind, value in members[1:] if str(kind) == "CATEGORY"}
    usual = "<[( a0-" if "CATEGORY_SPACE" not in categories else "<[(a0-"
    if "CATEGORY_NOT_WORD" in categories:
        usual = "ab"
    return next((each for each in usual if each not in excluded), "é")
