"""`poll`: one pass over the sources, in this process or by the running service."""

import json
import os
import pty
import re
import subprocess
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.model.schedule import DueReason
from tests.cli.conftest import Command, Said
from tests.engines import open_storage
from tests.given import NOON
from tests.line.line import Line
from tests.running import COMMAND, Site, feed, item, json_of, until
from tests.server import GONE, NOT_FOUND, HttpServer, answer, http_server_in_thread

SHIPPED = Path(__file__).parents[2] / "sources.yaml"
NEWSROOM = SHIPPED.parent / "docs" / "sample-newsroom.xml"


def outcomes(said: Said) -> dict[str, str]:
    return {each["source"]: each["kind"] for each in json_of(said.out)}


def given_an_origin_beside_the_file(here: Site, serving: HttpServer, *, fine: bool) -> None:
    serving.answers = {
        "/pilots.xml": answer(body=feed(item("pilots", "Pilots wanted"))) if fine else NOT_FOUND
    }
    here.sources({"harbour": "file:press.xml", "pilots": serving.url("/pilots.xml")})


def test_the_sample_newsroom_is_polled_without_a_network(here: Site, command: Command) -> None:
    here.sources({"sample": f"file:{NEWSROOM}"})
    said = command("poll")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "1 polled, 0 failed: 8 new, 0 edited"
    assert command("poll").out.splitlines()[-1] == "1 polled, 0 failed: 0 new, 0 edited"


@pytest.mark.usefixtures("engine")
def test_the_file_that_ships_fills_the_merged_feed_in_any_year(tmp_path: Path) -> None:
    sample = load(SHIPPED).sources[0]
    for year in (2027, 2060):
        later = datetime(year, 1, 1, tzinfo=UTC)
        with Line(tmp_path / str(year), sample, now=later) as line:
            line.reads(sample, NEWSROOM.read_bytes(), later)
            assert (
                len(json.loads(line.document(kind="json").body)["items"]) == 8
            )  # the undated one fills it up


def test_sources_are_polled_over_http(here: Site, command: Command) -> None:
    with http_server_in_thread() as serving:
        given_an_origin_beside_the_file(here, serving, fine=True)
        assert outcomes(command("poll", "--json")) == {"harbour": "changed", "pilots": "changed"}
        assert outcomes(command("poll", "--json")) == {"harbour": "not-modified", "pilots": "unchanged"}


def test_a_source_that_is_gone_is_polled_only_when_named(here: Site, command: Command) -> None:
    with http_server_in_thread() as serving:
        serving.answers = {"/pilots.xml": GONE}
        here.sources({"harbour": "file:press.xml", "pilots": serving.url("/pilots.xml")})
        assert outcomes(command("poll", "--json")) == {"harbour": "changed", "pilots": "failed"}
        said = command("poll")
        assert said.code == 0
        assert said.out.splitlines()[-2:] == [
            "1 polled, 0 failed: 0 new, 0 edited",
            "skipped (Retry-After, rate limit of the host, or 410): pilots; name one to poll it anyway",
        ]
        assert outcomes(command("poll", "pilots", "--json")) == {"pilots": "failed"}
        assert serving.paths == ["/pilots.xml"] * 2
        here.sources({"harbour": "file:press.xml", "pilots": serving.url("/new.xml")})
        assert outcomes(command("poll", "--json")) == {"harbour": "not-modified", "pilots": "failed"}


def test_one_failure_is_exit_code_1_and_the_others_go_on(here: Site, command: Command) -> None:
    with http_server_in_thread() as serving:
        given_an_origin_beside_the_file(here, serving, fine=False)
        said = command("poll")
    assert said.code == 1
    assert "failed " in said.out
    assert "404" in said.out
    assert said.out.splitlines()[-1] == "2 polled, 1 failed: 2 new, 0 edited"


def test_only_the_named_sources_are_polled(here: Site, command: Command) -> None:
    with http_server_in_thread() as serving:
        given_an_origin_beside_the_file(here, serving, fine=True)
        assert outcomes(command("poll", "pilots", "pilots", "--json")) == {"pilots": "changed"}
        assert serving.paths == ["/pilots.xml"]


def test_an_unknown_source_is_the_users_mistake(command: Command) -> None:
    said = command("poll", "harbor")
    assert said.code == 2
    (line,) = said.complaints
    assert "there is no source called 'harbor'" in line


def test_a_long_list_shows_only_changes_and_failures(here: Site, command: Command) -> None:
    names = {f"s{n}": f"file:press-{n}.xml" for n in range(41)}
    for n in range(41):
        (here.directory / f"press-{n}.xml").write_bytes(feed(item(f"i{n}", f"Item {n}")))
    here.sources(names)
    assert len(outcomes(command("poll", "--json"))) == 41
    (here.directory / "press-7.xml").write_bytes(feed(item("new", "Something new")))
    lines = [line.split()[0] for line in command("poll").out.splitlines() if line.strip()]
    assert lines[1:] == ["s7", "source", "s7", "41"]  # with the headline that is new


