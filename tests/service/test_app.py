"""The service as a process: start, reload of the configuration, drain, stop."""

import signal
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.running import Service, children, feed, given_a_site, is_running, item, until
from tests.server import HANG, HttpServer, answer, http_server_in_thread

pytestmark = pytest.mark.usefixtures("engine")

STORM = item("storm", "Storm warning")
PILOT = item("pilot", "New pilot boat")


@pytest.fixture
def harbour() -> Iterator[HttpServer]:
    """An origin with two feeds of one release each."""
    with http_server_in_thread() as serving:
        serving.answers = {"/storm.xml": answer(body=feed(STORM)), "/pilot.xml": answer(body=feed(PILOT))}
        yield serving


def sources(origin: HttpServer, *feeds: str) -> dict[str, str]:
    return {name: origin.url(f"/{name}.xml") for name in feeds}


def serves(service: Service, *titles: str) -> None:
    until(lambda: service.titles() == list(titles))


def test_the_merged_feed_is_served_once_the_first_poll_is_done(tmp_path: Path, harbour: HttpServer) -> None:
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    with here.serving() as service:
        serves(service, "Storm warning")
        assert service.get("/healthz").text == "ok\n"
        assert httpx.get(f"{service.admin}/readyz").text == "ready\n"
        assert "Harbour Office" in service.status()
        assert service.get("/status").status_code == service.get("/readyz").status_code == 404
        assert "Storm warning" in service.get("/").text
        assert service.stop() == 0
    log = service.log.read_text()
    assert f"http://127.0.0.1:{here.public}/" in log
    assert "event=poll" in log
    assert "Traceback" not in log


def test_a_good_edit_is_taken_up_without_a_restart(tmp_path: Path, harbour: HttpServer) -> None:
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    with here.serving() as service:
        serves(service, "Storm warning")
        here.sources(sources(harbour, "storm", "pilot"))
        serves(service, "New pilot boat", "Storm warning")


def test_rights_that_expire_while_it_runs_take_their_items_out(tmp_path: Path, harbour: HttpServer) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    with here.serving() as service:
        serves(service, "Storm warning")
        here.sources(sources(harbour, "storm"), f", rights: {{expires: '{soon}'}}")
        serves(service, "Withdrawn")
        assert "Storm warning" not in service.get("/").text


def test_a_bad_edit_keeps_the_last_good_configuration_and_is_shown(
    tmp_path: Path, harbour: HttpServer
) -> None:
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    with here.serving() as service:
        serves(service, "Storm warning")
        good = here.config.read_text()
        here.config.write_text(good + "  - {feeed: typo}\n")
        until(lambda: "sources.1.feeed" in service.status())
        assert service.titles() == ["Storm warning"]
        assert "the last valid one stays in force" in service.log.read_text()
        here.config.write_text(good)
        until(lambda: "feeed" not in service.status())
        assert 'event="configuration reloaded" sources=1' in service.log.read_text()


def test_an_edit_that_would_give_a_feed_the_id_of_another_is_refused_as_any_mistake(
    tmp_path: Path, harbour: HttpServer
) -> None:
    harbour.answers |= {f"/feed?desk={desk}": harbour.answers[f"/{desk}.xml"] for desk in ("storm", "pilot")}
    here = given_a_site(tmp_path, {"press": harbour.url("/feed?desk=storm")})
    head, _, line = here.config.read_text().partition("sources:\n")
    storm = line.replace("id: press, ", "")
    pilot = storm.replace("desk=storm", "desk=pilot")
    here.config.write_text(f"{head}sources:\n{storm}")
    with here.serving() as service:
        serves(service, "Storm warning")
        here.config.write_text(f"{head}sources:\n{pilot}")
        until(lambda: "is that of another feed in the store: add an " in unescape(service.status()))
        assert service.titles() == ["Storm warning"]
        here.config.write_text(f"{head}sources:\n{storm}{pilot.replace('{', '{id: pilot, ', 1)}")
        serves(service, "New pilot boat", "Storm warning")


