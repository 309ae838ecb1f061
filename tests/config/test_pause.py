"""Pausing a source in the text of sources.yaml."""

from pathlib import Path

import pytest

from aggregator.config.load import parse
from aggregator.config.pause import set_paused
from aggregator.errors import ConfigError, UsageError

BLOCK = """# ours
sources:
  - id: one  # the first
    feed: https://one.example/
    topics: [sea]

  - https://two.example/
  - {id: three, feed: https://three.example/}  # the third
  - paused: 2031-01-01
    id: four
    feed: https://four.example/
  - id: five
    paused: true
    feed: https://five.example/
  - {id: six, feed: https://six.example/, paused: true}
  - {paused: true, id: seven, feed: https://seven.example/}
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("index", range(7))
def test_a_pause_is_set_and_removed_and_nothing_else_changes(index: int, line_end: str) -> None:
    text = BLOCK.replace("\n", line_end)
    paused = set_paused(text, index, paused=True)
    assert parse(paused, Path("s.yaml")).sources[index].paused is not None
    resumed = set_paused(paused, index, paused=False)
    assert parse(resumed, Path("s.yaml")).sources[index].paused is None
    assert set_paused(resumed, index, paused=False) == resumed
    assert "# ours" in resumed
    assert "# the first" in resumed
    assert "# the third" in resumed
    if index in (0, 2):
        assert resumed == text


@pytest.mark.parametrize(
    "text",
    [
        "sources: [https://one.example/]\n",
        "sources:\n  - feed: https://one.example/\n    ? paused\n    : true\n",
    ],
)
def test_a_form_that_cannot_be_edited_is_refused(text: str) -> None:
    is_paused = "paused" in text
    with pytest.raises(UsageError, match="by hand"):
        set_paused(text, 0, paused=not is_paused)


def test_an_invalid_file_is_refused() -> None:
    with pytest.raises(ConfigError):
        set_paused("sources: [{feed: x}]\n", 0, paused=True)
