"""Alerts of a source: when each kind is raised, and when it is cleared."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError
from aggregator.model.alert import AlertKind
from aggregator.model.amendment import AmendedField
from aggregator.model.changes import Changes, Edit, NewItem, Placement
from aggregator.model.decision import State
from aggregator.model.document import Document, ReadResult
from aggregator.model.item import Item, Mode
from aggregator.model.poll import Claim, Outcome, OutcomeKind, PollResult, Relocation
from aggregator.model.schedule import Due, DueReason
from aggregator.model.settings import Source
from aggregator.model.stored import Knowledge
from aggregator.model.websub import Subscription, SubscriptionState
from aggregator.policy import embargo
from aggregator.policy.alerts import (
    EVENT_SHOWN_FOR,
    EVENTS,
    FAILING_MIN,
    FINDINGS_MIN,
    cleared,
    judged,
    raised,
    without_hosts,
)
from tests.given import DAY, HOUR, MINUTE, NOON, failed, source, succeeded
from tests.policy.polls import MINISTRY, NEW_CLAIM

CLAIM = Claim(1, "harbour", "https://harbour.example/feed", 1, Due(NOON), findings=FINDINGS_MIN)
OF_SERVICE = {
    AlertKind(each)
    for each in ("configuration", "clock", "held", "backup", "disk", "workers", "webhook", "look")
}
NOT_OF_POLLS = {*EVENTS, AlertKind.WITHDRAWALS, *OF_SERVICE}
NOTHING = {kind: "" for kind in AlertKind if kind not in NOT_OF_POLLS}
BACK_OFF = Due(NOON + HOUR, DueReason.BACK_OFF, wait=HOUR, cause=Cause.NETWORK, failures=1)
CAPPED = Due(NOON + 7 * DAY, DueReason.ORIGIN_WAIT, wait=7 * DAY, basis=30 * DAY)
SUBSCRIPTION = Subscription(
    number=1,
    source="harbour",
    hub="https://hub.example/",
    topic="https://harbour.example/feed",
    token="t",
    secret="s",
    state=SubscriptionState.BROKEN,
    since=NOON - DAY,
    due=NOON + DAY,
    breaks=1,
    reason="it kept silent",
)


def fine(
    claim: Claim = CLAIM,
    *,
    new: int = 0,
    relocation: Relocation | None = None,
    hub: Subscription | None = None,
) -> Mapping[AlertKind, str]:
    """Judge a successful poll, after which the source has this relocation and this hub."""
    outcome = Outcome("harbour", OutcomeKind.CHANGED if new else OutcomeKind.NOT_MODIFIED, NOON, 0.1, new=new)
    after = replace(claim, relocation=relocation or claim.relocation, subscription=hub)
    return judged(PollResult(claim, after, outcome, Due(NOON + HOUR), feed_title=""))


def fails(
    cause: Cause = Cause.NETWORK,
    *,
    times: int = 1,
    since: datetime | None = None,
    due: Due = BACK_OFF,
) -> Mapping[AlertKind, str]:
    """Judge a failed poll, the last of `times` in a row."""
    outcome = Outcome("harbour", OutcomeKind.FAILED, NOON, 0.1, cause=cause, message="no route")
    after = replace(CLAIM, failures=times, failing_since=since)
    return judged(PollResult(CLAIM, after, outcome, due))


def test_a_message_names_no_host_of_an_erased_item() -> None:
    message = "links have left: a to x.example, b to y.example; see `publicwire show a`"
    assert without_hosts(message, ["a"]) == "links have left: a, b to y.example; see `publicwire show a`"
    assert without_hosts(message, ["c"]) == without_hosts(message, []) == message


def test_a_successful_poll_clears_every_alert_that_it_disproves() -> None:
    assert fine() == NOTHING


def test_a_source_that_nodes_die_of_is_in_quarantine_at_once() -> None:
    assert fails(Cause.POISON) == {
        AlertKind.POISON: "in quarantine, tried again in a day: no route",
    }


@pytest.mark.parametrize(
    ("times", "since", "is_raised"),
    [
        (1, NOON - DAY, False),
        (2, NOON - DAY, False),
        (3, NOON - FAILING_MIN + MINUTE, False),
        (3, NOON - FAILING_MIN, True),
        (9, None, False),
    ],
)
def test_failing_takes_several_failures_over_some_hours(
    times: int, since: datetime | None, is_raised: bool
) -> None:
    message = "failed 3 times in a row since 2026-03-02 06:00 UTC: no route"
    assert fails(times=times, since=since) == ({AlertKind.FAILING: message} if is_raised else {})


def test_blocked_as_a_robot_is_raised_the_second_time() -> None:
    assert fails(Cause.BLOCKED, times=1, since=NOON) == {}
    assert fails(Cause.BLOCKED, times=2, since=NOON - HOUR) == {
        AlertKind.BLOCKED: "blocked as a robot 2 times in a row since 2026-03-02 11:00 UTC, "
        "ask its operator for access: no route"
    }


def test_gone_is_raised_at_once() -> None:
    assert fails(Cause.GONE) == {AlertKind.GONE: "its origin answers 410 (gone), no longer polled: no route"}


def test_a_poll_without_a_request_changes_no_alert() -> None:
    assert fails(Cause.RATE_LIMITED, times=9, since=NOON - DAY, due=CAPPED) == {}


def test_a_wait_longer_than_is_granted_is_raised() -> None:
    assert fails(Cause.HTTP, due=CAPPED) == {
        AlertKind.WAITING: "origin asked to wait 30 d, 7 d granted: no route"
    }


def test_a_relocation_is_raised_with_its_cure_until_the_address_is_configured() -> None:
    moved = Relocation(at="https://new.example/feed", since=NOON)
    message = (
        "moved for good, polled at https://new.example/feed since 2026-03-02: "
        "write `id: harbour` and `feed: https://new.example/feed` in sources.yaml, or `publicwire unmove harbour`"
    )
    before = replace(CLAIM, relocation=moved)
    assert fine(relocation=moved)[AlertKind.MOVED] == fine(before)[AlertKind.MOVED] == message
    assert fine(before, relocation=Relocation(refused=("https://new.example/feed",)))[AlertKind.MOVED] == ""


@pytest.mark.parametrize(
    ("gap", "silence", "message"),
    [
        (HOUR, 4 * DAY, ""),
        (HOUR, 5 * DAY, "nothing new since 2026-02-25, though it answers; usual gap between releases: 1 h"),
        (3 * DAY, 29 * DAY, ""),
        (
            3 * DAY,
            30 * DAY,
            "nothing new since 2026-01-31, though it answers; usual gap between releases: 3 d",
        ),
    ],
)
def test_quiet_is_many_usual_gaps_and_more_than_a_long_week_end(
    gap: timedelta, silence: timedelta, message: str
) -> None:
    claim = replace(CLAIM, usual_gap=gap, last_new=NOON - silence)
    assert fine(claim)[AlertKind.QUIET] == message
    assert fine(claim, new=1)[AlertKind.QUIET] == ""


def test_a_source_without_a_history_is_never_quiet() -> None:
    assert fine(replace(CLAIM, last_new=NOON - 900 * DAY))[AlertKind.QUIET] == ""
    assert fine(replace(CLAIM, usual_gap=HOUR))[AlertKind.QUIET] == ""
    known = replace(CLAIM, usual_gap=HOUR, last_new=NOON - 900 * DAY)
    assert fine(replace(known, findings=FINDINGS_MIN - 1))[AlertKind.QUIET] == ""
    assert fine(known)[AlertKind.QUIET] != ""


@pytest.mark.parametrize(
    ("hub", "message"),
    [
        (SUBSCRIPTION, "its hub is broken, polled at the usual interval: it kept silent"),
        # While it is tried again: the alert is over once the hub has announced something.
        (
            replace(SUBSCRIPTION, state=SubscriptionState.ACTIVE, reason=""),
            "its hub is broken, polled at the usual interval: it did not announce a release",
        ),
        (replace(SUBSCRIPTION, breaks=0), ""),
        (replace(SUBSCRIPTION, state=SubscriptionState.LEAVING), ""),
        (None, ""),
    ],
)
def test_a_broken_hub_is_raised_with_its_reason(hub: Subscription | None, message: str) -> None:
    assert fine(hub=hub)[AlertKind.HUB] == message


# ---- against the alerts that are open


def test_an_alert_is_raised_once() -> None:
    failing = replace(CLAIM, failures=2, failing_since=NOON - DAY)
    message = "failed 3 times in a row since 2026-03-01 12:00 UTC: no route"
    assert failed(failing, NOON).raised == ((AlertKind.FAILING, message),)
    is_open = replace(failing, open_alerts={AlertKind.FAILING: NOON})
    result = failed(is_open, NOON)
    assert (result.raised, result.cleared) == ((), ())


def test_an_alert_is_cleared_only_by_a_poll_that_judges_its_kind() -> None:
    is_open = replace(CLAIM, open_alerts={AlertKind.FAILING: NOON, AlertKind.QUIET: NOON})
    of = source("harbour", feed=CLAIM.feed)
    assert set(succeeded(is_open, of).cleared) == {AlertKind.FAILING, AlertKind.QUIET}
    assert succeeded(is_open, of).raised == ()
    assert failed(is_open, NOON, FetchError("gone", cause=Cause.GONE, status=410)).cleared == ()


# ---- events


def edited(claim: Claim, *edits: Edit) -> PollResult:
    """A successful poll of the harbour that edits these items."""
    changes = Changes(Knowledge("releases.example,2026-03-02"), Mode.NORMAL, edits=edits)
    return replace(succeeded(claim, source("harbour", feed=CLAIM.feed)), changes=changes)


def edit(number: int, **more: object) -> Edit:
    plain = Edit(
        number,
        Item(keys=(), title="Storm", url="https://phish.example/a"),
        substantive=True,
        updated=NOON,
        id=f"item{number}",
    )
    return replace(plain, **more)  # the caller names fields of Edit


def test_an_item_whose_new_version_waits_is_still_shown_in_its_story() -> None:
    assert AlertKind.STORY in judged(edited(CLAIM, edit(1, parts=True)))
    assert AlertKind.STORY not in judged(edited(CLAIM, edit(1, parts=True, waits=True)))


def test_edits_of_what_the_desk_has_amended_are_named() -> None:
    fields = (AmendedField.HEADLINE, AmendedField.LANGUAGE)
    message = judged(edited(CLAIM, edit(1), edit(2, conflicts=fields)))[AlertKind.AMENDED]
    assert message == (
        "its origin has edited what you have amended: headline, language of item2; your words stay shown, "
        "see `publicwire show item2` and amend it anew or `--clear` it"
    )
    assert AlertKind.AMENDED not in judged(edited(CLAIM, edit(1)))


def test_embargo_lines_that_cannot_be_read_are_named() -> None:
    unread = Placement(State.HELD, None, NOON, embargo.UNREAD, dated=True)
    message = judged(edited(CLAIM, edit(1, placement=unread)))[AlertKind.EMBARGO]
    assert message.startswith("embargo lines have no date that can be read, their items are held until you")
    assert "item1" in message
    assert AlertKind.EMBARGO not in judged(edited(CLAIM, edit(1)))


def test_links_that_left_the_domains_and_parted_items_are_named_up_to_five() -> None:
    found = judged(edited(CLAIM, *(edit(n, leaves_home=True, parts=n == 1) for n in range(7))))
    assert (
        found[AlertKind.LINK]
        == "links of its items have left its domains: "
        + ", ".join(f"item{n} to phish.example" for n in range(5))
        + " and 2 more; see `publicwire show item0`"
    )
    assert found[AlertKind.STORY].endswith("shown apart: item1; see `publicwire show item1`")


def placed(release: datetime | None, flags: tuple[str, ...] = ()) -> Placement:
    return Placement(State.HELD, release, NOON, flags=flags, dated=True)


def test_each_date_too_far_ahead_is_raised_at_once() -> None:
    claim = replace(CLAIM, open_alerts={AlertKind.DISTANT: NOON - MINUTE, AlertKind.AHEAD: NOON - MINUTE})
    found = judged(edited(claim, edit(1, placement=placed(None)), edit(2)))
    assert raised(found, claim.open_alerts) == (
        (
            AlertKind.DISTANT,
            "items are dated more than 30 days ahead and held until you decide: item1; `publicwire release "
            "item1` publishes one now, `publicwire hold item1 --until DATE --reason WHY` at another time",
        ),
    )


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "items are held until their dates, which are ahead: item1; "),
        (
            ("unknown-zone",),
            "items are held until their dates, which are ahead in the latest reading of an unknown zone (UTC-12) "
            "or month: ",
        ),
    ],
)
def test_items_held_until_their_dates_are_raised_once_a_day(flags: tuple[str, ...], words: str) -> None:
    moved = edit(1, placement=placed(NOON + DAY, flags))
    assert judged(edited(CLAIM, moved))[AlertKind.AHEAD].startswith(words)
    told = replace(CLAIM, open_alerts={AlertKind.AHEAD: NOON - MINUTE})
    assert AlertKind.AHEAD not in judged(edited(told, moved))


def test_no_setting_and_no_release_that_breaks_a_stated_embargo_is_proposed() -> None:
    lined = Item(keys=(), title="Storm", url="https://harbour.example/a", embargo=NOON + DAY)
    stated, dated = edit(1, placement=placed(NOON + DAY), item=lined), edit(2, placement=placed(NOON + DAY))
    breaks = "an embargo that has not ended is stated by item1: an earlier release breaks it"
    for edits, words in (
        ((stated,), f"item1; {breaks}"),
        ((stated, dated), f"item1, item2; `publicwire release item2` publishes one now; {breaks}"),
    ):
        message = judged(edited(CLAIM, *edits))[AlertKind.AHEAD]
        assert message == f"items are held until their dates, which are ahead: {words}"
    ended = replace(dated, item=replace(lined, embargo=NOON))
    assert "`embargo: clamp`" in judged(edited(CLAIM, ended))[AlertKind.AHEAD]


def test_copies_of_withdrawn_releases_are_named_with_the_cure() -> None:
    found = judged(edited(CLAIM, edit(1, copy_of="gone"), edit(2)))
    assert found[AlertKind.COPY] == (
        "held as copies of withdrawn releases: item1 of gone; "
        "`publicwire release item1` publishes one, and its later edits"
    )
    assert AlertKind.COPY not in judged(edited(CLAIM, edit(2)))


def test_new_items_in_their_veto_window_are_named_with_the_time_of_the_first() -> None:
    def new(number: int, placement: Placement) -> NewItem:
        item = Item(keys=(), title="Storm", url="https://harbour.example/a")
        return NewItem(item, f"item{number}", "tag:", placement, NOON)

    window = Placement(State.HELD, NOON + 2 * HOUR, NOON, reason=embargo.VETO, dated=True)
    changes = Changes(
        Knowledge("releases.example,2026-03-02"),
        Mode.NORMAL,
        new=(
            new(1, replace(window, release=NOON + 3 * HOUR)),
            new(2, window),
            new(3, Placement(State.LIVE, None, NOON)),
        ),
    )
    result = replace(succeeded(CLAIM, source("harbour", feed=CLAIM.feed)), changes=changes)
    assert judged(result)[AlertKind.VETO] == (
        "go live by themselves, the first at 2026-03-02 14:00 UTC: item2, item1; "
        "`publicwire hold item2 --reason WHY` stops one"
    )
    assert AlertKind.VETO not in judged(replace(result, changes=replace(changes, new=changes.new[2:])))


def test_an_event_that_happens_again_is_raised_anew() -> None:
    claim = replace(CLAIM, open_alerts={AlertKind.LINK: NOON - DAY})
    found = judged(edited(claim, edit(1, leaves_home=True)))
    assert [kind for kind, _ in raised(found, claim.open_alerts)] == [AlertKind.LINK]
    assert cleared(found, claim.open_alerts) == (AlertKind.LINK,)


@pytest.mark.parametrize(("age", "is_over"), [(EVENT_SHOWN_FOR - MINUTE, False), (EVENT_SHOWN_FOR, True)])
def test_an_event_is_shown_for_a_week(age: timedelta, is_over: bool) -> None:
    claim = replace(CLAIM, open_alerts={AlertKind.STORY: NOON - age})
    result = succeeded(claim, source("harbour", feed=CLAIM.feed))
    assert result.cleared == ((AlertKind.STORY,) if is_over else ())


def test_a_changed_title_of_a_feed_changes_nothing_and_raises_an_alert() -> None:
    first = titled(NEW_CLAIM, "Ministry news")
    assert (first.after.title, judged(first)[AlertKind.RENAMED]) == ("Ministry news", "")
    renamed = titled(first.after, "World Authority")
    assert renamed.after.title == "Ministry news"
    assert not renamed.is_feed_changed
    assert dict(renamed.raised)[AlertKind.RENAMED] == (
        "its feed calls itself 'World Authority', published is 'Ministry news': "
        "write `organisation:` at source ministry in sources.yaml to change that"
    )
    opened = replace(renamed.after, open_alerts={AlertKind.RENAMED: NOON - DAY})
    assert AlertKind.RENAMED in titled(opened, "Ministry news").cleared
    assert AlertKind.RENAMED not in judged(succeeded(opened, MINISTRY))


def test_a_feed_without_a_title_is_named_for_good_by_its_source() -> None:
    first = titled(NEW_CLAIM, "", replace(MINISTRY, organisation=""))
    assert (first.after.title, judged(first)[AlertKind.RENAMED]) == ("ministry", "")
    assert judged(titled(first.after, "World Authority"))[AlertKind.RENAMED]


def titled(claim: Claim, title: str, of: Source = MINISTRY) -> PollResult:
    """The poll whose document has this title."""
    read = ReadResult(Document("rss20", title=title), ())
    return succeeded(claim, of, read=(read, Knowledge("ministry.example,2026-01-01")))
