"""Real feed readers subscribed to a running service: each release once, edits in place, withdrawals gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.readers import CLIENTS, MAILERS, PARSERS, PRESENT, Reads
from tests.running import Service, Site, feed, given_a_site, item, json_of, until
from tests.server import HttpServer, answer, http_server_in_thread

STORM, PILOT, LIGHT = (
    item("storm", "Storm warning"),
    item("pilot", "New pilot boat"),
    item("light", "Light out"),
)
CORRECTED = item("storm", "Storm warning, corrected", "All there is to say, and more.")


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


@dataclass(frozen=True, slots=True)
class Observed:
    """What one client held at each stage, and a client that subscribed at the end; titles in its order."""

    first: list[str]
    again: list[str]
    corrected: list[str]
    withdrawn: list[str]
    newcomer: list[str]


@dataclass(frozen=True, slots=True)
class Observations:
    """What every client held while one service ran, and the order of the feed's entries at two stages."""

    clients: Mapping[str, Observed]
    first: list[str]
    corrected: list[str]


@pytest.fixture(scope="module", params=["rss", "atom"])
def observations(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Observations:
    """Run a service once for all clients that are installed, each with a cache of its own."""
    here = tmp_path_factory.mktemp("harbour")
    with http_server_in_thread() as serving:
        serving.answers["/harbour.xml"] = answer(body=feed(PILOT, STORM))
        site = given_a_site(here, {"harbour": serving.url("/harbour.xml")})
        with site.serving() as service:
            until(lambda: len(service.titles()) == 2)
            return _observed(Harbour(site, service, serving), request.param, here)


def _observed(harbour: Harbour, kind: str, directory: Path) -> Observations:
    address = f"{harbour.service.public}/feed.{kind}"
    present = {name: subscribe for name, subscribe in CLIENTS.items() if PRESENT[name]()}
    reads = {name: subscribe(directory / name, address) for name, subscribe in present.items()}
    orders, stages = [harbour.service.titles()], [_each(reads), _each(reads)]
    harbour.says(LIGHT, PILOT, CORRECTED)
    until(lambda: "Light out" in harbour.service.titles())
    orders.append(harbour.service.titles())
    stages.append(_each(reads))
    harbour.withdraws("Storm warning, corrected")
    stages.append(_each(reads))
    stages.append(
        _each({name: subscribe(directory / f"{name}-new", address) for name, subscribe in present.items()})
    )
    clients = {name: Observed(*(stage[name] for stage in stages)) for name in present}
    return Observations(clients, *orders)


def _each(reads: Mapping[str, Reads]) -> Mapping[str, list[str]]:
    return {name: read() for name, read in reads.items()}


EACH_CLIENT = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.needs(name)) for name in CLIENTS]
)


@EACH_CLIENT
def test_a_subscriber_sees_each_release_once(observations: Observations, name: str) -> None:
    seen = observations.clients[name]
    assert sorted(seen.first) == sorted(seen.again) == ["New pilot boat", "Storm warning"]


@EACH_CLIENT
def test_a_correction_changes_one_release_and_adds_none(observations: Observations, name: str) -> None:
    sent = "Storm warning" if name in MAILERS else "Storm warning, corrected"  # each id is sent once
    assert sorted(observations.clients[name].corrected) == ["Light out", "New pilot boat", sent]


@EACH_CLIENT
def test_a_withdrawal_stands_under_the_id_of_the_release(observations: Observations, name: str) -> None:
    stands = "Storm warning" if name in MAILERS else "Withdrawn"  # a letter that was sent stays
    assert sorted(observations.clients[name].withdrawn) == ["Light out", "New pilot boat", stands]


@EACH_CLIENT
def test_a_new_subscriber_sees_nothing_of_what_was_withdrawn(observations: Observations, name: str) -> None:
    assert sorted(observations.clients[name].newcomer) == ["Light out", "New pilot boat", "Withdrawn"]


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.needs(name)) for name in PARSERS])
def test_a_reader_of_documents_has_the_order_of_the_feed(observations: Observations, name: str) -> None:
    seen = observations.clients[name]
    assert (seen.first, seen.corrected) == (observations.first, observations.corrected)
