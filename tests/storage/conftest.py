"""All storage engines; the contract tests run over each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path

import pytest

from aggregator.storage import Storage, open_storage
from aggregator.storage.postgres import open_store as open_postgres

NUMBERS = count(1)


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Storage]]:
    """Open one and the same store, as often as it is called: each has connections of its own."""
    directory = tmp_path / "store"
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield lambda: stack.enter_context(closing(open_storage(directory)))
        else:
            url = request.getfixturevalue("postgres").schema(f"test_{next(NUMBERS)}")
            yield lambda: stack.enter_context(closing(open_postgres(url, directory)))


@pytest.fixture
def storage(opened: Callable[[], Storage]) -> Storage:
    return opened()