def test_sighup_reloads_at_once(tmp_path: Path, harbour: HttpServer) -> None:
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    with here.serving() as service:
        serves(service, "Storm warning")
        here.sources(sources(harbour, "storm", "pilot"))
        service.process.send_signal(signal.SIGHUP)
        serves(service, "New pilot boat", "Storm warning")


def test_a_change_that_needs_a_restart_is_named_and_waits(tmp_path: Path, harbour: HttpServer) -> None:
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    with here.serving() as service:
        here.config.write_text(here.config.read_text().replace(str(here.public), "1"))
        service.process.send_signal(signal.SIGHUP)
        until(lambda: "needs a restart" in service.log.read_text())
        assert service.get("/healthz").status_code == 200


def test_a_source_taken_out_is_no_longer_polled_and_its_items_stay(
    tmp_path: Path, harbour: HttpServer
) -> None:
    here = given_a_site(tmp_path, sources(harbour, "storm", "pilot"))
    with here.serving() as service:
        until(lambda: sorted(service.titles()) == ["New pilot boat", "Storm warning"])
        here.sources(sources(harbour, "pilot"))
        until(lambda: "storm: no longer polled" in service.log.read_text())
        assert sorted(service.titles()) == ["New pilot boat", "Storm warning"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_although_an_origin_hangs(tmp_path: Path, harbour: HttpServer, number: int) -> None:
    harbour.answers["/slow.xml"] = HANG
    here = given_a_site(tmp_path, sources(harbour, "storm", "slow"), poll=", timeout: 10m")
    with here.serving() as service:
        serves(service, "Storm warning")
        until(lambda: "/slow.xml" in harbour.paths)
        assert service.stop(number) == 0
    assert "Traceback" not in service.log.read_text()


def test_a_poll_that_was_cut_off_is_done_again_at_the_next_start(tmp_path: Path, harbour: HttpServer) -> None:
    harbour.answers["/storm.xml"] = HANG
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    with here.serving() as service:
        until(lambda: harbour.paths)
        service.stop(signal.SIGKILL)
    harbour.answers["/storm.xml"] = answer(body=feed(STORM))
    with here.serving() as service:
        serves(service, "Storm warning")


def test_a_second_service_is_refused_with_the_process_of_the_first(
    tmp_path: Path, harbour: HttpServer
) -> None:
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    with here.serving() as service:
        second = here.run("serve")
        assert second.returncode == 1
        (line,) = second.stderr.splitlines()
        assert line.startswith(f"publicwire: process {service.process.pid}")
        assert " is already polling the " in line
        assert line.endswith(": stop it first, or give this service a `store` of its own")
        assert "serves" not in second.stdout


def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path, harbour: HttpServer) -> None:
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", here.public))
        other.listen()
        refused = here.run("serve")
    assert refused.returncode == 1  # a mistake is 2, on which systemd does not restart
    (line,) = (line for line in refused.stderr.splitlines() if line.startswith("publicwire: "))
    assert f"cannot listen on 127.0.0.1:{here.public}" in line
    assert "serves" not in refused.stdout


@pytest.mark.one_engine("damages the SQLite file")
def test_a_damaged_store_is_not_served(tmp_path: Path, harbour: HttpServer) -> None:
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    here.store.mkdir()
    (here.store / "publicwire.db").write_bytes(b"this was a database once" * 200)
    refused = here.run("serve")
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert "publicwire.db" in line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_service(tmp_path: Path, harbour: HttpServer, number: int) -> None:
    here = given_a_site(tmp_path, sources(harbour, "storm"))
    with here.serving() as service:
        serves(service, "Storm warning")
        processes = children(service.process.pid)
        assert processes
        service.stop(number)
    until(lambda: not [process for process in processes if is_running(process)])
