"""`unmove`, and the display of a moved source; also beside a running service."""

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator import config as configuration
from aggregator.model.document import Fetched
from aggregator.model.poll import Relocation
from aggregator.service.app import utc_now
from tests.cli.conftest import PRESS, Command
from tests.engines import open_storage
from tests.given import succeeded
from tests.running import Site, given_a_site, until
from tests.server import answer, http_server_in_thread

NEW = "https://new.example/feed"


def given_a_move(here: Site, to: str) -> None:
    """Record a move of the site's only source."""
    config = configuration.load(here.config)
    now = utc_now()
    with closing(open_storage(config.store)) as storage:
        storage.admin.sync(config, now)
        (claim,) = storage.polls.claim(now, limit=1, lease=timedelta(hours=1))
        moved = replace(claim, relocation=Relocation(at=to, since=now))
        source = config.source(claim.id)
        assert source is not None
        fetched = Fetched(to, 304, None)
        storage.polls.record(replace(succeeded(moved, source, now, fetched=fetched), claim=claim))


def test_sources_shows_a_relocation_and_its_undo_command(here: Site, command: Command) -> None:
    given_a_move(here, f"{NEW}?token=secret&lang=en")
    (source,) = json.loads(command("sources", "--json").out)
    assert (source["moved_to"], source["moved"], bool(source["moved_since"])) == (
        f"{NEW}?token=…&lang=…",
        True,
        True,
    )
    assert [each["kind"] for each in source["alerts"]] == ["moved"]
    out = command("sources").out
    assert "alert: harbour (moved, since " in out
    told = "".join(out.split())
    assert "publicwireunmoveharbour" in told
    assert "secret" not in told


def test_unmove_goes_back_once(here: Site, command: Command) -> None:
    given_a_move(here, NEW)
    said = command("unmove", "harbour")
    assert (said.code, said.complaints) == (0, [])
    assert said.out == f"harbour is polled at its configured URL again; {NEW} is never adopted unasked\n"
    (source,) = json.loads(command("sources", "--json").out)
    assert (source["moved_to"], source["why"]) == ("", "its relocation was taken back")
    again = command("unmove", "harbour")
    assert (again.code, again.complaints) == (
        2,
        ["publicwire: harbour has not moved: it is polled at its configured address"],
    )


@pytest.mark.usefixtures("engine")
def test_unmove_beside_a_running_service_has_the_configured_address_polled_at_once(tmp_path: Path) -> None:
    moved = given_a_site(tmp_path)
    with http_server_in_thread() as harbour:
        harbour.answers = dict.fromkeys(("/feed", "/new"), answer(body=PRESS))
        moved.sources({"harbour": harbour.url("/feed")})
        given_a_move(moved, harbour.url("/new"))
        with moved.serving() as service:
            assert moved.run("poll", "harbour").returncode == 0
            assert harbour.paths == ["/new"]
            assert "publicwire unmove harbour" in service.status()
            assert moved.run("unmove", "harbour").returncode == 0
            until(lambda: harbour.paths == ["/new", "/feed"])
            until(lambda: "publicwire unmove" not in service.status())
