"""Patches of feedparser change no result but guids, relative links and authors."""

import subprocess
import sys
from pathlib import Path

from aggregator.parse import feedparser_patches
from tests.parse.corpus import REAL, needs_corpus
from tests.parse.reading import said
from tests.parse.test_parse import DOCUMENTS

ROOT = Path(__file__).parents[2]


def said_as_it_comes(paths: list[Path]) -> list[str]:
    command = [sys.executable, "-m", "tests.parse.reading"]
    names = "\n".join(map(str, paths))
    ran = subprocess.run(command, input=names, capture_output=True, text=True, check=True, cwd=ROOT)
    return ran.stdout.splitlines()


def differing(paths: list[Path]) -> list[str]:
    ours = [said(feedparser_patches.parse, path) for path in paths]
    return [path.name for path, a, b in zip(paths, ours, said_as_it_comes(paths), strict=True) if a != b]


def test_our_cases_read_the_same() -> None:
    assert differing([path for path in DOCUMENTS if path.suffix == ".xml"]) == []


@needs_corpus
def test_real_feeds_read_the_same() -> None:
    assert differing([path for path in REAL if path.suffix == ".xml"]) == []
