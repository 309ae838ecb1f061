"""Strings from the configuration and feed heads are sanitised."""

import pytest

from aggregator.editorial.safe import feed_address, language_tag, line, web_address


def test_a_line_has_no_line_breaks_and_no_characters_illegal_in_xml() -> None:
    assert (
        line(" a\x00\x1b[31m\n b\ud800\x9b\u202e\u2066\ufeff\ufffe\tc\U0001f600\u2028d\xa0: ")
        == "a[31m b c\U0001f600 d\xa0:"
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?key=1#b", "https://example.org/a?key=1#b"),
        ("http://user:pass@example.org/a", "http://example.org/a"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("//example.org/", ""),
        ("https://", ""),
        ("http://[::1", ""),
        ("https://example.org/a b", ""),
        ("", ""),
    ],
)
def test_only_http_addresses_are_linked(url: str, expected: str) -> None:
    assert web_address(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/feed?a=1&api_key=2&Token=3&x-auth=4", "https://example.org/feed?a=1"),
        ("https://example.org/feed?key=2", "https://example.org/feed"),
        ("https://example.org/feed?keyword=2&monkey=3", "https://example.org/feed?keyword=2&monkey=3"),
        ("file:///srv/feed.xml", ""),
    ],
)
def test_a_published_feed_address_has_no_credentials(url: str, expected: str) -> None:
    assert feed_address(url) == expected


@pytest.mark.parametrize(("tag", "expected"), [("pt-BR", "pt-BR"), ("en_US", ""), ("", ""), ('en"', "")])
def test_a_malformed_language_tag_is_empty(tag: str, expected: str) -> None:
    assert language_tag(tag) == expected
