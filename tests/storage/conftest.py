"""All storage engines; the contract tests run over each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.storage import Storage, open_storage

BACKENDS: dict[str, Callable[[Path], Storage]] = {"sqlite": lambda directory: open_storage(directory)}


@pytest.fixture(params=BACKENDS)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    opened = BACKENDS[request.param](tmp_path / "store")
    yield opened
    opened.close()
