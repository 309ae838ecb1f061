"""Dates of a source from poll to poll: what its documents have shown, and what is held for its date."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model.alert import AlertKind
from aggregator.model.decision import State
from tests.corpus import CASES
from tests.given import source
from tests.line.line import Line, plain
from tests.normalise.test_date_cases import feed

pytestmark = pytest.mark.usefixtures("engine")

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def dates(line: Line) -> list[str]:
    return [f"{stored.item.claimed:%d %b}" for stored in line.items() if stored.item.claimed]


def test_a_source_keeps_the_order_of_day_and_month_that_its_dates_have_shown(tmp_path: Path) -> None:
    of = plain()
    with Line(tmp_path, of, now=NOW) as line:
        line.reads(of, feed("11/20/2026"), NOW)
        line.reads(of, feed("11/20/2026", "10/06/2026"), NOW + DAY)
        assert sorted(dates(line)) == ["06 Oct", "20 Nov"]


def test_an_item_read_in_the_wrong_order_is_read_again_once_the_order_is_shown(tmp_path: Path) -> None:
    of = source("origin")
    with Line(tmp_path, of, now=NOW) as line:
        line.reads(of, feed("05/12/2026"), NOW)  # 5 December, until something else is shown
        (held,) = line.items()
        assert (held.state, held.release) == (State.HELD, datetime(2026, 12, 5, tzinfo=UTC))
        for days in (1, 2):
            line.reads(of, feed("05/12/2026", "11/20/2026"), NOW + days * DAY)
        assert {stored.release for stored in line.items()} == {None, NOW + 2 * DAY}


@pytest.mark.needs("cases")
def test_the_operator_is_told_of_announcements_that_wait_for_their_event(tmp_path: Path) -> None:
    of, body = source("tides"), (CASES / "c31" / "feed.xml").read_bytes()
    with Line(tmp_path, of, now=NOW) as line:
        line.reads(of, body, NOW)
        (alert,) = line.storage.tasks.alerts()
        assert alert.kind is AlertKind.AHEAD
        assert "`embargo: clamp` in sources.yaml" in alert.message


def test_the_operator_is_told_once_a_day_and_learns_what_the_dates_look_like(tmp_path: Path) -> None:
    of, raised = source("tides"), []
    with Line(tmp_path, of, now=NOW) as line:
        for count, hours in enumerate((0, 1, 24, 48), 1):
            dated = feed(*(f"{9 + number} Dec 2026" for number in range(count)))
            line.reads(of, dated, NOW + timedelta(hours=hours))
            (alert,) = line.storage.tasks.alerts()
            raised.append(alert.raised)
        assert raised == [NOW, NOW, NOW + DAY, NOW + 2 * DAY]
        assert "4 of its items were ahead by days" in alert.message


# ---- embargo lines


def lines(said: str) -> bytes:
    """A feed with one release, dated in the past, that begins with this line."""
    body = f"&lt;p&gt;{said}&lt;/p&gt;&lt;p&gt;The bridge opens.&lt;/p&gt;"
    return (
        f"""<rss version="2.0"><channel><title>F</title><item><title>Bridge</title><guid>g</guid>
        <pubDate>Fri, 27 Nov 2026 12:00:00 GMT</pubDate><description>{body}</description></item>
        </channel></rss>"""
    ).encode()


def test_an_embargo_line_holds_a_release_until_its_date(tmp_path: Path) -> None:
    of = source("origin")
    with Line(tmp_path, of, now=NOW) as line:
        line.reads(of, lines("EMBARGOED UNTIL 00:01 GMT 1 DECEMBER 2026"), NOW)
        (held,) = line.items()
        assert (held.state, held.release) == (State.HELD, datetime(2026, 12, 1, 0, 1, tzinfo=UTC))
        assert line.storage.items.select("") == line.storage.items.select("sources/origin") == ()
        line.reads(of, lines("EMBARGOED UNTIL 00:01 GMT 2 DECEMBER 2026"), NOW + timedelta(hours=1))
        assert line.items()[0].release == datetime(2026, 12, 2, 0, 1, tzinfo=UTC)
        line.reads(of, lines("For immediate release"), NOW + timedelta(hours=2))
        assert line.items()[0].release == NOW + timedelta(hours=2)


def test_an_embargo_line_that_cannot_be_read_is_for_the_operator_until_it_can(tmp_path: Path) -> None:
    of = source("origin")
    with Line(tmp_path, of, now=NOW) as line:
        line.reads(of, lines("Embargoed until delivery"), NOW)
        (held,) = line.items()
        assert (held.state, held.release) == (State.HELD, None)
        (alert,) = line.storage.tasks.alerts()
        assert alert.kind is AlertKind.EMBARGO
        assert f"`publicwire show {held.id}`" in alert.message
        line.reads(of, lines("EMBARGOED UNTIL 00:01 GMT 1 DECEMBER 2026"), NOW + timedelta(hours=1))
        assert line.items()[0].release == datetime(2026, 12, 1, 0, 1, tzinfo=UTC)
