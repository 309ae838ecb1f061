"""The admin web application over HTTP."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.overview import HostTime, Subscribers, Tally, TallyKind
from aggregator.model.poll import OutcomeKind
from aggregator.model.settings import Retention
from aggregator.model.user import Role, User
from aggregator.policy.reasons import ago
from aggregator.web.overview import Live
from tests.given import source
from tests.web.newsroom import MINISTRY, NOON, Client, Newsroom, admin_of, item, newsroom

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return newsroom(tmp_path)


def admin(room: Newsroom, *problems: str, ready: bool = True) -> Client:
    return admin_of(room, lambda: ready, problems=lambda: problems)


def raising() -> bool:
    raise RuntimeError("the tick is gone")


def test_readyz_reports_readiness(room: Newsroom) -> None:
    answers = [admin(room, ready=ready).get("/readyz") for ready in (True, False)]
    assert [(answer.status_code, answer.text) for answer in answers] == [
        (200, "ready\n"),
        (503, "not ready\n"),
    ]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


def test_readyz_says_what_a_late_tick_waits_for(room: Newsroom) -> None:
    client = admin_of(room, load=lambda: "busy: writes go on")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready: busy: writes go on\n")


def test_status_says_how_workers_are_confined(room: Newsroom) -> None:
    words = "workers are confined by seccomp; not confined by Landlock: this kernel does not have it"
    page = admin_of(room, workers=lambda: words).get("/status").text
    assert f" held · {words}</p>" in page
    assert "workers" not in admin(room).get("/status").text


def test_an_empty_store_says_what_it_waits_for_and_how_a_source_is_added(room: Newsroom) -> None:
    room.fails("observatory", "HTTP 404", cause="http")
    empty = admin(room).get("/status").text
    assert "Of 2 configured sources 1 wait for their first success and 1 fail" in empty
    assert "<code>publicwire add URL</code>" in empty
    room.publishes(item("First"))
    assert "publicwire add" not in admin(room).get("/status").text


def test_a_configuration_without_sources_says_how_one_is_added(room: Newsroom) -> None:
    room.reconfigures(sources=())
    unconfigured = admin_of(room).get("/status").text
    assert "No source is configured: add one with <code>publicwire add URL</code>" in unconfigured


def test_a_source_never_polled_is_waiting(room: Newsroom) -> None:
    page = admin(room).get("/status").text
    assert page.count("Not polled yet") == 2
    assert "0 failing" in page


def test_a_source_whose_first_poll_was_not_sent_is_waiting_and_says_why(room: Newsroom) -> None:
    room.fails("observatory", "was not asked: its host is rate-limited", cause="rate_limited")
    page = admin(room).get("/status").text
    assert page.count("Not polled yet") == 1
    assert "Waiting</strong><small>was not asked: its host is rate-limited</small>" in page
    assert "0 failing" in page


def test_status_lists_each_source_with_the_failing_ones_first(room: Newsroom) -> None:
    room.publishes(item("First"), item("Second"))
    room.corrects("First", item("First", content="<p>New.</p>", text="New.", fingerprint=b"new"))
    room.fails("ministere", "https://ministere.example/rss answered <503>")
    page = admin(room).get("/status").text
    assert page.index("Ministère de l’Exemple") < page.index("Coastal Observatory")
    assert "2 sources, 1 failing" in page
    assert "2 releases live, 0 held" in page
    assert "Failed once" in page
    assert "answered &lt;503&gt; (never succeeded)" in page
    assert "changed, HTTP 200, 1 edited, 0.5 s" in page
    assert "in 15 min" in page


def test_status_counts_the_releases_that_wait_for_the_merged_feed(room: Newsroom) -> None:
    room.publishes(item("Ours"), source="ministere")
    room.publishes(*(item(f"Flood {n}") for n in range(23)))
    page = admin(room).get("/status").text
    assert page.count("wait for the merged feed") == 1
    assert "23<small>3 wait for the merged feed</small>" in page


def test_repeated_failures_show_the_last_success(room: Newsroom) -> None:
    room.publishes(item("First"))
    assert "changed, HTTP 200, 1 new, 0.5 s" in admin(room).get("/status").text
    room.fails("observatory", "no answer")
    room.fails("observatory", "no answer")
    page = admin(room).get("/status").text
    assert "Failed 2 times in a row" in page
    assert "no answer (last success 2 March 2026, 12:01 UTC)" in page


def test_a_source_whose_poll_records_are_past_retention_is_failing_still(room: Newsroom) -> None:
    room.fails("observatory", "answered <410>", cause="gone")
    room.storage.admin.maintain(Retention(), room.now + timedelta(days=60))
    page = admin(room).get("/status").text
    assert "2 sources, 1 failing" in page
    assert page.count("Not polled yet") == 1
    assert "Failed once</strong><small>never succeeded</small>" in page


def test_problems_of_the_configuration_are_shown(room: Newsroom) -> None:
    page = admin(room, "sources.yaml:10:5: sources.1.feed: <not> an address", ready=False).get("/status").text
    assert "sources.yaml:10:5: sources.1.feed: &lt;not&gt; an address" in page
    assert "not ready" in page


def test_the_root_leads_to_the_desk_once_there_are_users_before_to_the_status_page(room: Newsroom) -> None:
    assert admin_of(room).get("/").headers["location"] == "/status"
    room.config = replace(room.config, users=(User("Ana", Role.EDITOR),))
    answer = admin_of(room).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")


def test_the_admin_side_has_its_style_and_nothing_of_the_public_side(room: Newsroom) -> None:
    client = admin(room)
    assert client.get("/static/style.css").status_code == 200
    answers = [client.get(path) for path in ("/feed.rss", "/items/none")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert all("There is no such page." in answer.text for answer in answers)


def test_an_unexpected_exception_is_500_without_details(room: Newsroom) -> None:
    answer = admin_of(room, raising).get("/readyz")
    assert (answer.status_code, answer.text) == (500, "Internal server error. The error has been logged.\n")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=-3), "3 min ago"),
        (timedelta(minutes=90), "in 1 h"),
        (timedelta(days=-2, hours=-5), "2 d ago"),
    ],
)
def test_times_are_formatted_by_their_distance(apart: timedelta, said: str) -> None:
    assert ago(NOON + apart, NOON) == said


def test_metrics_are_prometheus_text_and_not_cached(room: Newsroom) -> None:
    client = admin_of(room, metrics=lambda: b"up 1\n")
    answer = client.get("/metrics")
    assert (answer.status_code, answer.text) == (200, "up 1\n")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


def test_open_alerts_are_on_top_of_the_status_page(room: Newsroom) -> None:
    assert "<h2>Alerts</h2>" not in admin(room).get("/status").text
    room.fails("observatory", "answered <410>", cause="gone")
    page = admin(room).get("/status").text
    assert page.index("<h2>Alerts</h2>") < page.index('class="sources"')
    assert "no longer polled: answered &lt;410&gt;" in page
    room.publishes(item("First"))
    assert "<h2>Alerts</h2>" not in admin(room).get("/status").text


def test_commands_in_the_sentences_of_the_status_page_are_code(room: Newsroom) -> None:
    room.fails("observatory", "see `publicwire show <1>`, not ` alone", cause="gone")
    page = admin(room, "run `publicwire check`").get("/status").text
    assert page.count("see <code>publicwire show &lt;1&gt;</code>, not ` alone") == 2  # alert, and source
    assert "run <code>publicwire check</code></p>" in page


def test_releases_and_addresses_in_alerts_are_links(room: Newsroom) -> None:
    room.publishes(item("Storm"))
    known = room.ids["Storm"]
    said = (
        f"gone: {known} of https://observatory.example/a?b=1&c, see `publicwire show {known}`, 0123456789abc"
    )
    room.fails("observatory", said, cause="gone")
    alerts = admin(room).get("/status").text.partition('<ul class="alerts">')[2].partition("</ul>")[0]
    link = f'<a href="/desk/items/{known}">{known}</a>'
    assert f"gone: {link} of " in alerts
    assert f"see <code>publicwire show {link}</code>, 0123456789abc" in alerts
    address = "https://observatory.example/a?b=1&amp;c"
    assert f'<a href="{address}" rel="external noreferrer">{address}</a>, see' in alerts


def test_of_very_many_sources_failing_ones_are_listed_and_all_counted(room: Newsroom) -> None:
    room.reconfigures(sources=(MINISTRY, *(source(f"s{number}") for number in range(120))))
    room.fails("ministere", "no answer")
    page = admin(room).get("/status").text
    assert "121 sources, 1 failing" in page
    assert "Failed once" in page
    assert page.count("<tr class=") == 101
    assert '20 more: <a href="/sources">' in page


def test_the_page_refreshes_until_it_is_told_not_to(room: Newsroom) -> None:
    refresh = "/static/refresh.js?"
    client = admin(room)
    assert refresh in client.get("/status").text
    assert refresh not in client.get("/status?still").text


def test_charts_are_read_at_most_twice_a_minute(room: Newsroom) -> None:
    seconds = 0.0
    client = admin_of(room, monotonic=lambda: seconds)
    assert "0 new items in 30 days" in client.get("/status").text
    room.storage.overview.add([Tally(TallyKind.ITEMS, NOON, "new", 7)], room.now)
    seconds = 29.0
    assert "0 new items in 30 days" in client.get("/status").text
    seconds = 30.0
    assert "7 new items in 30 days" in client.get("/status").text


def test_each_chart_has_a_table_of_its_numbers(room: Newsroom) -> None:
    counts = [
        Tally(TallyKind.POLLS, NOON, OutcomeKind.FAILED.value, 3),
        Tally(TallyKind.POLLS, NOON, OutcomeKind.NOT_MODIFIED.value, 40),
        Tally(TallyKind.REQUESTS, NOON, "2xx", 1_234),
    ]
    room.storage.overview.add(counts[:2], room.now)
    room.storage.overview.add(counts, room.now)
    page = admin(room).get("/status").text
    assert page.count('<svg class="chart"') == page.count('<table class="numbers">') == 4
    assert "0 new or edited items, 0 unchanged, 80 not modified (304), 6 failed." in page
    assert "In 48 hours: 1,234 answered" in page
    assert "2 March, 12:00: failed 6 polls" in page


def test_delays_are_counted_from_the_dates_claimed(room: Newsroom) -> None:
    room.publishes(item("Quick", claimed=NOON), item("Slow", claimed=NOON - timedelta(hours=5)))
    room.publishes(item("Old", claimed=NOON - timedelta(days=9)), backlog=True)
    assert "Of the newest 2 dated items: 50 % within 15 minutes." in admin(room).get("/status").text


def test_hosts_and_subscribers_are_shown_and_escaped(room: Newsroom) -> None:
    live = Live(
        lambda: (HostTime("slow.example", 12.34, 5),),
        lambda: (Subscribers("topics/<climate>", "Feedly & co", 1_700),),
    )
    page = admin_of(room, live=live).get("/status").text
    assert re.search(r'slow.example<svg .*width="100".*</svg></th><td class="number">12.3 s', page)
    assert re.search(
        r'topics/&lt;climate&gt;<svg .*</svg></th><td>Feedly &amp; co</td><td class="number">1,700', page
    )


@pytest.mark.parametrize(
    ("at", "host", "status"),
    [
        ("http://127.0.0.1:8001", "127.0.0.1:8001", 200),
        ("http://127.0.0.1:8001", "localhost:8001", 200),
        ("http://127.0.0.1:8001", "status.LOCALHOST.", 200),
        ("http://[::1]:8001", "[::1]:8001", 200),
        ("http://127.0.0.1:8001", "rebound.example:8001", 421),
        ("http://127.0.0.1:8001", "notlocalhost", 421),
        ("http://127.0.0.1:8001", "127.0.0.1.rebound.example", 421),
        ("http://127.0.0.1:8001", "[", 421),
        ("http://[::1]:8001", "rebound.example", 421),
        ("http://192.0.2.1:8001", "monitor.example:8001", 200),  # put there on purpose, by whatever name
        ("http://elsewhere.example", "elsewhere.example", 200),
    ],
)
def test_dns_rebinding_is_misdirected(room: Newsroom, at: str, host: str, status: int) -> None:
    client = Client(admin(room).app, at)
    answers = [client.get(path, {"Host": host}) for path in ("/status", "/metrics", "/readyz", "/static/x")]
    assert [answer.status_code for answer in answers] == [status] * 3 + [404 if status == 200 else status]
