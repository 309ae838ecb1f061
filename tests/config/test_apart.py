"""A long sources.yaml is read in a process of its own, with the same result and the same mistakes."""

import os
import signal
import threading
from pathlib import Path

import pytest

from aggregator import config as configuration
from aggregator.config import apart
from aggregator.errors import ConfigError
from tests.running import until

HEAD = "publication: {name: N, url: 'https://n.example/', language: en, contact: desk@n.example}\nsources:\n"
SOURCE = "  - {{id: s{0}, organisation: Office {0}, feed: 'https://h{0}.example/feed', auth: {{bearer: $TOKEN}}}}\n"
FILE = Path("press/sources.yaml")
TOKEN = {"TOKEN": "secret-1"}


def given_a_long_text(more: str = "") -> str:
    text = HEAD + "".join(SOURCE.format(n) for n in range(apart.APART_FROM // len(SOURCE) + 2_000)) + more
    assert len(text) > apart.APART_FROM
    return text


def children() -> list[int]:
    found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [int(pid) for each in found for pid in each.read_text().split()]


def test_a_long_text_gives_the_same_configuration() -> None:
    text = given_a_long_text()
    found = apart.parse(text, FILE, TOKEN)
    assert found == configuration.parse(text, FILE, TOKEN)
    assert found.credentials_of(found.sources[-1]) is not None


def test_mistakes_of_a_long_text_name_their_places() -> None:
    text = given_a_long_text("  - {id: last, feed: 'ftp://h.example/'}\n")
    with pytest.raises(ConfigError) as expected:
        configuration.parse(text, FILE, TOKEN)
    with pytest.raises(ConfigError) as found:
        apart.parse(text, FILE, TOKEN)
    assert found.value.problems == expected.value.problems != ()


def test_a_short_text_is_read_without_a_process() -> None:
    before = children()
    assert apart.parse(HEAD + SOURCE.format(1), FILE, TOKEN).sources[0].id == "s1"
    assert children() == before


def test_a_killed_process_is_an_error_of_the_file() -> None:
    before, text = set(children()), given_a_long_text()

    def kill() -> None:
        until(lambda: set(children()) - before)
        (reader,) = set(children()) - before
        os.kill(reader, signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    with pytest.raises(ConfigError, match=r"sources\.yaml:1:1: could not be read: .* ended with code -9"):
        apart.parse(text, FILE, TOKEN)
    killing.join()


def test_sources_in_one_network_share_it() -> None:
    line = "  - {{id: s{0}, feed: 'http://127.0.0.1/{0}', allow_networks: [127.0.0.0/8]}}\n"
    text = HEAD + "".join(line.format(n) for n in range(apart.APART_FROM // len(line) + 2_000))
    sources = apart.parse(text, FILE).sources
    networks = {id(network) for each in sources for network in each.allow_networks}
    assert len(networks) <= len(sources) // apart.PART + 1  # one for each part


def test_sources_that_are_as_before_are_the_objects_of_the_former_configuration() -> None:
    text = given_a_long_text()
    former = apart.parse(text, FILE, TOKEN)
    edited = text.replace("organisation: Office 7,", "organisation: Office Seven,")
    found = apart.parse(edited, FILE, TOKEN, former)
    assert found == configuration.parse(edited, FILE, TOKEN)
    pairs = zip(found.sources, former.sources, strict=True)
    assert [new.id for new, old in pairs if new is not old] == ["s7"]
