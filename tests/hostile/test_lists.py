"""Every payload in every field, in what is published beside feeds and pages: archives, withdrawals, directories,
webhooks."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree
from msgspec.structs import replace

from aggregator.model.decision import Trigger
from aggregator.model.push import HookEvent
from aggregator.model.push_settings import WebhookFormat
from aggregator.model.release import Release
from aggregator.policy.lifecycle import step
from aggregator.publish.document import Published
from aggregator.render import Format
from aggregator.render.webhook import Message, body
from tests.given import NOON
from tests.hostile.documents import FIELDS, FORMATS, document, escaped
from tests.hostile.payloads import OURS
from tests.line.line import Line, plain

pytestmark = pytest.mark.usefixtures("engine")

ORIGIN = replace(plain("origin"), indexed=True)
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
LINK = re.compile(r"<([^<>|]*)(?:\|[^<>]*)?>")  # of Slack


@pytest.mark.parametrize("form", FORMATS)
def test_payloads_are_harmless_in_what_is_published_beside_feeds(form: str, tmp_path: Path) -> None:
    with Line(tmp_path, ORIGIN, now=NOON) as line:
        line.reads(ORIGIN, document("rss", (), ["x"], first=10**6), NOON)
        line.reads(ORIGIN, document(form, FIELDS[form], OURS, quote=escaped), NOON + timedelta(minutes=1))
        gone = [
            step(each, Trigger.WITHDRAW, reason=OURS[0], actor="desk", at=NOON + timedelta(minutes=2))
            for each in line.items()[::3]
        ]
        line.storage.acts.apply_transitions(gone)
        publisher = line.publisher
        documents = {name: published.body for name, published in publisher.directories.documents()}
        for kind in (Format.ATOM, Format.JSON):
            for name in ("", "sources/origin"):
                documents |= _present(f"{name} archive.{kind}", publisher.archives.document(name, 1, kind))
            documents |= _present(f"withdrawals.{kind}", publisher.withdrawals.current(kind))
            documents |= _present(f"after.{kind}", publisher.withdrawals.after(0, kind))
        assert len(documents) >= 7
        for name, text in documents.items():
            assert not UNPRINTABLE.search(text.decode()), name
            if name.endswith("json"):
                json.loads(text)
            else:
                etree.fromstring(text)
        assert b"news:title" in documents["news-sitemap.xml"]
        assert len(gone) >= len(OURS) // 4
        shown = [each for each in line.items() if each.state.value == "live"]
        assert len(shown) >= len(OURS) // 2
        for stored in shown:
            release = publisher.public(stored)
            assert isinstance(release, Release)
            message = Message(
                "1",
                HookEvent.CREATED,
                NOON,
                "Example",
                "https://releases.example/",
                stored.id,
                "https://releases.example/items/x",
                "https://releases.example/items/x",
                release,
            )
            slack = json.loads(body(message, WebhookFormat.SLACK))["text"]
            links = LINK.findall(slack)
            assert slack.count("<") == slack.count(">") == len(links), slack
            assert all(each.startswith(("https://", "http://")) for each in links), slack
            card = json.loads(body(message, WebhookFormat.TEAMS))["attachments"][0]["content"]
            assert all(each["url"].startswith(("https://", "http://")) for each in card["actions"])
            assert json.loads(body(message, WebhookFormat.JSON))["item"]["title"] == release.title


def _present(name: str, published: Published | None) -> dict[str, bytes]:
    return {} if published is None else {name: published.body}
