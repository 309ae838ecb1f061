"""What every store does with hosts that ask to be left alone, and with sources that fail."""

from dataclasses import replace
from datetime import timedelta

from aggregator.model import Claim, Health, HostLimit, Outcome, Poll, Relocation
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, config, failed, source

HARBOUR = source("harbour", feed="https://press.example/harbour.xml")
PILOTS = source("pilots", feed="https://PRESS.example:8443/pilots.xml")
OTHER = source("other", feed="https://other.example/press.example.xml")
BUSY = HostLimit("press.example", NOON + DAY, "origin asked to wait 24 h, with all of press.example")


def claimed(storage: Storage, name: str) -> Claim:
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=[name])
    return claim


def health(storage: Storage, name: str) -> Health:
    return next(each for each in storage.health() if each.feed.id == name)


def due(storage: Storage) -> dict[str, timedelta]:
    return {each.feed.id: each.due - NOON for each in storage.health() if each.due}


def answers(
    storage: Storage, claim: Claim, *, rest: HostLimit | None = None, move: Relocation | None = None
) -> None:
    kind = "failed" if rest else "unchanged"
    why = rest.why if rest else "because"
    outcome = Outcome(claim.id, kind, NOON, 0.1, cause="http" if rest else "", why=why)
    storage.record(Poll(claim, outcome, rest.until if rest else NOON + HOUR, rest=rest, move=move))


def given(storage: Storage) -> None:
    storage.sync(config(HARBOUR, PILOTS, OTHER), NOON)


def test_a_host_that_asks_to_be_left_alone_is_by_all_its_sources_and_no_other(storage: Storage) -> None:
    given(storage)
    answers(storage, claimed(storage, "harbour"), rest=BUSY)
    assert due(storage) == {"harbour": DAY, "pilots": DAY, "other": timedelta(0)}
    assert health(storage, "pilots").why == BUSY.why


def test_those_are_left_alone_whose_origins_asked_for_it_until_then(storage: Storage) -> None:
    given(storage)
    answers(storage, claimed(storage, "harbour"), rest=BUSY)
    assert storage.rate_limited(NOON) == ("harbour", "pilots")
    assert storage.rate_limited(NOON + DAY) == ()


def test_a_poll_that_was_under_way_does_not_end_the_rest(storage: Storage) -> None:
    given(storage)
    under_way = claimed(storage, "pilots")
    answers(storage, claimed(storage, "harbour"), rest=BUSY)
    answers(storage, under_way)
    assert due(storage)["pilots"] == DAY


def test_what_is_due_later_or_asked_for_by_the_operator_is_not_put_off(storage: Storage) -> None:
    given(storage)
    answers(storage, claimed(storage, "pilots"), rest=replace(BUSY, until=NOON + 2 * DAY))
    storage.poll_soon(["harbour"], NOON)
    answers(storage, claimed(storage, "other"), rest=BUSY)
    assert due(storage) == {"harbour": timedelta(0), "pilots": 2 * DAY, "other": DAY}


def test_a_source_that_comes_to_a_host_that_rests_waits_with_the_others(storage: Storage) -> None:
    given(storage)
    storage.record(failed(claimed(storage, "other"), NOON))
    answers(storage, claimed(storage, "harbour"), rest=BUSY)
    new, moved = source("new", feed="https://press.example/new.xml"), replace(OTHER, feed=HARBOUR.feed + "2")
    sooner, back = replace(PILOTS, every=MINUTE), config(HARBOUR, replace(PILOTS, every=MINUTE), moved, new)
    storage.sync(config(sooner, moved, new), NOON)
    storage.sync(back, NOON)
    assert due(storage) == dict.fromkeys(("harbour", "pilots", "other", "new"), DAY)
    assert health(storage, "new").why == BUSY.why
    storage.sync(config(*back.sources, source("late", feed="https://press.example/late.xml")), NOON + 2 * DAY)
    assert due(storage)["late"] == 2 * DAY


def test_a_source_that_has_moved_rests_with_its_new_host(storage: Storage) -> None:
    given(storage)
    answers(
        storage, claimed(storage, "other"), move=Relocation(at="https://press.example/other.xml", since=NOON)
    )
    answers(storage, claimed(storage, "harbour"), rest=BUSY)
    assert due(storage)["other"] == DAY
    storage.unmove("other", NOON)
    answers(storage, claimed(storage, "harbour"), rest=replace(BUSY, until=NOON + 2 * DAY))
    assert due(storage)["other"] == timedelta(0)


def test_a_poll_that_asked_nobody_counts_as_no_failure(storage: Storage) -> None:
    given(storage)
    storage.record(failed(claimed(storage, "harbour"), NOON))
    outcome = Outcome("harbour", "failed", NOON, 0.1, cause="rests")
    storage.record(Poll(claimed(storage, "harbour"), outcome, NOON + MINUTE))
    assert claimed(storage, "harbour").failures == 1


def test_each_host_is_asked_about_in_turn_until_there_are_enough(storage: Storage) -> None:
    given(storage)
    storage.record(failed(claimed(storage, "harbour"), NOON))
    later, asked = NOON + 2 * HOUR, list[str]()

    def may(host: str) -> bool:
        asked.append(host)
        return host == "press.example"

    claims = storage.claim(later, limit=1, lease=HOUR, admit=may)
    assert [(claim.id, claim.host) for claim in claims] == [("pilots", "press.example")]
    assert asked == ["press.example"]  # and the others were not reached
    claims = storage.claim(later, limit=9, lease=HOUR, admit=may)
    assert [claim.id for claim in claims] == ["harbour"]
    assert asked == ["press.example", "other.example", "press.example"]
    assert storage.claim(later, limit=9, lease=HOUR, admit=may) == ()
