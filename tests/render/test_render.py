"""Documents are deterministic, in each format."""

import pytest

from aggregator import render
from tests.render.given import ALSO, channel, document, release


@pytest.mark.parametrize("kind", render.KINDS)
def test_the_same_releases_give_the_same_bytes(kind: str) -> None:
    assert document(kind, release(also=ALSO)) == document(kind, release(also=ALSO))


@pytest.mark.parametrize("kind", render.KINDS)
def test_a_document_is_its_head_and_its_entries(kind: str) -> None:
    entry = render.entry(release(), kind)
    for count in (0, 1, 3):
        assert render.document(channel(), [entry] * count, kind).count(entry) == count


def test_each_kind_has_its_media_type() -> None:
    assert [render.media_type(kind) for kind in render.KINDS] == [
        "application/rss+xml; charset=utf-8",
        "application/atom+xml; charset=utf-8",
        "application/feed+json",
    ]


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="use rss, atom or json"):
        render.entry(release(), "rdf")


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_xml_declares_itself_and_its_namespaces_once(kind: str) -> None:
    whole = document(kind, release(), release())
    assert whole.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    assert b"xmlns" not in render.entry(release(), kind)
    assert whole.count(b'"http://search.yahoo.com/mrss/"') == 1
