import pytest

from aggregator.fetch.address import redacted


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/feed.xml", "https://example.org/feed.xml"),
        ("https://user:secret@example.org:8443/feed", "https://example.org:8443/feed"),
        ("https://u@ser:p@ss@example.org/", "https://example.org/"),
        ("https://example.org/feed?key=secret&lang=en#top", "https://example.org/feed?key=…&lang=…"),
        ("https://example.org/feed?secret", "https://example.org/feed?…"),
        ("https://example.org/\x1b[31m\u202efe\x9bed", "https://example.org/[31mfeed"),
        ("https://[::1/feed", "an unreadable address"),
        ("file:///srv/feed.xml", "file:///srv/feed.xml"),
    ],
)
def test_a_shown_address_holds_no_secret_and_no_control(url: str, shown: str) -> None:
    assert redacted(url) == shown


def test_a_shown_address_is_of_bounded_length() -> None:
    assert len(redacted("https://example.org/" + "a" * 10_000)) == 300
