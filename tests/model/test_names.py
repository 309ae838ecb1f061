"""Names of the package `model`: imported with the module that defines them."""

import ast
from pathlib import Path

import pytest

from aggregator import model


def test_each_name_that_type_checkers_see_is_found_in_its_module() -> None:
    tree = ast.parse(Path(model.__file__).read_text())
    declared = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("aggregator.model.")
        for alias in node.names
    }
    assert {name: f"aggregator.model.{module}" for name, module in model._HOMES.items()} == declared
    assert all(getattr(model, name) is not None for name in declared)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        model.Nothing  # noqa: B018 # type: ignore[attr-defined]
