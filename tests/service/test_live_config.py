"""Reload of the configuration: what is refused, and what is tried again."""

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError, Problem, StoreAway
from aggregator.model.settings import Config
from aggregator.service.live_config import LiveConfig

ONE, TWO = "sources: ['https://a.example/']\n", "sources: ['https://b.example/', 'https://c.example/']\n"


class Ids:
    """Binds configurations to the ids of a store; raises `error` if there is one."""

    error: Exception | None = None

    def bound(self, config: Config) -> Config:
        if self.error is not None:
            raise self.error
        return config


def given_an_edit(directory: Path) -> tuple[LiveConfig, Ids]:
    """A configuration whose file was edited since, as the second look has found."""
    file, ids = directory / "sources.yaml", Ids()
    file.write_text(ONE)
    current = LiveConfig(load(file), ids.bound)
    file.write_text(TWO)
    assert (current.changed(), current.changed()) == (False, True)
    return current, ids


def test_an_edit_whose_ids_are_refused_changes_nothing_until_the_next_edit(tmp_path: Path) -> None:
    current, ids = given_an_edit(tmp_path)
    ids.error = ConfigError((Problem("sources.yaml", 1, 1, "add an `id`"),))
    current.reload()
    assert (len(current.config.sources), current.error) == (1, "sources.yaml:1:1: add an `id`")
    assert not current.changed()


def test_an_edit_is_taken_up_once_the_store_answers_again(tmp_path: Path) -> None:
    current, ids = given_an_edit(tmp_path)
    ids.error = StoreAway("the database does not answer")
    with pytest.raises(StoreAway):
        current.reload()
    assert (len(current.config.sources), current.changed()) == (1, True)
    ids.error = None
    current.reload()
    assert (len(current.config.sources), current.changed()) == (2, False)
