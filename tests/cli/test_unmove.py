"""`unmove`, and what is told of a source that has moved; also beside a running service."""

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from aggregator import config as configuration
from aggregator.model import Outcome, Poll, Relocation
from aggregator.service.app import utc_now
from aggregator.storage import open_storage
from tests.cli.conftest import PRESS, Command
from tests.running import Site, origin, site, until

NEW = "https://new.example/feed"


def given_a_move(here: Site, to: str) -> None:
    """The store of the site, in which its one source has moved."""
    config = configuration.load(here.config)
    now = utc_now()
    with closing(open_storage(config.store)) as storage:
        storage.sync(config, now)
        (claim,) = storage.claim(now, limit=1, lease=timedelta(hours=1))
        outcome = Outcome(claim.id, "unchanged", now, 0.1, why="every 1 h")
        storage.record(Poll(claim, outcome, now + timedelta(hours=1), move=Relocation(at=to, since=now)))


def test_sources_say_where_one_has_moved_and_what_to_do(here: Site, command: Command) -> None:
    given_a_move(here, f"{NEW}?token=secret&lang=en")
    (source,) = json.loads(command("sources", "--json").out)
    assert (source["moved_to"], source["moved"], bool(source["moved_since"])) == (
        f"{NEW}?lang=en",
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
    assert (source["moved_to"], source["why"]) == ("", "its move was taken back")
    again = command("unmove", "harbour")
    assert (again.code, again.complaints) == (
        2,
        ["publicwire: harbour has not moved: it is polled at its configured address"],
    )


def test_unmove_beside_a_running_service_has_the_configured_address_polled_at_once(tmp_path: Path) -> None:
    moved = site(tmp_path)
    with origin() as harbour:
        harbour.documents = {"/feed": PRESS, "/new": PRESS}
        moved.sources({"harbour": harbour.url("/feed")})
        given_a_move(moved, harbour.url("/new"))
        with moved.serving() as service:
            assert moved.run("poll", "harbour").returncode == 0
            assert harbour.asked == ["/new"]
            assert "publicwire unmove harbour" in service.status()
            assert moved.run("unmove", "harbour").returncode == 0
            until(lambda: harbour.asked == ["/new", "/feed"])
            until(lambda: "publicwire unmove" not in service.status())
