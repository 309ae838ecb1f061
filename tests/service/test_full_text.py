"""Pages through the real client: robots.txt, redirects, answers without a page, and when they are read again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, WorkerError
from aggregator.fetch.client import Client
from aggregator.model.decision import State, Trigger
from aggregator.model.entry import Entry
from aggregator.model.page import PageJob, PageState, PageText, RobotsJob
from aggregator.model.stored import Stored
from aggregator.model.websub import TaskKind
from aggregator.policy.full_text import BACK_OFF, BUSY_FOR, PAGE_BYTES_MAX, POSTPONED_FOR
from aggregator.service.full_text import FullText
from aggregator.service.robots import KEPT_FOR, ORIGINS_MAX
from aggregator.storage import Storage
from aggregator.tasks import Tasks
from aggregator.workers import extraction
from aggregator.workers.pool import WorkerPool
from tests.engines import open_storage
from tests.events import capture_logs
from tests.fetch.given import LOOPBACK, client, poll_settings
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, at_once, config, entry, iso, source
from tests.server import Answers, HttpServer, Request, answer, http_server, redirect, then_hang
from tests.storage.given import again, move

pytestmark = pytest.mark.usefixtures("engine")

SUMMARY = "The port authority opens the harbour bridge to traffic on Monday after four years of work."
BODY = " ".join(f"Paragraph {n} of the release tells more of the bridge and of its ferry." for n in range(40))
HTML = "Content-Type: text/html; charset=utf-8"
MISSING, ROBOTS = answer(status="404 Not Found"), "/robots.txt"


def page(text: str = f"<p>{SUMMARY}</p><p>{BODY}</p>", *headers: str, head: str = "") -> bytes:
    html = f"<html><head><title>Bridge</title>{head}</head><body><article>{text}</article></body></html>"
    return answer(HTML, *headers, body=html.encode())


class Extractor(WorkerPool):
    """Reads pages in the process of the test."""

    async def extract(self, job: PageJob) -> PageText:
        return extraction.extracted(job)

    async def ask(self, job: RobotsJob) -> PageText:
        if b"crash" in job.body:
            raise WorkerError("it took over 15 s of CPU time", cause=Cause.LIMIT)
        return extraction.allowed(job)


class FullTextHarness:
    """A source with summaries, its site, and the tasks of a service."""

    def __init__(self, storage: Storage, server: HttpServer, fetcher: Client) -> None:
        self.storage, self.server, self.fetcher = storage, server, fetcher
        self.now = NOON
        self.of = source("ministry", domains=("127.0.0.1",), allow_networks=LOOPBACK, full_text=True)
        self.config = config(self.of)
        storage.admin.sync(self.config, NOON)
        self.origin = SourceDriver(storage, self.of)
        self.full_text = FullText(
            storage.pages,
            lambda: self.fetcher,
            Extractor(),
            at_once,
            config=lambda: self.config,
            clock=lambda: self.now,
        )
        self.tasks = Tasks(
            storage.tasks, at_once, {TaskKind.PAGE: self.full_text.run}, clock=lambda: self.now
        )

    def entry(self, name: str = "bridge", body: str = SUMMARY) -> Entry:
        body, link = f"{body} This is said of the {name}.", self.server.url(f"/{name}")
        return entry(f"Harbour {name} opens", f"urn:{name}", link, body=body, published=iso(NOON - HOUR))

    def says(self, *entries: Entry) -> None:
        self.origin.says(*(entries or (self.entry(),)), now=self.now)

    def stored(self) -> Stored:
        (item,) = all_items(self.storage)
        return item

    def state(self) -> PageState:
        found = self.stored().page
        assert found is not None
        return found.state

    def text(self) -> str:
        found = self.stored().page
        return "" if found is None else found.text

    async def tick(self, after: timedelta = timedelta(0)) -> list[str]:
        """Run what is due and return the states of pages that were read."""
        self.now += after
        with capture_logs() as logs:
            for task in await self.tasks.claim():
                await self.tasks.run(task)
        return [str(each["state"]) for each in logs if each["event"] == "page read"]


Scenario = Callable[[FullTextHarness], Awaitable[None]]


def run(directory: Path, answers: Answers, scenario: Scenario, seconds: float = 5) -> None:
    async def main() -> None:
        async with (
            http_server({ROBOTS: MISSING} | dict(answers)) as server,
            client(poll_settings(timeout=seconds, max_bytes=10_000_000)) as fetcher,
        ):
            with closing(open_storage(directory)) as storage:
                await scenario(FullTextHarness(storage, server, fetcher))

    asyncio.run(main())


def test_the_text_of_a_page_takes_the_place_of_the_summary(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        before = here.stored()
        assert await here.tick() == ["taken"]
        after = here.stored()
        assert SUMMARY in here.text()
        assert BODY in here.text()
        assert (after.item, after.updated, after.corrected, after.version) == (
            before.item,
            before.updated,
            False,
            1,
        )
        assert after.seq > before.seq
        assert await here.tick(30 * DAY) == []
        assert here.server.paths == [ROBOTS, "/bridge"]
        assert here.storage.changes.last_told() == 0

    run(tmp_path, {"/bridge": page()}, scenario)


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        (
            {
                "/bridge": page(
                    "".join(f"<p>Please sign in at our office {n} to read.</p>" for n in range(20))
                )
            },
            "apart",
        ),
        ({"/bridge": page(f"<p>{SUMMARY}</p>")}, "short"),
        ({"/bridge": page("")}, "empty"),
        ({"/bridge": answer("Content-Type: application/pdf", body=b"%PDF")}, "empty"),
        ({"/bridge": page(head='<meta name="robots" content="noindex">')}, "reserved"),
        ({"/bridge": page(f"<p>{SUMMARY}</p><p>{BODY}</p>", "X-Robots-Tag: noarchive")}, "reserved"),
        ({"/bridge": page(f"<p>{SUMMARY}</p><p>{BODY}</p>", "TDM-Reservation: 1")}, "reserved"),
        ({"/bridge": page(head='<link rel="canonical" href="https://other.example/">')}, "elsewhere"),
        ({"/bridge": page(f"<p>EMBARGOED UNTIL 2099-01-01</p><p>{SUMMARY}</p><p>{BODY}</p>")}, "embargoed"),
        ({"/bridge": answer(HTML, body=b"x" * (PAGE_BYTES_MAX + 1))}, "failed"),
        ({"/bridge": answer(status="403 Forbidden")}, "refused"),
        ({"/bridge": redirect("http://10.0.0.1/")}, "refused"),
    ],
)
def test_in_doubt_the_summary_stays(tmp_path: Path, answers: Answers, state: str) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        assert await here.tick() == [state]
        assert here.text() == ""
        assert await here.tick(30 * DAY) == []

    run(tmp_path, answers, scenario)


def test_robots_txt_is_obeyed_and_kept_for_a_day(tmp_path: Path) -> None:
    rules = answer(body=b"User-agent: publicwire\nDisallow: /bridge\n\nUser-agent: *\nDisallow: /ferry\n")

    async def scenario(here: FullTextHarness) -> None:
        here.says(here.entry("bridge"), here.entry("ferry"))
        assert sorted([*await here.tick(), *await here.tick(MINUTE)]) == ["robots", "taken"]
        assert here.server.paths == [ROBOTS, "/ferry"]
        here.says(here.entry("dam"))
        await here.tick(MINUTE)
        assert here.server.paths == [ROBOTS, "/ferry", "/dam"]
        here.says(here.entry("lock"))
        await here.tick(KEPT_FOR)
        assert here.server.paths == [ROBOTS, "/ferry", "/dam", ROBOTS, "/lock"]

    run(
        tmp_path,
        {ROBOTS: rules} | {f"/{name}": page() for name in ("bridge", "ferry", "dam", "lock")},
        scenario,
    )


def test_nothing_is_fetched_while_robots_txt_cannot_be_reached(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        assert await here.tick() == ["waits"]
        here.says(here.entry("ferry"))
        assert await here.tick(MINUTE) == ["waits"]
        assert here.server.paths == [ROBOTS]
        here.server.answers[ROBOTS] = MISSING
        assert await here.tick(BACK_OFF[0]) == ["taken", "taken"]

    run(
        tmp_path,
        {ROBOTS: answer(status="500 Internal Server Error"), "/bridge": page(), "/ferry": page()},
        scenario,
    )


def test_rules_that_are_too_costly_to_read_allow_nothing(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        assert await here.tick() == ["robots"]
        assert here.server.paths == [ROBOTS]

    run(tmp_path, {ROBOTS: answer(body=b"crash"), "/bridge": page()}, scenario)


def test_robots_txt_of_few_hosts_are_kept(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        kept = here.full_text.robots
        for number in range(ORIGINS_MAX + 5):
            kept._kept[f"http://{number}.example"] = b"", NOON
        here.says()
        await here.tick()
        assert len(kept._kept) == ORIGINS_MAX

    run(tmp_path, {"/bridge": page()}, scenario)


def test_a_redirect_is_followed_within_the_rules_of_its_end(tmp_path: Path) -> None:
    rules = answer(body=b"User-agent: *\nDisallow: /closed\n")
    answers = {
        ROBOTS: rules,
        "/open": page(),
        "/closed": page(),
        "/a": redirect("/open"),
        "/b": redirect("/closed"),
    }

    async def scenario(here: FullTextHarness) -> None:
        here.says(here.entry("a"))
        assert await here.tick() == ["taken"]
        here.says(here.entry("b"))
        assert await here.tick(MINUTE) == ["robots"]

    run(tmp_path, answers, scenario)


def test_a_redirect_out_of_the_domains_of_a_source_leaves_the_summary(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.server.answers["/bridge"] = redirect(here.server.url("/open", "localhost"))
        here.says()
        assert await here.tick() == ["elsewhere"]

    run(tmp_path, {"/open": page()}, scenario)


def test_a_page_that_does_not_answer_is_fetched_again_with_back_off(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        assert await here.tick() == ["waits"]
        assert await here.tick(BACK_OFF[0] - MINUTE) == []
        assert await here.tick(MINUTE) == ["waits"]
        here.server.answers["/bridge"] = page()
        assert await here.tick(BACK_OFF[1]) == ["taken"]

    run(tmp_path, {"/bridge": MISSING}, scenario)


def test_a_page_that_is_never_there_is_given_up(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        read = [state for wait in (timedelta(0), *BACK_OFF, DAY) for state in await here.tick(wait)]
        assert read == ["waits"] * len(BACK_OFF) + ["refused"]

    run(tmp_path, {"/bridge": MISSING}, scenario)


def test_a_page_that_waited_too_long_is_given_up_without_a_request(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        assert await here.tick(4 * DAY) == ["failed"]
        assert here.server.paths == []

    run(tmp_path, {"/bridge": page()}, scenario)


def test_one_page_of_a_source_is_fetched_at_a_time(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says(here.entry("bridge"), here.entry("ferry"))
        here.now += MINUTE
        tasks = await here.tasks.claim()
        assert len(tasks) == 2
        await asyncio.gather(*map(here.tasks.run, tasks))
        assert here.server.paths.count(ROBOTS) == 1
        assert len(here.server.paths) == 2
        assert len(await here.tick(BUSY_FOR)) == 1

    run(tmp_path, {"/bridge": page(), "/ferry": page()}, scenario)


def test_pages_that_hang_keep_no_other_task_waiting(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        names = [f"page-{number}" for number in range(30)]
        here.says(*map(here.entry, names))
        here.now += HOUR
        done = asyncio.Event()

        async def waits(task: object) -> None:
            await done.wait()

        async def at_last(task: object) -> None:
            done.set()

        here.tasks.handlers = {TaskKind.PAGE: waits, TaskKind.TERMS: at_last}
        pages = await here.tasks.claim()
        running = [asyncio.create_task(here.tasks.run(task)) for task in pages]
        here.now += DAY
        (terms,) = await here.tasks.claim()
        assert terms.kind is TaskKind.TERMS
        await here.tasks.run(terms)
        await asyncio.gather(*running)

    run(tmp_path, {}, scenario)


def test_a_page_that_hangs_ends_with_the_deadline(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        assert await here.tick() == ["waits"]

    run(tmp_path, {"/bridge": then_hang(b"HTTP/1.1 200 OK\r\n")}, scenario, seconds=1)


def test_an_edit_shows_the_summary_until_its_page_was_read(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        await here.tick()
        here.now += HOUR
        here.says(here.entry(body=SUMMARY.replace("Monday", "Tuesday")))
        assert here.text() == ""
        here.server.answers["/bridge"] = page(f"<p>{SUMMARY}</p><p>{BODY}</p>".replace("Monday", "Tuesday"))
        assert await here.tick() == ["taken"]
        assert "on Tuesday" in here.text()
        assert here.stored().version == 2

    run(tmp_path, {"/bridge": page()}, scenario)


def test_the_page_of_a_held_item_is_fetched_once_it_is_live(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        move(here.storage, here.stored(), Trigger.HOLD)
        assert await here.tick() == []
        move(here.storage, here.stored(), Trigger.RELEASE)
        assert await here.tick(POSTPONED_FOR) == ["taken"]

    run(tmp_path, {"/bridge": page()}, scenario)


def test_an_item_held_while_its_page_is_fetched_has_its_text_once_it_is_live(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.says()
        item = here.stored()

        async def holds(_: Request, writer: asyncio.StreamWriter) -> None:
            move(here.storage, item, Trigger.HOLD)
            writer.write(page())

        here.server.answers["/bridge"] = holds
        assert await here.tick() == ["outdated"]
        move(here.storage, here.stored(), Trigger.RELEASE)
        here.server.answers["/bridge"] = page()
        assert await here.tick(POSTPONED_FOR) == ["taken"]

    run(tmp_path, {}, scenario)


def test_under_review_a_text_is_read_before_the_approval_or_never(tmp_path: Path) -> None:
    async def scenario(here: FullTextHarness) -> None:
        here.config = config(replace(here.of, review=True))
        here.storage.admin.sync(here.config, NOON)
        here.origin.source = replace(here.of, review=True)
        here.says(here.entry("bridge"))
        assert here.stored().state is State.HELD
        assert await here.tick() == ["taken"]
        here.says(here.entry("ferry"))
        ferry = next(each for each in all_items(here.storage) if "ferry" in each.item.url)
        move(here.storage, ferry, Trigger.RELEASE)
        assert await here.tick() == []
        assert await here.tick(DAY) == []
        assert again(here.storage, ferry).page == PageText(PageState.WAITS)

    run(tmp_path, {"/bridge": page(), "/ferry": page()}, scenario)


def test_a_withdrawn_item_and_a_source_without_the_wish_fetch_nothing(tmp_path: Path) -> None:
    async def withdrawn(here: FullTextHarness) -> None:
        here.says()
        move(here.storage, here.stored(), Trigger.WITHDRAW)
        assert await here.tick() == []
        assert await here.tick(DAY) == []

    run(tmp_path / "one", {"/bridge": page()}, withdrawn)

    async def without(here: FullTextHarness) -> None:
        here.says()
        here.config = config()
        assert await here.tick() == []
        assert await here.tick(DAY) == []

    run(tmp_path / "other", {"/bridge": page()}, without)
