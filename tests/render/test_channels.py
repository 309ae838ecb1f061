"""Title, addresses, language and id of a channel."""

import pytest
from msgspec.structs import replace

from aggregator.model.release import Channel
from aggregator.model.settings import Text, Topic
from aggregator.model.stored import FeedInfo
from aggregator.render.channels import describe
from tests.render.given import AUTHORITY, FEED, NOW, PUBLICATION


def test_the_merged_channel_has_the_metadata_of_the_publication() -> None:
    publication = replace(PUBLICATION, description="All of it.")
    assert describe("", publication, [FEED], seq=7, changed=NOW, authority=AUTHORITY) == Channel(
        name="",
        title="Example Releases",
        page="https://releases.example/",
        address="https://releases.example/",
        language="en",
        seq=7,
        changed=NOW,
        description="All of it.",
        id="tag:releases.example,2026-11-24:channel/all",
        publisher="Example Releases",
        publisher_page="https://releases.example/",
    )


def test_a_source_channel_has_the_metadata_of_its_organisation() -> None:
    assert describe(
        "sources/water", PUBLICATION, [FEED], seq=7, changed=None, authority=AUTHORITY
    ) == Channel(
        name="sources/water",
        title="Water Board · Example Releases",
        page="https://releases.example/sources/water",
        address="https://releases.example/sources/water/",
        language="en",
        seq=7,
        description="Water Board · Example Releases. Public releases, each with its original.",
        id="tag:releases.example,2026-11-24:channel/sources/water",
        rights="(c) Water Board",
        publisher="Example Releases",
        publisher_page="https://releases.example/",
    )


@pytest.mark.parametrize(
    ("name", "title", "language"),
    [
        ("topics/human-rights", "Human rights · Example Releases", "en"),
        ("languages/fr", "Français · Example Releases", "fr"),
        ("sources/gone", "gone · Example Releases", "en"),
    ],
)
def test_other_channels_are_titled_by_their_selection(name: str, title: str, language: str) -> None:
    found = describe(name, PUBLICATION, [FEED], seq=1, changed=NOW, authority=AUTHORITY)
    assert (found.title, found.language, found.rights) == (title, language, "")


def test_names_are_safe_in_addresses_and_titles_in_xml() -> None:
    publication = replace(PUBLICATION, name="A\x00 <b>\nB")
    found = describe('topics/é "x"', publication, [], seq=1, changed=NOW, authority=AUTHORITY)
    assert found.page == "https://releases.example/topics/%C3%A9%20%22x%22"
    assert found.title == 'É "x" · A <b> B'


def test_a_source_without_organisation_is_titled_by_its_feed() -> None:
    feed = FeedInfo("s", "https://s.example/", "", title="S news")
    assert (
        describe("sources/s", PUBLICATION, [feed], seq=1, changed=NOW, authority=AUTHORITY).title
        == "S news · Example Releases"
    )


def test_a_topic_channel_has_the_name_and_the_description_that_it_was_given() -> None:
    topic = Topic("health", Text((("fr", "Santé"), ("en", "Health and care"))), Text((("", "What helps."),)))
    publication = replace(PUBLICATION, topics=(topic,), description="All of it.")
    channels = [
        describe(name, publication, [], seq=1, changed=None, authority=AUTHORITY)
        for name in ("topics/health", "topics/sea")
    ]
    assert [(each.title, each.description) for each in channels] == [
        ("Health and care · Example Releases", "What helps."),
        ("Sea · Example Releases", "All of it."),
    ]
