"""Letters to the senders of reports."""

import asyncio
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.push_settings import Encryption, Mail, Smtp
from aggregator.model.report import Answer, Ground, Report
from aggregator.model.websub import TaskKind
from aggregator.service.letters import DROPPED_AFTER, Letters
from aggregator.tasks import Tasks
from tests.engines import open_storage
from tests.given import MINUTE, NOON, at_once, config
from tests.smtp import Mailbox, mail_server

pytestmark = pytest.mark.usefixtures("engine")
REPORT = Report(
    "2026-ABC", NOON, "Jane", "jane@example.org", "x", "abcdefgh", Ground.ERROR, "Buy pills at spam.example"
)


def sent(
    directory: Path, *ticks: timedelta, is_decided: bool = False, has_mail: bool = True, **replies: str
) -> tuple[Mailbox, int]:
    """Return the mailbox, and how many tasks are left, after a report and ticks so long after it."""

    async def run() -> tuple[Mailbox, int]:
        async with mail_server(**replies) as box:
            with closing(open_storage(directory)) as storage:
                store = storage.reports
                store.receive(REPORT)
                if is_decided:
                    decided = replace(REPORT, number=1, decided=NOON, statement="It is\nright.", actor="Jo")
                    store.decide(decided, Answer.KEPT)
                settings = Mail(Smtp("127.0.0.1", box.port, Encryption.NONE), "wire@example.org")
                current = replace(config(), mail=settings if has_mail else None)
                for tick in ticks:

                    def clock(at: datetime = NOON + tick) -> datetime:
                        return at

                    letters = Letters(store, config=lambda: current, clock=clock)
                    tasks = Tasks(storage.tasks, at_once, {TaskKind.LETTER: letters.run}, clock=clock)
                    for task in await tasks.claim():
                        await tasks.run(task)
                far = NOON + timedelta(days=99)
                left = storage.tasks.claim_tasks(far, kinds=[TaskKind.LETTER], limit=9, lease=MINUTE)
                return box, len(left)

    return asyncio.run(run())


def test_a_receipt_repeats_nothing_of_the_form(tmp_path: Path) -> None:
    box, left = sent(tmp_path, timedelta(0))
    ((to, made),) = box.taken
    assert (to, left) == (("jane@example.org",), 0)
    assert made["Subject"] == "Your report 2026-ABC"
    assert "pills" not in made.as_string()
    assert "Jane" not in made.as_string()


def test_a_decision_is_sent_with_its_reasons(tmp_path: Path) -> None:
    box, left = sent(tmp_path, timedelta(0), is_decided=True)
    ((_, made),) = box.taken
    assert left == 0
    assert made["Subject"] == "Decision on your report 2026-ABC"
    text = made.get_content()
    assert "The release is kept as it is." in text
    assert "Reasons:\nIt is\nright.\n" in text.replace("\r\n", "\n")
    assert "/items/abcdefgh" in text


def test_without_a_mail_server_no_letter_is_kept(tmp_path: Path) -> None:
    box, left = sent(tmp_path, timedelta(0), has_mail=False)
    assert (box.taken, left) == ([], 0)


@pytest.mark.parametrize(
    ("reply", "ticks", "asked", "left"),
    [
        ("451 later", (timedelta(0), MINUTE, 2 * MINUTE), 2, 1),
        ("451 later", (timedelta(0), DROPPED_AFTER), 2, 0),
        ("550 unknown", (timedelta(0), MINUTE), 1, 0),
    ],
)
def test_a_letter_is_tried_again_unless_it_is_refused_for_good(
    tmp_path: Path, reply: str, ticks: tuple[timedelta, ...], asked: int, left: int
) -> None:
    box, kept = sent(tmp_path, *ticks, MAIL=reply)
    assert (sum(line.upper().startswith("MAIL") for line in box.commands), kept) == (asked, left)
