"""A full, read-only or damaged disk: reported, without loss, and the service recovers."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import StorageError, StoreFull
from tests.engines import open_storage
from tests.running import Service, Site, feed, given_a_site, item, json_of, until
from tests.server import HttpServer, answer, http_server_in_thread

pytestmark = [
    pytest.mark.usefixtures("engine"),
    pytest.mark.one_engine("fills, remounts or damages the disk of the SQLite file"),
]

STORM, PILOT = item("storm", "Storm warning"), item("pilot", "New pilot boat")


@pytest.fixture
def harbour() -> Iterator[HttpServer]:
    with http_server_in_thread() as serving:
        serving.answers = {"/storm.xml": answer(body=feed(STORM)), "/pilot.xml": answer(body=feed(PILOT))}
        yield serving


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """A site whose store is on a tmpfs of 4 MB."""
    made = given_a_site(tmp_path)
    made.store.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(made.store)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a disk of its own cannot be mounted here: that takes root")
    try:
        yield made
    finally:
        subprocess.run(["umount", "--lazy", str(made.store)], check=True)


def polls(here: Site, harbour: HttpServer, *names: str) -> None:
    here.sources({name: harbour.url(f"/{name}.xml") for name in names})


def fill(here: Site) -> None:
    """Fill the disk to the last byte."""
    descriptor = os.open(here.store / "other", os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(descriptor, bytes(1 << 16)):
            pass
    except OSError as error:
        assert error.errno == errno.ENOSPC
    finally:
        os.close(descriptor)


def make_room(here: Site) -> None:
    (here.store / "other").unlink()


def remount(here: Site, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(here.store)], check=True, capture_output=True)


def serves(service: Service, *titles: str) -> None:
    until(lambda: sorted(service.titles()) == sorted(titles))


def is_sound(here: Site) -> bool:
    with closing(open_storage(here.store)) as storage:
        return storage.admin.check() == ()


def test_a_full_disk_stops_nothing_that_is_published_and_room_lets_it_go_on(
    here: Site, harbour: HttpServer
) -> None:
    polls(here, harbour, "storm")
    with here.serving() as service:
        serves(service, "Storm warning")
        fill(here)
        polls(here, harbour, "storm", "pilot")  # the new source cannot be written down
        until(lambda: "there is no room on the disk" in service.status())
        assert service.titles() == ["Storm warning"]
        assert service.get("/").status_code == 200
        assert service.log.read_text().count("the disk is full") == 1
        make_room(here)
        serves(service, "Storm warning", "New pilot boat")
        until(lambda: "there is no room" not in service.status())
        assert service.stop() == 0
    assert "Traceback" not in service.log.read_text()
    assert is_sound(here)


def test_a_poll_that_finds_the_disk_full_is_lost_and_nothing_else(here: Site, harbour: HttpServer) -> None:
    polls(here, harbour, "storm")
    assert here.run("poll").returncode == 0
    harbour.answers["/storm.xml"] = answer(body=feed(PILOT, STORM))
    fill(here)
    full = here.run("poll")
    assert full.returncode == 1
    (line,) = full.stderr.splitlines()
    assert "there is no room on the disk" in line
    make_room(here)
    assert [each["title"] for each in json_of(here.run("items", "--json").stdout)] == ["Storm warning"]
    assert here.run("poll").returncode == 0
    assert len(json_of(here.run("items", "--json").stdout)) == 2
    assert is_sound(here)


def test_a_command_on_a_full_disk_fails_with_the_cure_and_can_be_repeated(
    here: Site, harbour: HttpServer
) -> None:
    polls(here, harbour, "storm")
    here.run("poll")
    (stored,) = json_of(here.run("items", "--json").stdout)
    fill(here)
    refused = here.run("withdraw", stored["id"], "--reason", "an error")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    make_room(here)
    assert json_of(here.run("items", "--json").stdout)[0]["state"] == "live"
    assert here.run("withdraw", stored["id"], "--reason", "an error").returncode == 0
    assert json_of(here.run("items", "--json").stdout)[0]["state"] == "withdrawn"


def test_a_service_on_a_full_disk_does_not_start_and_names_the_reason(
    here: Site, harbour: HttpServer
) -> None:
    polls(here, harbour, "storm")
    fill(here)
    refused = here.run("serve")
    assert refused.returncode == 1
    complaints = [line for line in refused.stderr.splitlines() if line.startswith("publicwire: ")]
    assert any("there is no room on the disk" in line or "No space left" in line for line in complaints)
    assert "Traceback" not in refused.stderr


def test_a_read_only_store_is_refused_in_one_line(here: Site, harbour: HttpServer) -> None:
    polls(here, harbour, "storm")
    assert here.run("poll").returncode == 0
    remount(here, "ro")
    for command in (("poll",), ("serve",)):
        refused = here.run(*command)
        assert refused.returncode == 1
        assert str(here.store) in refused.stderr
        assert "Traceback" not in refused.stderr
    remount(here, "rw")
    assert here.run("poll").returncode == 0
    assert is_sound(here)


@pytest.mark.parametrize("page", [2, 5, 9])
def test_a_damaged_page_is_noticed_at_the_start_and_the_cure_is_named(
    tmp_path: Path, harbour: HttpServer, page: int
) -> None:
    here = given_a_site(tmp_path)
    polls(here, harbour, "storm")
    assert here.run("poll").returncode == 0
    (here.store / "backups").mkdir()
    backup = here.store / "backups" / "publicwire-2026-03-02.db"
    assert here.run("backup", str(backup)).returncode == 0
    with (here.store / "publicwire.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    refused = here.run("serve")
    assert refused.returncode == 1
    (line,) = (
        line
        for line in refused.stderr.splitlines()
        if line.startswith("publicwire: ") and "warning" not in line
    )
    assert "is damaged" in line
    assert f"publicwire restore {backup}" in line
    assert here.run("restore", str(backup)).returncode == 0
    assert here.run("poll").returncode == 0
    assert is_sound(here)


def test_the_contract_names_a_full_disk(here: Site, harbour: HttpServer) -> None:
    polls(here, harbour, "storm")
    here.run("poll")
    with closing(open_storage(here.store)) as storage:
        fill(here)
        with pytest.raises(StoreFull) as told:
            storage.polls.poll_soon(
                ["storm"], next(iter(storage.overview.health())).last_success or pytest.fail("never polled")
            )
        assert isinstance(told.value, StorageError)
        make_room(here)
        assert storage.admin.check() == ()
