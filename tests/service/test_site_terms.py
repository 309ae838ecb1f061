"""Terms of sites are read once a day, beside the polls."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.fetch.client import Client
from aggregator.model.rights import Terms, Use
from aggregator.model.settings import Source
from aggregator.model.websub import TaskKind
from aggregator.service.site_terms import AGAIN_AFTER, SiteTerms
from aggregator.storage import Storage
from aggregator.tasks import Tasks
from tests.engines import open_storage
from tests.fetch.given import LOOPBACK, client, poll_settings
from tests.given import HOUR, NOON, at_once, config, source
from tests.server import Answers, answer, http_server

pytestmark = pytest.mark.usefixtures("engine")

LATER = NOON + 2 * HOUR
PROHIBITED = Terms(train=Use.PROHIBIT)
LICENCE = answer(
    body=b"<rsl xmlns='https://rslstandard.org/rsl'><content url='/'><license>"
    b"<prohibits type='usage'>ai-train</prohibits></license></content></rsl>"
)
RESERVED = answer(body=b'[{"location": "/", "tdm-reservation": 1}]')


Steps = Sequence[tuple[datetime, Answers]]


def read(store: Path, steps: Steps) -> tuple[list[Terms], list[str]]:
    """Run the due tasks at each time, with the answers of the site then; return the stored terms after each
    and the paths asked for."""

    async def run() -> tuple[list[Terms], list[str]]:
        async with http_server({}) as origin, client(poll_settings()) as fetcher:
            here = source("harbour", feed=origin.url("/feed.xml"), allow_networks=LOOPBACK)
            with closing(open_storage(store)) as storage:
                storage.admin.sync(config(here), NOON)
                stated = []
                for now, answers in steps:
                    origin.answers = dict(answers)
                    await run_due(storage, fetcher, here, now)
                    stated.append(storage.items.feeds()[0].site_terms)
                return stated, origin.paths

    return asyncio.run(run())


async def run_due(storage: Storage, fetcher: Client, here: Source, now: datetime) -> None:
    terms = SiteTerms(storage.tasks, lambda: fetcher, at_once, config=lambda: config(here), clock=lambda: now)
    tasks = Tasks(storage.tasks, at_once, {TaskKind.TERMS: terms.run}, clock=lambda: now)
    for task in await tasks.claim():
        await tasks.run(task)


def test_a_licence_that_robots_txt_names_is_read(tmp_path: Path) -> None:
    answers = {"/robots.txt": answer(body=b"License: /rsl.xml\n"), "/rsl.xml": LICENCE}
    stated, asked = read(tmp_path, [(LATER, answers)])
    assert stated == [PROHIBITED]
    assert asked == ["/robots.txt", "/rsl.xml", "/.well-known/tdmrep.json"]


def test_terms_are_read_again_a_day_later_and_may_end(tmp_path: Path) -> None:
    there = {"/.well-known/tdmrep.json": RESERVED}
    steps = [(NOON, there), (LATER, there), (LATER + HOUR, {}), (LATER + AGAIN_AFTER, {})]
    stated, asked = read(tmp_path, steps)
    reserved = Terms(train=Use.PROHIBIT, input=Use.PROHIBIT)
    assert stated == [Terms(), reserved, reserved, Terms()]
    assert asked == ["/robots.txt", "/.well-known/tdmrep.json"] * 2


def test_a_host_without_sources_is_asked_no_more(tmp_path: Path) -> None:
    with closing(open_storage(tmp_path)) as storage:
        storage.admin.sync(config(source("harbour")), NOON)
        terms = SiteTerms(
            storage.tasks,
            lambda: pytest.fail("nothing is fetched"),
            at_once,
            config=lambda: config(),
            clock=lambda: LATER,
        )
        (task,) = storage.tasks.claim_tasks(LATER, kinds=[TaskKind.TERMS], limit=5, lease=HOUR)
        assert (task.subject, asyncio.run(terms.run(task))) == ("harbour.example", None)
