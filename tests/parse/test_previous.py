"""The document before a document (RFC 5005, JSON Feed 1.1)."""

import pytest

from aggregator.parse import parse

ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>f</title>{}</feed>'
RSS = (
    '<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel><title>f</title>{}'
    "<item><title>a</title></item></channel></rss>"
)
JSON = '{{"version": "https://jsonfeed.org/version/1.1", "title": "f", "items": []{}}}'
NEXT, ARCHIVE = '<{}link rel="next" href="/page/2"/>', '<{}link rel="prev-archive" href="/2025"/>'


@pytest.mark.parametrize(
    ("document", "previous"),
    [
        (ATOM.format(""), ""),
        (ATOM.format(NEXT.format("")), "https://a.example/page/2"),
        (ATOM.format(NEXT.format("") + ARCHIVE.format("")), "https://a.example/2025"),
        (RSS.format(NEXT.format("a:")), "https://a.example/page/2"),
        (RSS.format(ARCHIVE.format("a:")), "https://a.example/2025"),
        (JSON.format(', "next_url": "https://a.example/2"'), "https://a.example/2"),
        (JSON.format(""), ""),
    ],
)
def test_an_archive_precedes_a_page(document: str, previous: str) -> None:
    assert parse(document.encode(), content_type="", url="https://a.example/feed").previous == previous
