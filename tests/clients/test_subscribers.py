"""Real feed readers subscribed to a running service: each release once, edits in place, withdrawals gone."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pristine import feedparser
from tests.running import Service, Site, feed, given_a_site, item, json_of, until
from tests.server import HttpServer, answer, http_server_in_thread

pytestmark = pytest.mark.usefixtures("engine")

STORM, PILOT, LIGHT = (
    item("storm", "Storm warning"),
    item("pilot", "New pilot boat"),
    item("light", "Light out"),
)
CORRECTED = item("storm", "Storm warning, corrected", "All there is to say, and more.")

# Fetches the feed again and returns the sorted titles of a subscriber.
Reads = Callable[[], list[str]]


@dataclass(frozen=True, slots=True)
class Harbour:
    """A running service over one origin whose document can be changed."""

    here: Site
    service: Service
    origin: HttpServer

    def says(self, *items: str) -> None:
        """Change the origin's document and poll it."""
        self.origin.answers["/harbour.xml"] = answer(body=feed(*items))
        assert self.here.run("poll", "harbour").returncode == 0

    def withdraws(self, title: str) -> None:
        (found,) = (
            each for each in json_of(self.here.run("items", "--json").stdout) if each["title"] == title
        )
        assert self.here.run("withdraw", found["id"], "--reason", "a test").returncode == 0
        until(lambda: title not in self.service.titles())


@pytest.fixture
def harbour(tmp_path: Path) -> Iterator[Harbour]:
    with http_server_in_thread() as serving:
        serving.answers["/harbour.xml"] = answer(body=feed(PILOT, STORM))
        here = given_a_site(tmp_path, {"harbour": serving.url("/harbour.xml")})
        with here.serving() as service:
            until(lambda: len(service.titles()) == 2)
            yield Harbour(here, service, serving)


def newsboat(directory: Path, address: str) -> Reads:
    """Return the reader newsboat, which caches items."""
    directory.mkdir()
    (directory / "urls").write_text(f"{address}\n")
    (directory / "config").touch()

    def reads() -> list[str]:
        names = {"-u": "urls", "-C": "config", "-c": "cache.db"}
        files = [part for option, name in names.items() for part in (option, str(directory / name))]
        subprocess.run(
            ["newsboat", *files, "-x", "reload"], check=True, timeout=60, env={"HOME": str(directory)}
        )
        with closing(sqlite3.connect(directory / "cache.db")) as cache:
            return sorted(title for (title,) in cache.execute("SELECT title FROM rss_item WHERE deleted = 0"))

    return reads


def parsing(directory: Path, address: str) -> Reads:
    """Return a reader made of feedparser, which keeps the latest version of every id."""
    kept: dict[str, str] = {}

    def reads() -> list[str]:
        document = feedparser.parse(address)
        assert not document.bozo
        ids = [entry.id for entry in document.entries]
        assert len(set(ids)) == len(ids)
        kept.update({entry.id: entry.title for entry in document.entries})
        return sorted(kept.values())

    return reads


@pytest.mark.parametrize("kind", ["rss", "atom"])
@pytest.mark.parametrize("subscribe", [pytest.param(newsboat, marks=pytest.mark.needs("newsboat")), parsing])
def test_a_subscriber_sees_each_release_once_and_its_correction_in_place(
    tmp_path: Path, harbour: Harbour, subscribe: Callable[[Path, str], Reads], kind: str
) -> None:
    reads = subscribe(tmp_path / "reader", f"{harbour.service.public}/feed.{kind}")
    assert reads() == ["New pilot boat", "Storm warning"]
    assert reads() == ["New pilot boat", "Storm warning"]

    harbour.says(LIGHT, PILOT, CORRECTED)
    until(lambda: "Light out" in harbour.service.titles())
    assert reads() == ["Light out", "New pilot boat", "Storm warning, corrected"]


@pytest.mark.parametrize("kind", ["rss", "atom"])
@pytest.mark.parametrize("subscribe", [pytest.param(newsboat, marks=pytest.mark.needs("newsboat")), parsing])
def test_a_new_subscriber_sees_nothing_withdrawn(
    tmp_path: Path, harbour: Harbour, subscribe: Callable[[Path, str], Reads], kind: str
) -> None:
    harbour.withdraws("Storm warning")
    assert subscribe(tmp_path / "reader", f"{harbour.service.public}/feed.{kind}")() == ["New pilot boat"]
