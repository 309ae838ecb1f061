"""/.well-known/security.txt of RFC 9116."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.config import parse
from aggregator.model.settings import SecurityContact
from aggregator.web.export import export
from aggregator.web.security_txt import document
from tests.config.test_load import HERE
from tests.config.test_mistakes import mistakes_in
from tests.web.newsroom import NOON, newsroom, publication

CONTACT = SecurityContact("mailto:security@releases.example", "https://releases.example/policy")
NAMED = replace(publication(), security=CONTACT)


def test_it_names_contact_expiry_language_address_and_policy() -> None:
    published = document(NAMED, NOON)
    assert published is not None
    assert published.body.decode() == (
        "Contact: mailto:security@releases.example\n"
        "Expires: 2026-08-29T00:00:00Z\n"
        "Preferred-Languages: en\n"
        "Canonical: https://releases.example/.well-known/security.txt\n"
        "Policy: https://releases.example/policy\n"
    )
    later = document(NAMED, NOON + timedelta(hours=11))
    assert later is not None
    assert later.body == published.body
    without = document(replace(NAMED, security=replace(CONTACT, policy="")), NOON)
    assert without is not None
    assert b"Policy" not in without.body


@pytest.mark.usefixtures("engine")
def test_it_is_served_once_a_contact_is_configured(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    assert room.client.get("/.well-known/security.txt").status_code == 404
    room.reconfigures(publication=NAMED)
    answer = room.client.get("/.well-known/security.txt")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.text.startswith("Contact: mailto:security@releases.example\nExpires: 20")
    kept = room.storage.settings.applied()
    assert kept is not None
    assert kept.publication.security == CONTACT


@pytest.mark.usefixtures("engine")
@pytest.mark.one_engine("an export reads it of the configuration")
def test_it_is_exported_once_a_contact_is_configured(tmp_path: Path) -> None:
    room, site = newsroom(tmp_path), tmp_path / "www"
    export(site, room.publisher, room.storage, now=lambda: NOON)
    file = site / ".well-known/security.txt"
    assert not file.exists()
    room.reconfigures(publication=NAMED)
    export(site, room.publisher, room.storage, now=lambda: NOON)
    assert "\nExpires: 2026-08-29T00:00:00Z\n" in file.read_text()


def test_contact_and_policy_are_read() -> None:
    text = "publication: {security: {contact: https://a.example/report, policy: https://a.example/}}\n"
    assert parse(text, HERE).publication.security == SecurityContact(
        "https://a.example/report", "https://a.example/"
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{policy: https://a.example/}", "publication.security: `contact` is missing; add it"),
        (
            "{contact: desk@a.example}",
            "publication.security.contact: must start with mailto: or https://, as mailto:security@example.org",
        ),
        (
            "{contact: 'mailto:desk'}",
            "publication.security.contact: must be such as mailto:security@example.org",
        ),
        (
            "{contact: 'mailto:a@b\\nX: y'}",
            "publication.security.contact: must be such as mailto:security@example.org",
        ),
        (
            "{contact: http://a.example/}",
            "publication.security.contact: must start with mailto: or https://, as mailto:security@example.org",
        ),
        (
            "{contact: 'mailto:a@b', policy: http://a.example/}",
            "publication.security.policy: must start with https://",
        ),
    ],
)
def test_a_mistake_names_its_cure(written: str, message: str) -> None:
    (mistake,) = mistakes_in(f"publication: {{security: {written}}}\n")
    assert mistake.partition(": ")[2] == message
