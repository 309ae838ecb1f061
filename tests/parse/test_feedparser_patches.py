"""Each patch of feedparser changes only its own part of the output, compared with feedparser unpatched."""

import json
import subprocess
import sys
import xml.sax
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import feedparser.api
import pytest

from aggregator.parse import expat_driver, parse
from aggregator.parse.feedparser_patches import PATCHES
from tests.corpus import REAL
from tests.parse.test_parse import DOCUMENTS

ROOT = Path(__file__).parents[2]
NAMES = [patch.__name__ for patch in PATCHES]
UNSEEN = {
    *("use_expat_driver", "cache_base_uris", "copy_flat_dicts", "look_up_plain_keys"),
    *("repair_few_texts", "bound_tags", "bound_namespaces", "resolve_inner_bases"),
    *("start_bare_elements", "push_bare_contents", "pop_texts_of_entries"),
}
# `recognise` cuts a feed out of the page around it before feedparser reads it.
PAGES = ("page-around-a-feed", "feedjira-DuplicateContentAtomFeed-8fd3ced4")
CASES = [path for path in DOCUMENTS if path.suffix == ".xml" and path.stem not in PAGES]
CORPUS = [path for path in REAL if path.suffix == ".xml" and path.stem not in PAGES]
EACH = {name: [name] for name in NAMES}
ALL = {"all": NAMES}


def parsed_with(patches: list[str], paths: list[Path]) -> list[dict[str, str]]:
    command = [sys.executable, "-m", "tests.parse.reading", *patches]
    names = "\n".join(map(str, paths))
    ran = subprocess.run(command, input=names, capture_output=True, text=True, check=True, cwd=ROOT)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def changed(paths: list[Path], configurations: dict[str, list[str]]) -> dict[tuple[str, str], list[str]]:
    """Return the files that each configuration changes, by configuration and view."""
    with ThreadPoolExecutor(2) as processes:
        plain, *results = processes.map(
            lambda patches: parsed_with(patches, paths), [[], *configurations.values()]
        )
    digests = dict(zip(configurations, results, strict=True))
    return {
        (name, view): differing(paths, (one[view] for one in patched), (one[view] for one in plain))
        for name, patched in digests.items()
        for view in (name, "whole")
    }


def differing(paths: list[Path], one: Iterable[str], other: Iterable[str]) -> list[str]:
    return [path.name for path, a, b in zip(paths, one, other, strict=True) if a != b]


def test_each_patch_changes_its_own_part_of_the_cases_and_no_other() -> None:
    changes = changed(CASES, EACH | ALL)
    assert {key: files for key, files in changes.items() if files and key[1] != "whole"} == {}
    idle = {name for name in EACH if not changes[name, "whole"]}
    assert idle == UNSEEN


@pytest.mark.needs("corpus")
def test_the_patches_change_their_parts_of_real_feeds_and_no_other() -> None:
    assert changed(CORPUS, ALL)["all", "all"] == []


def test_the_patches_for_speed_are_in_use() -> None:
    parse(CASES[0].read_bytes(), content_type="", url="https://found.example/")
    reader = xml.sax.make_parser(feedparser.api.PREFERRED_XML_PARSERS)
    assert isinstance(reader, expat_driver.Driver)
    assert feedparser.mixin.make_safe_absolute_uri.cache_info().hits


@pytest.mark.parametrize(
    "item",
    [
        "<title>A</title><image><title>B</title></image>",
        "<media:group><title>B</title></media:group><title>A</title><title>D</title>",
    ],
)
def test_a_title_within_an_entry_is_not_its_title(item: str) -> None:
    media = "xmlns:media='http://search.yahoo.com/mrss/'"
    document = f"<rss version='2.0' {media}><channel><item>{item}</item></channel></rss>".encode()
    read = parse(document, content_type="", url="https://found.example/")
    assert [entry.title and entry.title.value for entry in read.entries] == ["A"]
