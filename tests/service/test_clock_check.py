"""After a start held items go live once the clock is checked, or confirmed."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.document import Fetched
from aggregator.model.settings import Config
from aggregator.service.clock_check import ClockCheck
from aggregator.service.releases import Releases
from aggregator.storage import Storage
from tests.engines import open_storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, config, entry, iso, source, titles

pytestmark = pytest.mark.usefixtures("engine")

OFFICES = tuple(source(name) for name in ("ministry", "agency", "office", "harbour"))
SECOND = timedelta(seconds=1)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    with closing(open_storage(tmp_path)) as opened:
        opened.admin.sync(config(*OFFICES), NOON)
        yield opened


def check_of(storage: Storage, of: Config | None = None, ran: list[float] | None = None) -> ClockCheck:
    """The check of a service that has just started; `ran` are the seconds that have passed."""
    seconds = ran if ran is not None else [0.0]
    return ClockCheck(storage, lambda: of or config(*OFFICES), monotonic=lambda: seconds[0])


def hear(
    check: ClockCheck, host: str, says: datetime, now: datetime = NOON, *, redirected_to: str = ""
) -> None:
    feed = f"https://{host}.example/feed"
    headers = (("date", format_datetime(says, usegmt=True)),)
    check.hear(feed, Fetched(redirected_to or feed, 304, None, headers=headers), now)


def test_held_items_wait_for_two_of_three_hosts(storage: Storage) -> None:
    origin = SourceDriver(storage, OFFICES[0])
    origin.says(now=NOON - HOUR)
    origin.says(entry("Figures", "f", published=iso(NOON + MINUTE)), now=NOON)
    check, releases, at = check_of(storage), Releases(storage), NOON + HOUR
    hear(check, "ministry", at - DAY, at)
    hear(check, "ministry", at, at)  # the same host does not answer twice
    hear(check, "agency", at + MINUTE, at)
    releases.all(at, releases_held=check(at))
    assert (storage.items.select(""), check.doubt) == ((), "")
    hear(check, "office", at - MINUTE, at)
    releases.all(at, releases_held=check(at))
    assert titles(storage.items.select("")) == ["Figures"]


def test_a_source_has_one_voice_however_many_hosts_it_redirects_to(storage: Storage) -> None:
    check, now = check_of(storage), NOON + DAY
    for number in range(3):
        hear(check, "ministry", now, now, redirected_to=f"https://{number}.elsewhere.example/feed")
    hear(check, "agency", NOON, now)
    assert not check(now)
    hear(check, "office", NOON, now)
    assert not check(now)
    assert check.doubt.startswith("the clock differs from hosts that answered, by +0 min, +1440 min")


def test_a_clock_that_differs_is_in_doubt_until_it_is_confirmed(storage: Storage) -> None:
    check, now = check_of(storage), NOON + DAY
    for host in ("ministry", "agency", "office", "harbour"):
        hear(check, host, NOON, now)
    assert not check(now)
    assert check.doubt.startswith("the clock differs from hosts that answered, by +1440 min")
    storage.admin.trust_clock(now, is_confirmed=True)
    assert check(now + SECOND)
    assert check.doubt == ""


def test_a_clock_behind_the_last_commit_releases_nothing_whatever_hosts_say(storage: Storage) -> None:
    SourceDriver(storage, OFFICES[0]).says(now=NOON + DAY)
    check = check_of(storage)
    for host in ("ministry", "agency", "office"):
        hear(check, host, NOON)
    assert not check(NOON)
    assert check.doubt == "the clock is behind the last commit, of 2026-03-03 12:00 UTC"
    assert check_of(storage, config())(NOON + DAY)  # it has passed it
    storage.admin.trust_clock(NOON, is_confirmed=True)
    assert check(NOON)
    again = check_of(storage, config())  # a later start: that commit is known to be wrong
    assert again(NOON + HOUR)


def test_hosts_that_do_not_answer_are_waited_for_a_quarter_of_an_hour(storage: Storage) -> None:
    ran = [0.0]
    check = check_of(storage, ran=ran)
    hear(check, "ministry", NOON)
    assert (check(NOON), check.doubt) == (False, "")
    ran[0] = 900.0
    assert not check(NOON)
    assert check.doubt == "too few hosts have answered to check the clock by"
    hear(check, "agency", NOON)
    assert check(NOON)


def test_files_alone_need_no_check_and_fewer_than_three_hosts_a_confirmation(storage: Storage) -> None:
    file = source("local", feed="file:/press.xml")
    paused = replace(OFFICES[2], paused=NOON + DAY)
    few = check_of(storage, config(OFFICES[0], OFFICES[1], paused, file))
    assert not few(NOON)
    assert few.doubt == "the clock cannot be checked by fewer than 3 hosts"
    assert check_of(storage, config(file))(NOON)


def test_a_restart_within_a_quarter_of_an_hour_goes_on_with_the_trusted_clock(storage: Storage) -> None:
    storage.admin.trust_clock(NOON)
    check = check_of(storage)
    assert check(NOON + 15 * MINUTE)
    assert check(NOON + DAY)  # the trust of this process lasts
    assert storage.admin.clock_trusted() == NOON + DAY
    assert not check_of(storage)(NOON + DAY + HOUR)
    assert not check_of(storage)(NOON)
