"""`publication.words` and `publication.timezone`."""

from pathlib import Path

import pytest

from aggregator.config.load import parse
from aggregator.errors import ConfigError
from aggregator.model.settings import Publication

pytestmark = pytest.mark.one_engine("opens no store")


def published(directory: Path, settings: str) -> Publication:
    return parse(f"publication: {{{settings}}}\nsources: []\n", directory / "sources.yaml").publication


def test_words_of_pages_are_read_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "it.toml").write_text('older = "Precedenti"\ncopy = "Copia"\n')
    found = published(tmp_path, "language: it, words: it.toml, timezone: Europe/Rome")
    assert found.words == (("copy", "Copia"), ("older", "Precedenti"))
    assert found.timezone == "Europe/Rome"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, r"words\.toml cannot be read: No such file or directory"),
        (b"older = 1", r"words\.toml: `older` must be a text"),
        (b"older", r"words\.toml is not TOML in UTF-8"),
        (b'older = "\xff"', r"words\.toml is not TOML in UTF-8"),
        (b"#" * 100_001, r"words\.toml is larger than 100 kB"),
    ],
)
def test_a_file_of_words_with_a_mistake_is_named_with_its_place(
    tmp_path: Path, body: bytes | None, message: str
) -> None:
    if body is not None:
        (tmp_path / "words.toml").write_bytes(body)
    with pytest.raises(ConfigError, match=f"1:15: publication.words: {message}"):
        published(tmp_path, "words: words.toml")


def test_a_time_zone_that_does_not_exist_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`Europe/Rom` is not a time zone; did you mean `Europe/Rome`"):
        published(tmp_path, "timezone: Europe/Rom")
