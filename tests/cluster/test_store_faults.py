"""A database that restarts, is frozen, is cut off or fails over: no release is lost, none is stored twice."""

import dataclasses
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event

import pytest

from aggregator import storage as stores
from tests.cluster.offices import (
    begin_withdrawal,
    due_now,
    given_offices,
    given_offices_at,
    has_releases,
    is_whole,
    publish,
    work,
)
from tests.postgres import Server, proxy, server, standby
from tests.running import until
from tests.server import HttpServer

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

NODES = ("one", "two")


@pytest.mark.parametrize(
    ("how", "seconds"),
    [
        pytest.param("fast", 0, marks=pytest.mark.soak),
        ("immediate", 0),
        pytest.param("frozen", 60, marks=pytest.mark.soak),
        ("frozen", 1),
    ],
)
def test_polls_go_on_after_a_pause_of_the_database(
    tmp_path: Path, origin: HttpServer, how: str, seconds: int
) -> None:
    """A crash empties the queue, whose tables are unlogged: it is made anew."""
    with server(is_durable=True) as database, ExitStack() as stack:
        cluster = given_offices_at(database, tmp_path, origin)
        nodes = [work(cluster, stack, name) for name in NODES]
        has_releases(cluster, 1)
        publish(origin, 2)
        due_now(cluster)
        database.freeze() if how == "frozen" else database.stop(how)
        until(lambda: not any(node.is_ready() for node in nodes), seconds=60)
        withdrawal = begin_withdrawal(cluster)
        Event().wait(seconds)
        database.thaw() if how == "frozen" else database.start()
        has_releases(cluster, 2)
        if withdrawal.wait() != 0:
            assert begin_withdrawal(cluster).wait() == 0
        until(lambda: all(node.is_ready() for node in nodes))
        is_whole(cluster, 2, withdrawn=1)
        if how == "immediate":
            assert [node.metric("publicwire_store_away_times_total") for node in nodes] == [1, 1]


def test_the_server_ends_a_transaction_that_stands_still_before_others_give_up(
    postgres: Server, tmp_path: Path
) -> None:
    with closing(stores.open_storage(tmp_path, postgres.schema("stands_still"))) as storage:
        for shared in (False, True):
            with storage.engine.writing(shared=shared) as db:
                (limits,) = db.execute(
                    """SELECT current_setting('idle_in_transaction_session_timeout') AS idle,
                    current_setting('lock_timeout') AS waiting"""
                )
            assert (limits["idle"], limits["waiting"]) == ("4s", "7s")


@pytest.mark.parametrize("seconds", [3, pytest.param(30, marks=pytest.mark.soak)])
@pytest.mark.parametrize("half", ["requests", "answers"])
def test_a_node_that_is_cut_off_takes_no_work_and_others_go_on(
    postgres: Server, tmp_path: Path, origin: HttpServer, half: str, seconds: int
) -> None:
    """The packets of one direction are held, those of the other arrive."""
    cluster = given_offices_at(postgres, tmp_path, origin)
    with proxy(cluster.database) as between, ExitStack() as stack:
        cut = work(dataclasses.replace(cluster, database=between.url), stack, "cut")
        other = work(cluster, stack, "other")
        has_releases(cluster, 1)
        publish(origin, 2)
        due_now(cluster)
        between.holds_requests, between.holds_answers = half == "requests", half == "answers"
        until(lambda: not cut.is_ready(), seconds=60)
        withdrawal = begin_withdrawal(cluster)
        has_releases(cluster, 2)
        Event().wait(seconds)
        assert other.is_ready()
        between.holds_requests = between.holds_answers = False
        until(cut.is_ready, seconds=60)
        publish(origin, 3)
        due_now(cluster)
        has_releases(cluster, 3)
        assert withdrawal.wait() == 0
        is_whole(cluster, 3, withdrawn=1)


@pytest.mark.parametrize("rounds", [pytest.param(5, marks=pytest.mark.soak), 1])
def test_a_synchronous_standby_takes_over_without_loss(
    tmp_path: Path, origin: HttpServer, rounds: int
) -> None:
    for turn in range(rounds):
        (directory := tmp_path / str(turn)).mkdir()
        publish(origin, 1)
        with server(is_durable=True) as primary, standby(primary) as second, ExitStack() as stack:
            url = primary.schema("failover").replace(
                str(primary.directory), f"{primary.directory},{second.directory}"
            )
            cluster = given_offices(f"{url}&target_session_attrs=read-write", directory, origin)
            nodes = [work(cluster, stack, name) for name in NODES]
            has_releases(cluster, 1)
            publish(origin, 2)
            due_now(cluster)
            until(lambda: cluster.count("poll") > 30)  # noqa: B023
            primary.stop("immediate")
            withdrawal = begin_withdrawal(cluster)
            second.promote()
            has_releases(cluster, 2)
            if withdrawal.wait() != 0:
                assert begin_withdrawal(cluster).wait() == 0
            until(lambda: all(node.is_ready() for node in nodes))  # noqa: B023
            is_whole(cluster, 2, withdrawn=1)
