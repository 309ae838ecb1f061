"""`full_text` at a source: a mistake without the packages of its extra."""

import subprocess
import sys
from pathlib import Path

from aggregator.config.load import parse

HERE = Path("sources.yaml")
WANTED = "sources:\n  - feed: https://a.example/feed\n    full_text: true\n"
WITHOUT = """
import sys
sys.modules[sys.argv[1]] = None  # as if it were not installed
from pathlib import Path
from aggregator.config.load import parse
from aggregator.errors import ConfigError
try:
    parse(sys.argv[2], Path("sources.yaml"))
except ConfigError as error:
    print(error)
"""


def said_without(package: str, text: str) -> str:
    command = [sys.executable, "-c", WITHOUT, package, text]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_source_wants_the_texts_of_pages() -> None:
    assert parse(WANTED, HERE).sources[0].full_text
    assert not parse(WANTED.replace("true", "false"), HERE).sources[0].full_text


def test_a_missing_package_is_a_mistake_that_names_the_cure() -> None:
    cure = "needs packages for reading pages: pip install 'publicwire[fulltext]'"
    for package in ("trafilatura", "protego"):
        assert said_without(package, WANTED) == f"sources.yaml:3:5: sources.0.full_text: {cure}\n"
        assert said_without(package, WANTED.replace("true", "false")) == ""
