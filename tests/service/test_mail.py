"""Messages by e-mail: composed without header injection, and handed to a mail server."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError
from aggregator.model.push_settings import Encryption, Mail, Smtp
from aggregator.model.websub import TaskKind
from aggregator.service import mail
from aggregator.service.alert_webhook import DROPPED_AFTER, AlertNotifier
from aggregator.storage import Storage
from aggregator.tasks import Tasks
from tests.engines import open_storage
from tests.events import capture_logs
from tests.fetch.given import client
from tests.given import DAY, HOUR, MINUTE, NOON, at_once, config, due_at, failed, source, succeeded
from tests.smtp import Mailbox, mail_server

pytestmark = pytest.mark.usefixtures("engine")

of_one_engine = pytest.mark.one_engine("no store is opened")
HARBOUR, PILOTS = source("harbour"), source("pilots")


def settings(port: int, **smtp: object) -> Mail:
    made = replace(Smtp("127.0.0.1", port, Encryption.NONE), **smtp)
    return Mail(made, "publicwire@example.org", ("desk@example.org", "ops@example.org"))


def letter(port: int = 25, subject: str = "About harbours", text: str = "Größe\n.\nend") -> EmailMessage:
    sent = settings(port)
    return mail.message(sent, sent.to, name="Example, Wire", subject=subject, text=text, now=NOON, key="7")


def sent(made: EmailMessage, smtp: Callable[[int], Smtp], **replies: str) -> Mailbox:
    async def run() -> Mailbox:
        async with mail_server(**replies) as box:
            await asyncio.to_thread(mail.send, smtp(box.port), made)
            return box

    return asyncio.run(run())


@of_one_engine
def test_a_message_reaches_each_recipient_whole() -> None:
    box = sent(letter(), lambda port: settings(port).smtp)
    ((to, made),) = box.taken
    assert to == ("desk@example.org", "ops@example.org")
    assert made["From"] == '"Example, Wire" <publicwire@example.org>'
    assert made["To"] == "desk@example.org, ops@example.org"
    assert made["Auto-Submitted"] == "auto-generated"
    assert made.get_content().splitlines() == ["Größe", ".", "end"]
    assert made["Message-ID"] == letter()["Message-ID"]
    assert made["Message-ID"].endswith("@example.org>")


@of_one_engine
def test_no_text_begins_a_header_field() -> None:
    hostile = "one\r\nBcc: all@example.org\r\n\r\nbody\x85\u2028\x00\ud800 é"
    box = sent(letter(subject=hostile * 20, text=hostile), lambda port: settings(port).smtp)
    ((to, made),) = box.taken
    assert to == ("desk@example.org", "ops@example.org")
    assert made["Bcc"] is None
    assert made["Subject"].startswith("one Bcc: all@example.org body éone Bcc")
    assert len(made["Subject"]) <= mail.SUBJECT_CHARS_MAX


@of_one_engine
def test_user_and_password_are_sent_to_log_in() -> None:
    box = sent(letter(), lambda port: settings(port, user="desk", password="s3cret").smtp, AUTH="235 welcome")
    assert any(line.startswith("AUTH PLAIN ") for line in box.commands)


@of_one_engine
@pytest.mark.parametrize(
    ("replies", "cause", "status"),
    [
        ({"AUTH": "535 no"}, Cause.HTTP, 535),
        ({"MAIL": "451 later"}, Cause.HTTP, 451),
        ({"RCPT": "550 unknown"}, Cause.HTTP, 550),
        ({"DATA": "554 spam"}, Cause.HTTP, 554),
        ({"EHLO": "250 mail.test"}, Cause.NETWORK, None),  # no AUTH
    ],
)
def test_a_refusal_is_an_error_with_its_reply_code(
    replies: dict[str, str], cause: Cause, status: int | None
) -> None:
    with pytest.raises(FetchError) as caught:
        sent(
            letter(),
            lambda port: settings(port, user="desk", password="s3cret").smtp,
            **{"AUTH": "235 ok", **replies},
        )
    assert (caught.value.cause, caught.value.status) == (cause, status)
    assert "s3cret" not in str(caught.value)


@of_one_engine
@pytest.mark.parametrize("encryption", [Encryption.STARTTLS, Encryption.TLS])
def test_without_the_encryption_that_is_set_nothing_is_sent(encryption: Encryption) -> None:
    async def run() -> Mailbox:
        async with mail_server() as box:
            with pytest.raises(FetchError) as caught:
                await asyncio.to_thread(mail.send, settings(box.port, encryption=encryption).smtp, letter())
            assert caught.value.cause is Cause.NETWORK
            return box

    assert asyncio.run(run()).taken == []


@dataclass
class Harness:
    """Storage and notifier of alerts, beside a mail server."""

    storage: Storage
    box: Mailbox
    now: datetime = NOON
    events: list[str] = field(default_factory=list)

    def gone(self, name: str) -> None:
        (claim,) = self.storage.polls.claim(self.now, limit=1, lease=HOUR, ids=[name])
        error = FetchError("410\r\nBcc: x@example.org", cause=Cause.GONE, status=410)
        self.storage.polls.record(due_at(failed(claim, self.now, error), self.now + HOUR))

    def fine(self, name: str) -> None:
        (claim,) = self.storage.polls.claim(self.now, limit=1, lease=HOUR, ids=[name])
        self.storage.polls.record(succeeded(claim, source(name), self.now))

    async def tick(self, after: timedelta = timedelta(0)) -> list[str]:
        self.now += after
        current = replace(config(HARBOUR, PILOTS), mail=settings(self.box.port))
        async with client() as fetcher:
            alarm = AlertNotifier(
                self.storage.tasks, lambda: fetcher, at_once, config=lambda: current, clock=lambda: self.now
            )
            tasks = Tasks(self.storage.tasks, at_once, {TaskKind.ALERTS: alarm.run}, clock=lambda: self.now)
            with capture_logs() as logs:
                await alarm.log_new()
                for task in await tasks.claim():
                    await tasks.run(task)
        return [str(each["event"]) for each in logs]


def run_scenario(directory: Path, scenario: Callable[[Harness], Awaitable[None]]) -> Mailbox:
    async def run() -> Mailbox:
        async with mail_server() as box:
            with closing(open_storage(directory)) as storage:
                storage.admin.sync(config(HARBOUR, PILOTS), NOON)
                await scenario(Harness(storage, box))
            return box

    return asyncio.run(run())


def test_alerts_of_one_minute_are_one_message_and_each_is_sent_once(tmp_path: Path) -> None:
    async def scenario(harness: Harness) -> None:
        harness.gone("harbour")
        harness.gone("pilots")
        assert await harness.tick() == ["alert", "alert"]
        assert await harness.tick(DAY) == []
        harness.fine("harbour")
        assert await harness.tick() == ["alert over"]

    (_, both), (_, over) = run_scenario(tmp_path, scenario).taken
    assert both["Subject"].startswith("2 alerts: Harbour (harbour), alert gone: ")
    assert both["Bcc"] is None
    assert [line.partition(":")[0] for line in both.get_content().splitlines() if line] == [
        "Harbour (harbour), alert gone",
        "Pilots (pilots), alert gone",
    ]
    assert over["Subject"].startswith("Harbour (harbour), alert gone is over")


def test_a_mail_server_that_refuses_is_asked_again_and_given_up_after_days(tmp_path: Path) -> None:
    async def scenario(harness: Harness) -> None:
        harness.box.replies["MAIL"] = "451 later"
        harness.gone("harbour")
        assert await harness.tick() == ["alert", "alerts not mailed"]
        assert await harness.tick(MINUTE) == ["alerts not mailed"]
        assert await harness.tick(DROPPED_AFTER) == ["alerts dropped"]
        del harness.box.replies["MAIL"]
        assert await harness.tick(DAY) == []

    assert run_scenario(tmp_path, scenario).taken == []
