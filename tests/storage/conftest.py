"""A store on each engine; the contract tests run over it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from aggregator.storage import Storage
from tests.engines import open_storage


@pytest.fixture
def opened(engine: str, tmp_path: Path) -> Iterator[Callable[[], Storage]]:
    """Open one and the same store, as often as it is called: each has connections of its own."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_storage(tmp_path / "store")))


@pytest.fixture
def storage(opened: Callable[[], Storage]) -> Storage:
    return opened()
