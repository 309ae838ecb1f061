"""Contract of the ClusterStore: passes over hosts, deaths of nodes, shares, and versions of the configuration."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, LeaseLost, Outdated, PollError
from aggregator.model.alert import AlertKind
from aggregator.model.cluster import Beat, Delivery, Role
from aggregator.model.poll import Claim
from aggregator.policy.schedule import POISON_AT
from aggregator.storage import Storage
from tests.engines import execute
from tests.given import DAY, HOUR, MINUTE, NOON, config, failed, source, succeeded

HOST = "host.example"
LEASE = 2 * MINUTE


def beat(name: str) -> Beat:
    return Beat(name, Role.WORK, "1", 1, timedelta(), 0, 0, 0, NOON)


def given_sources(storage: Storage, *names: str) -> None:
    sources = [source(name, feed=f"https://{HOST}/{name}") for name in names]
    storage.admin.sync(config(*sources, source("other")), NOON)


def begin(storage: Storage, job: int, node: str, limit: int = 10) -> tuple[Claim, ...]:
    begun = storage.cluster.begin_pass(Delivery(job, HOST), node, NOON, limit=limit, lease=LEASE)
    assert begun is not None
    return begun.claims


def silence(storage: Storage, node: str) -> None:
    execute(storage.engine.directory, f"UPDATE node SET beat = beat - 60000 WHERE name = '{node}'")


def test_a_pass_claims_due_sources_of_its_host_and_no_other_pass_has_them(storage: Storage) -> None:
    given_sources(storage, "a", "b", "c")
    assert storage.cluster.due_hosts(NOON, 10) == (HOST, "other.example")
    first = begin(storage, 1, "one", limit=2)
    assert [claim.id for claim in first] == ["a", "b"]
    last = storage.cluster.go_on(HOST, NOON, limit=10, lease=LEASE)
    assert [claim.id for claim in last.claims] == ["c"]
    assert (last.hosts, last.has_more) == ((), False)
    assert begin(storage, 2, "two") == ()
    assert storage.cluster.due_hosts(NOON, 10) == ("other.example",)
    assert storage.cluster.due_hosts(NOON + LEASE + MINUTE, 1) == (HOST,)  # a queue that is lost is made anew


def test_a_job_of_a_live_node_is_not_run_twice(storage: Storage) -> None:
    given_sources(storage, "a")
    storage.cluster.report(beat("one"))
    (claim,) = begin(storage, 1, "one")
    for _ in range(400):
        again = storage.cluster.begin_pass(Delivery(1, HOST), "two", NOON, limit=9, lease=LEASE)
        assert again is None
    storage.polls.record(succeeded(claim, source("a", feed=claim.feed)))


def test_a_job_of_a_dead_node_is_taken_over_and_its_commit_rejected(storage: Storage) -> None:
    given_sources(storage, "a")
    storage.cluster.report(beat("one"))
    (dead,) = begin(storage, 1, "one")
    silence(storage, "one")
    (claim,) = begin(storage, 1, "two")
    assert claim.lost == 1
    polled = source("a", feed=claim.feed)
    with pytest.raises(LeaseLost):
        storage.polls.record(succeeded(dead, polled))
    storage.polls.record(succeeded(claim, polled))
    (claim,) = storage.polls.claim(NOON + DAY, limit=1, lease=LEASE, ids=["a"])
    assert claim.lost == 0


def test_a_pass_that_its_own_node_has_left_counts_no_death(storage: Storage) -> None:
    given_sources(storage, "a")
    begin(storage, 1, "one")
    assert [claim.lost for claim in begin(storage, 1, "one")] == [0]


def test_suspects_come_last_and_alone(storage: Storage) -> None:
    """Of three sources under way when nodes die, only the one that kills them dies of each."""
    given_sources(storage, "a", "b", "poison")
    for death in range(POISON_AT):
        node = f"n{death}"
        claims = begin(storage, 1, node)
        while [claim.id for claim in claims] != ["poison"] and claims and death:
            for claim in claims:  # one at a time
                storage.polls.record(succeeded(claim, source(claim.id, feed=claim.feed)))
            claims = storage.cluster.go_on(HOST, NOON, limit=10, lease=LEASE).claims
    (claim,) = begin(storage, 1, "last")
    assert (claim.id, claim.lost) == ("poison", POISON_AT)


def test_a_quarantined_source_is_tried_again_in_a_day_and_one_more_death_puts_it_back(
    storage: Storage,
) -> None:
    given_sources(storage, "a")
    (claim,) = begin(storage, 1, "one")
    poison = PollError("nodes died while they polled it", cause=Cause.POISON)
    storage.polls.record(failed(claim, NOON, poison))
    (alert,) = storage.tasks.alerts()
    assert (alert.source, alert.kind) == ("a", AlertKind.POISON)
    assert storage.cluster.due_hosts(NOON + 23 * HOUR, 5) == ("other.example",)
    (claim,) = storage.polls.claim(NOON + 2 * DAY, limit=1, lease=LEASE, ids=["a"])
    assert claim.lost == POISON_AT - 1
    storage.polls.record(succeeded(claim, source("a", feed=claim.feed)))
    assert storage.tasks.alerts() == ()


def test_nodes_share_work_out_and_take_it_over_from_a_silent_one(storage: Storage) -> None:
    names, lease = ("chores", "hub"), timedelta(milliseconds=1)
    _, first = storage.cluster.report(beat("one"), names, MINUTE)
    _, second = storage.cluster.report(beat("two"), names, MINUTE)
    assert first == {"chores"}
    assert second == {"hub"}
    assert storage.cluster.report(beat("three"), names, MINUTE)[1] == frozenset()
    storage.cluster.leave("two")
    assert storage.cluster.report(beat("one"), names, lease)[1] == {"chores", "hub"}
    execute(storage.engine.directory, "UPDATE share SET until = 0")
    assert storage.cluster.report(beat("three"), names, MINUTE)[1] == {"chores"}
    assert [node.beat.name for node in storage.cluster.nodes()] == ["one", "three"]


def test_a_node_is_known_by_what_it_reports(storage: Storage) -> None:
    told = Beat("one", Role.WEB, "2", 3, timedelta(seconds=-2), 4, 5, 6, NOON, "the clock is off")
    storage.cluster.report(told)
    (node,) = storage.cluster.nodes()
    assert node.beat == told
    assert node.silent < MINUTE


def test_a_configuration_is_a_version_and_the_same_text_is_none(storage: Storage) -> None:
    assert storage.cluster.newest_version() == 0
    assert storage.cluster.version(1) is None
    number, done = storage.cluster.apply(config(source("a")), "one", NOON)
    assert number == 1
    assert len(done) == 1
    assert storage.cluster.apply(config(source("a")), "one", NOON) == (1, ())
    assert storage.cluster.apply(config(source("b")), "two", NOON, on=1)[0] == 2
    with pytest.raises(Outdated, match="version 2 of the configuration is in force, not 1"):
        storage.cluster.apply(config(source("c")), "three", NOON, on=1)
    found = storage.cluster.version(storage.cluster.newest_version())
    assert found is not None
    assert (found.number, found.text, found.applied) == (2, "two", NOON)


def test_polls_are_committed_together_or_not_at_all(storage: Storage) -> None:
    given_sources(storage, "a", "b")
    first, second = begin(storage, 1, "one")
    results = [succeeded(each, source(each.id, feed=each.feed)) for each in (first, second)]
    storage.polls.release([second])
    with pytest.raises(Outdated):
        storage.polls.record_all(results)
    assert all(health.last is None for health in storage.overview.health())
    storage.polls.record_all(results[:1])
    assert [health.feed.id for health in storage.overview.health() if health.last] == ["a"]


def test_polls_committed_together_write_what_each_of_them_changed(storage: Storage) -> None:
    given_sources(storage, "a", "b", "c")
    claims = begin(storage, 1, "one")
    results = [succeeded(each, source(each.id, feed=each.feed)) for each in claims]
    results[1] = replace(results[1], after=replace(results[1].after, failures=3))
    storage.polls.record_all(results)
    again = {each.id: each for each in storage.polls.claim(NOON + DAY, limit=9, lease=LEASE)}
    assert [again[name].failures for name in "abc"] == [0, 3, 0]
    assert all(again[each.claim.id].due == each.due for each in results)


def test_polls_of_a_dead_node_are_not_committed_together(storage: Storage) -> None:
    given_sources(storage, "a", "b")
    storage.cluster.report(beat("one"))
    dead = [succeeded(each, source(each.id, feed=each.feed)) for each in begin(storage, 1, "one")]
    silence(storage, "one")
    (claim,) = begin(storage, 1, "two", limit=1)
    with pytest.raises(Outdated):
        storage.polls.record_all(dead[:1])
    storage.polls.record(succeeded(claim, source(claim.id, feed=claim.feed)))


def test_polls_whose_source_became_due_otherwise_are_not_committed_together(storage: Storage) -> None:
    given_sources(storage, "a", "b")
    results = [succeeded(each, source(each.id, feed=each.feed)) for each in begin(storage, 1, "one")]
    storage.polls.poll_soon(["b"], NOON + MINUTE)
    with pytest.raises(Outdated):
        storage.polls.record_all(results)
    for each in results:
        storage.polls.record(each)
