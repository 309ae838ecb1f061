"""Documents are deterministic, in each format."""

import pytest
from msgspec.structs import replace

from aggregator import render
from aggregator.editorial import names
from aggregator.editorial.present import present
from aggregator.model.settings import Text, Topic
from aggregator.render import Format
from tests.render.given import ALSO, FEED, PUBLICATION, channel, document, release, stored


@pytest.mark.parametrize("kind", Format)
def test_the_same_releases_give_the_same_bytes(kind: Format) -> None:
    assert document(kind, release(also=ALSO)) == document(kind, release(also=ALSO))


@pytest.mark.parametrize("kind", Format)
def test_a_document_is_its_head_and_its_entries(kind: Format) -> None:
    entry = render.entry(release(), kind)
    for count in (0, 1, 3):
        assert render.document(channel(), [entry] * count, kind).count(entry) == count


def test_each_kind_has_its_media_type() -> None:
    assert [kind.media_type for kind in Format] == [
        "application/rss+xml; charset=utf-8",
        "application/atom+xml; charset=utf-8",
        "application/feed+json",
    ]


@pytest.mark.parametrize("kind", [Format.RSS, Format.ATOM])
def test_xml_declares_itself_and_its_namespaces_once(kind: Format) -> None:
    whole = document(kind, release(), release())
    assert whole.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
    assert b"xmlns" not in render.entry(release(), kind)
    assert whole.count(b'"http://search.yahoo.com/mrss/"') == 1


def test_topics_that_were_named_are_labels_in_atom_and_names_elsewhere() -> None:
    publication = replace(PUBLICATION, topics=(Topic("sea", Text((("", "Sea & ice"),))),))
    made = present(stored(), feed=replace(FEED, topics=("sea", "law")), publication=publication)
    named = names.named(made, publication)
    assert b'<category term="sea" label="Sea &amp; ice"/><category term="law"/>' in document("atom", named)
    assert b"<category>Sea &amp; ice</category><category>law</category>" in document("rss", named)
    assert b'"tags":["Sea & ice","law","Water & works"]' in document("json", named)
