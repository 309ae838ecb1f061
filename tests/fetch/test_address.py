import pytest

from aggregator.fetch.address import basic_authorization, public_url, without_credentials


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
    assert public_url(url) == shown


def test_a_shown_address_is_of_bounded_length() -> None:
    assert len(public_url("https://example.org/" + "a" * 10_000)) == 300


@pytest.mark.parametrize(
    ("url", "bare", "header"),
    [
        ("https://example.org/a%20b?x=@", "https://example.org/a%20b?x=@", ""),
        ("https://desk:p%40ss@example.org/", "https://example.org/", "Basic ZGVzazpwQHNz"),
        ("https://desk@example.org/", "https://example.org/", "Basic ZGVzazo="),
        ("https://@example.org/", "https://example.org/", ""),
    ],
)
def test_credentials_are_taken_out_of_an_address(url: str, bare: str, header: str) -> None:
    assert (without_credentials(url), basic_authorization(url)) == (bare, header)
