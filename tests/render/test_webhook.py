"""Messages of webhooks: what a program, Slack and Teams read, with hostile releases too."""

import json
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from aggregator.model.push import HookEvent
from aggregator.model.push_settings import WebhookFormat
from aggregator.model.release import Release
from aggregator.render.webhook import TEXT_CHARS_MAX, Message, body
from tests.render.given import release

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOSTILE = "<!channel> *bold* [click](https://evil.example) | & <https://evil.example|x>"


def message(of: Release | None, event: HookEvent = HookEvent.CREATED) -> Message:
    return Message(
        id="abc-created-7",
        event=event,
        at=AT,
        publication="Example Releases",
        channel="https://releases.example/",
        item="abc",
        page="https://releases.example/items/abc",
        told="urn:told",
        release=of,
    )


def shown(of: Release | None, kind: WebhookFormat, event: HookEvent = HookEvent.CREATED) -> str:
    """Return the text of a message for people."""
    document = json.loads(body(message(of, event), kind))
    if kind is WebhookFormat.SLACK:
        return str(document["text"])
    (card,) = document["attachments"]
    return "\n".join(run["text"] for block in card["content"]["body"] for run in block["inlines"])


def test_a_program_reads_the_release_as_an_item_of_json_feed() -> None:
    found = json.loads(body(message(release()), WebhookFormat.JSON))
    item = found.pop("item")
    assert found == {
        "id": "abc-created-7",
        "event": "created",
        "at": AT.isoformat(),
        "publication": "Example Releases",
        "channel": "https://releases.example/",
        "item_id": "abc",
    }
    assert item["title"] == release().title
    assert "pw-disclaimer" in item["content_html"]


def test_a_withdrawal_holds_nothing_of_the_release() -> None:
    gone = message(None, HookEvent.WITHDRAWN)
    assert json.loads(body(gone, WebhookFormat.JSON))["item"] == {
        "id": "urn:told",
        "url": "https://releases.example/items/abc",
        "_withdrawn": {"when": AT.isoformat()},
    }
    assert shown(None, WebhookFormat.SLACK, HookEvent.WITHDRAWN) == (
        "Withdrawn: <https://releases.example/items/abc>"
    )
    assert shown(None, WebhookFormat.TEAMS, HookEvent.WITHDRAWN) == (
        "Withdrawn: https://releases.example/items/abc"
    )


@pytest.mark.parametrize("kind", [WebhookFormat.SLACK, WebhookFormat.TEAMS])
@pytest.mark.parametrize(("event", "head"), [(HookEvent.CREATED, ""), (HookEvent.CORRECTED, "Corrected: ")])
def test_people_read_organisation_title_excerpt_and_disclaimer(
    kind: WebhookFormat, event: HookEvent, head: str
) -> None:
    text = shown(release(), kind, event)
    assert text.startswith(f"{head}Water Board: ")
    assert "The dam is open." in text
    assert "Water Board" in text.partition("\n")[2]  # the disclaimer


def test_slack_gets_no_mention_and_no_link_from_a_release() -> None:
    hostile = replace(
        release(), title=HOSTILE, organisation=HOSTILE, excerpt_text=HOSTILE, url="https://a.example/?a|b>"
    )
    text = shown(hostile, WebhookFormat.SLACK)
    assert "<!channel>" not in text
    assert "&lt;!channel&gt;" in text
    assert "<https://a.example/?a%7Cb&gt;>" in text
    assert text.count("<") == text.count(">") == 2  # the page and the original


def test_teams_gets_text_that_is_no_markdown() -> None:
    hostile = replace(release(), title=HOSTILE, organisation="Board", excerpt_text="x", url="")
    card = json.loads(body(message(hostile), WebhookFormat.TEAMS))["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert [each["url"] for each in card["actions"]] == [release().page]
    assert shown(hostile, WebhookFormat.TEAMS) == f"Board: {HOSTILE}\nx"
    links = json.loads(body(message(release()), WebhookFormat.TEAMS))["attachments"][0]["content"]["actions"]
    assert [each["title"] for each in links] == ["Release", "Original"]


def test_a_release_without_an_original_has_no_link_to_one() -> None:
    assert shown(replace(release(), url=""), WebhookFormat.SLACK).count("<https://") == 1


def test_of_a_long_excerpt_the_disclaimer_stays() -> None:
    long = replace(release(), excerpt_text=f"{'x' * TEXT_CHARS_MAX}\n\nThe disclaimer.")
    assert "\nThe disclaimer." in shown(long, WebhookFormat.SLACK)
    assert "xxx" not in shown(long, WebhookFormat.SLACK)