def test_a_running_service_polls_for_us(here: Site) -> None:
    with here.serving() as service:
        until(lambda: len(service.titles()) == 2)
        (here.directory / "press.xml").write_bytes(feed(item("new", "Something new")))
        polled = here.run("poll", "harbour", "--json")
        assert polled.returncode == 0
        (outcome,) = json.loads(polled.stdout)
        assert (outcome["kind"], outcome["new"]) == ("changed", 1)
        assert service.titles()[0] == "Something new"


def test_a_running_service_polls_a_source_that_was_just_added(here: Site) -> None:
    with here.serving() as service:
        until(lambda: len(service.titles()) == 2)
        (here.directory / "pilots.xml").write_bytes(feed(item("pilots", "Pilots wanted")))
        here.sources({"harbour": "file:press.xml", "pilots": "file:pilots.xml"})
        polled = here.run("poll", "pilots", "--json")
        assert (polled.returncode, polled.stderr) == (0, "")
        assert list(outcomes(Said(0, polled.stdout, ""))) == [
            "pilots"
        ]  # the service may have polled it before
        assert "Pilots wanted" in service.titles()


def test_a_service_that_ends_before_it_has_polled_is_reported_at_once(here: Site) -> None:
    with closing(open_storage(here.store)) as storage:
        storage.admin.sync(load(here.config), NOON)
        with storage.admin.poller(NOON):  # in the place of a service that dies of every poll
            command = here.start("poll", "harbour")
            until(lambda: storage.overview.health()[0].due.reason is DueReason.OPERATOR)
        assert command.wait(timeout=30) == 1
    assert "ended before it had polled harbour" in (here.directory / "log").read_text()


def test_a_failure_of_the_running_service_is_ours(here: Site) -> None:
    with here.serving() as service:
        until(lambda: len(service.titles()) == 2)
        (here.directory / "press.xml").unlink()
        polled = here.run("poll")
        assert polled.returncode == 1
        assert "failed " in polled.stdout


@pytest.mark.parametrize("arguments", [("poll",), ("items",), ("sources",), ("check",)])
def test_no_colour_and_no_bar_without_a_terminal(here: Site, arguments: tuple[str, ...]) -> None:
    said = here.run(*arguments)
    assert said.returncode == 0
    assert "\x1b" not in said.stdout + said.stderr
    assert "polling" not in said.stdout


def test_a_paused_source_is_not_polled_and_its_items_stay(here: Site, polled: Command) -> None:
    here.sources({"harbour": "file:press.xml"}, ", paused: true")
    said = polled("poll")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "paused: harbour"
    assert (
        polled("poll", "harbour").complaints[0].startswith("publicwire: harbour is paused: remove `paused`")
    )
    listed = polled("sources").out
    assert "  paused  " in listed
    assert "paused in the configuration" in listed
    assert len(json_of(polled("items", "--json").out)) == 2
    here.sources({"harbour": "file:press.xml"})
    assert "0 failed" in polled("poll").out


def test_new_items_are_named_by_headline_a_few_of_each_source(here: Site, command: Command) -> None:
    hostile = "\x9b31mRed \u202e&lt;b&gt;"
    (here.directory / "a.xml").write_bytes(feed(*(item(f"a{n}", f"A {n}") for n in range(30))))
    (here.directory / "b.xml").write_bytes(feed(item("b", hostile)))
    here.sources({"many": "file:a.xml", "one": "file:b.xml"})
    said = command("poll").out
    rows = [line.split()[0] for line in said.partition("new\n")[2].splitlines() if line.strip()]
    assert rows == ["many"] * 6 + ["one", "and", "2"]
    assert "and 24 more: `publicwire items` lists them" in said
    assert "\x9b" not in said
    assert "\u202e" not in said


def on_a_terminal(here: Site, *arguments: str) -> str:
    """Run a command with a terminal of 80 columns; returns all that it printed there."""
    operator, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "80"}
    at = ("--config", str(here.config))
    said = b""
    with subprocess.Popen(
        (*COMMAND, *at, *arguments), cwd=here.directory, stdout=terminal, stderr=terminal, env=environment
    ) as process:
        os.close(terminal)
        with suppress(OSError):  # EIO once the last writer has closed it
            while more := os.read(operator, 1000):
                said += more
        assert process.wait(timeout=60) == 0
    os.close(operator)
    return said.decode()


@pytest.mark.one_engine("the bar knows no store")
def test_a_poll_on_a_terminal_shows_its_progress_rate_and_time_left(here: Site, command: Command) -> None:
    with http_server_in_thread() as serving:
        serving.answers = {f"/{n}.xml": answer(body=feed(item(f"i{n}", f"No {n}"))) for n in range(4)}
        here.sources({f"harbour{n}": serving.url(f"/{n}.xml") for n in range(4)})
        here.config.write_text(here.config.read_text().replace("host_gap: 0s", "host_gap: 1s"))
        said = on_a_terminal(here, "poll")
    shown = re.findall(r"polling \S+ +([0-4])/4 +(\d+\.\d/s)? *(-:--:--|\d:\d\d:\d\d) (harbour\d)?", said)
    assert [each for each in shown if each[1] and each[2] != "-:--:--" and each[3]] != []
    assert "4 polled, 0 failed: 4 new, 0 edited" in said.rpartition("polling ")[2]
    assert "polling" not in command("poll").out
