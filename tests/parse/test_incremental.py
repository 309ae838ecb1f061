"""Incremental parsing by digests of raw items yields the same entries as parsing the whole document."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import ParseError
from aggregator.model.document import Document
from aggregator.parse import parse
from tests.corpus import REAL, SERIES

URL = "https://found.example/dir/feed"
UNSPLITTABLE = {
    "danmactough-illegally-nested-9d532e32.xml",  # items within items
}


def parsed(
    body: bytes, seen: frozenset[bytes] = frozenset(), *, pipeline_version: bytes = b"", url: str = URL
) -> Document:
    return parse(body, content_type="", url=url, seen=seen, pipeline_version=pipeline_version)


def unseen(document: Document, seen: frozenset[bytes]) -> Document:
    return replace(document, entries=tuple(entry for entry in document.entries if entry.digest not in seen))


def subsets(listed: tuple[bytes, ...]) -> list[frozenset[bytes]]:
    """Yield first, last, every other, all but the first, all but the last, all."""
    chosen = (listed[:1], listed[-1:], listed[::2], listed[1:], listed[:-1], listed)
    return [frozenset(each) for each in chosen]


@pytest.mark.needs("corpus")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_the_new_entries_of_a_real_feed_are_those_of_the_whole_document(path: Path) -> None:
    whole = parsed(path.read_bytes())
    assert bool(whole.listed) == (bool(whole.entries) and path.name not in UNSPLITTABLE)
    if whole.listed:
        for seen in subsets(whole.listed):
            assert parsed(path.read_bytes(), seen) == unseen(whole, seen)


@pytest.mark.needs("corpus")
@pytest.mark.parametrize("series", SERIES, ids=lambda path: path.name)
def test_each_state_of_a_feed_yields_the_items_that_its_last_state_lacked(series: Path) -> None:
    seen: frozenset[bytes] = frozenset()
    for path in sorted(series.glob("*.xml")):
        whole = parsed(path.read_bytes())
        document = parsed(path.read_bytes(), seen)
        assert document == unseen(whole, seen)
        if "only-header" in path.name:
            assert document.entries == ()
        seen = frozenset(document.listed)


ITEMS = ("<item><guid>a</guid></item>", "<item><guid>b</guid></item>", "<item><guid>c</guid></item>")


def feed(
    *items: str, head: str = "<title>T</title>", tail: str = "", root: str = '<rss version="2.0">'
) -> bytes:
    listed = "\n  ".join(items)
    return f"{root}<channel>{head}\n{listed}\n{tail}</channel></rss>".encode()


def guids(document: Document) -> list[str]:
    return [entry.guid for entry in document.entries]


def test_only_new_items_are_parsed_wherever_they_stand() -> None:
    before = parsed(feed(*ITEMS[:2]))
    after = parsed(feed(ITEMS[2], *ITEMS[:2]), frozenset(before.listed))
    assert (guids(after), after.listed[1:]) == (["c"], before.listed)


def test_an_edited_item_is_new() -> None:
    before = parsed(feed(*ITEMS))
    after = parsed(feed(ITEMS[0], ITEMS[1].replace("b", "b2"), ITEMS[2]), frozenset(before.listed))
    assert guids(after) == ["b2"]


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        ("<title>T</title><lastBuildDate>Tue</lastBuildDate>", ""),
        ("<title>T</title><pubDate>Tue</pubDate><ttl>5</ttl>", ""),
        ('<title>T</title><dc:date xmlns:dc="http://purl.org/dc/elements/1.1/">Tue</dc:date>', ""),
        ("<title>T</title><generator>G 2</generator>", ""),
        ("<title>T</title>", "<!-- cached in 0.3 s -->"),
        ("  <title>T</title>\n\n", "\n\n"),
    ],
)
def test_volatile_elements_make_no_item_new(head: str, tail: str) -> None:
    before = parsed(feed(*ITEMS))
    after = parsed(feed(*ITEMS, head=head, tail=tail), frozenset(before.listed))
    assert (guids(after), after.listed) == ([], before.listed)


@pytest.mark.parametrize(
    "changed",
    [
        feed(*ITEMS, head="<title>T</title><copyright>Mine</copyright>"),
        feed(*ITEMS, root='<rss version="2.0" xml:base="https://elsewhere.example/">'),
        feed(*ITEMS, root='<rss version="2.0" xml:lang="de">'),
        feed(*ITEMS, tail="<managingEditor>New Editor</managingEditor>"),
    ],
)
def test_a_change_to_inherited_elements_makes_every_item_new(changed: bytes) -> None:
    assert guids(parsed(changed, frozenset(parsed(feed(*ITEMS)).listed))) == ["a", "b", "c"]


def test_another_pipeline_version_or_url_makes_every_item_new() -> None:
    seen = frozenset(parsed(feed(*ITEMS)).listed)
    assert guids(parsed(feed(*ITEMS), seen, pipeline_version=b"2")) == ["a", "b", "c"]
    assert guids(parsed(feed(*ITEMS), seen, url=URL + "2")) == ["a", "b", "c"]


def test_a_comment_inside_an_item_belongs_to_the_item() -> None:
    seen = frozenset(parsed(feed(*ITEMS)).listed)
    commented = ITEMS[0].replace("<guid>", "<!-- edited --><guid>")
    assert guids(parsed(feed(commented, *ITEMS[1:]), seen)) == ["a"]


def test_another_encoding_of_the_same_text_makes_no_item_new() -> None:
    seen = frozenset(parsed(feed(*ITEMS)).listed)
    assert guids(parsed(feed(*ITEMS).decode().encode("utf-16"), seen)) == []


def test_the_item_list_in_the_head_of_rss_1_makes_no_item_new() -> None:
    def rdf(*names: str) -> bytes:
        listed = "".join(f'<rdf:li rdf:resource="{name}"/>' for name in names)
        items = "".join(f'<item rdf:about="{name}"/>' for name in names)
        return (
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
            f"<channel><title>T</title><items><rdf:Seq>{listed}</rdf:Seq></items></channel>{items}</rdf:RDF>"
        ).encode()

    assert guids(parsed(rdf("b", "a"), frozenset(parsed(rdf("a")).listed))) == ["b"]


@pytest.mark.parametrize(
    "inside",
    [
        "<item><guid>a</guid><item><guid>b</guid></item></item>",  # nested
        '<x:item xmlns:x="urn:other"/>' + ITEMS[0],  # another vocabulary's item
    ],
)
def test_a_document_that_does_not_split_cleanly_is_read_whole(inside: str) -> None:
    document = parsed(feed(inside))
    assert "a" in guids(document)
    assert (document.listed, document.salt, {entry.digest for entry in document.entries}) == ((), b"", {b""})


@pytest.mark.parametrize(
    "inside",
    [
        ITEMS[0] + "<undeclared:x/>",  # not well-formed once namespaces count
        ITEMS[0] + "<title>&nbsp;</title>",  # not well-formed at all
    ],
)
def test_only_the_unseen_items_of_a_repaired_document_are_parsed(inside: str) -> None:
    before = parsed(feed(inside))
    assert (guids(before), len(before.listed)) == (["a"], 1)
    assert guids(parsed(feed(inside, ITEMS[1]), frozenset(before.listed))) == ["b"]


def test_limits_apply_inside_items() -> None:
    with pytest.raises(ParseError, match="over 256 attributes"):
        parsed(feed("<item><x " + " ".join(f'a{n}=""' for n in range(257)) + "/></item>"))


def test_digests_of_json_items_ignore_the_order_of_keys() -> None:
    def body(items: str) -> bytes:
        return ('{"version": "https://jsonfeed.org/version/1.1", "items": [' + items + "]}").encode()

    before = parsed(body('{"id": "a", "title": "x"}'))
    after = parsed(body('{"id": "b"}, {"title": "x", "id": "a"}'), frozenset(before.listed))
    assert (guids(after), after.listed[1:]) == (["b"], before.listed)
