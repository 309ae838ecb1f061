"""Strings from the configuration and feed heads are sanitised."""

import pytest

from aggregator.editorial.safe import cut, language_tag, line, masked_feed, public_feed, web_address


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


PLAIN, SECRET = "https://example.org/feed", "https://example.org/feed?sesskey=abc&format=rss&xyz"


def test_a_feed_address_with_a_query_is_published_only_where_the_operator_says_so() -> None:
    assert (public_feed(PLAIN), public_feed(SECRET), public_feed(SECRET, is_public=True)) == (
        PLAIN,
        "",
        SECRET,
    )
    assert public_feed("file:///srv/feed.xml", is_public=True) == ""


def test_the_operator_sees_a_feed_address_with_its_secrets_masked() -> None:
    assert masked_feed(SECRET) == "https://example.org/feed?sesskey=…&format=…&…"
    assert (masked_feed(PLAIN), masked_feed("file:///srv/feed.xml")) == (PLAIN, "file:///srv/feed.xml")
    assert masked_feed("javascript:alert(1)") == ""


@pytest.mark.parametrize(("tag", "expected"), [("pt-BR", "pt-BR"), ("en_US", ""), ("", ""), ('en"', "")])
def test_a_malformed_language_tag_is_empty(tag: str, expected: str) -> None:
    assert language_tag(tag) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ""), ("abcdefgh", "abcdefgh"), ("abcdefghi", "abcde…"), ("字字字", "字…"), ("abc  defghi", "abc…")],
)
def test_a_text_is_cut_between_characters(text: str, expected: str) -> None:
    assert cut(text, 8) == expected
