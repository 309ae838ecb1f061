"""Keys and fingerprints of items."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator.model.entry import Attachment, Entry
from aggregator.model.item import Item, KeyKind
from aggregator.normalise import identity
from tests.normalise.samples import entry, normalised


def a_release() -> Entry:
    return entry(
        "Council decides",
        content='<p>It <b>did</b>. <a href="/a">More</a></p>',
        link="https://example.org/1",
        guid="https://example.org/?p=1",
        published="2024-01-30T12:00:00Z",
    )


def kinds(item: Item) -> set[KeyKind]:
    return {key.kind for key in item.keys}


def test_an_item_has_every_key_there_is() -> None:
    assert kinds(normalised(a_release())) == set(KeyKind)
    assert kinds(normalised(entry("a"))) == {KeyKind.TITLE_DAY, KeyKind.TEXT}
    assert kinds(normalised(entry("a", link="https://example.org/1", guid="1"))) == set(KeyKind) - {
        KeyKind.PATH
    }
    assert KeyKind.PATH not in kinds(normalised(entry("a", guid="https://example.org/")))


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        (KeyKind.GUID, replace(a_release(), link="https://example.org/2", published="")),
        (KeyKind.GUID_LINK, replace(a_release(), published="")),
        (KeyKind.LINK, replace(a_release(), guid="x", link="http://www.example.org/1/?utm_source=rss")),
        (KeyKind.PATH, replace(a_release(), guid="http://new.example.org/?p=1")),
        (KeyKind.TITLE_DAY, replace(a_release(), guid="x", published="Tue, 30 Jan 2024 23:00:00 +0100")),
        (KeyKind.TEXT, replace(a_release(), guid="x", link="https://example.org/2", published="")),
    ],
)
def test_a_key_depends_only_on_its_own_fields(kind: KeyKind, other: Entry) -> None:
    assert normalised(a_release()).key(kind) == normalised(other).key(kind)


def test_a_guid_with_another_link_is_another_guid_link() -> None:
    other = normalised(replace(a_release(), link="https://example.org/2"))

    assert other.key(KeyKind.GUID_LINK) != normalised(a_release()).key(KeyKind.GUID_LINK)


def test_the_day_of_a_title_is_the_day_in_utc() -> None:
    in_vienna = datetime(2024, 1, 31, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    in_utc = datetime(2024, 1, 30, 23, 30, tzinfo=UTC)

    assert identity.keys(guid="", url="", title="A", claimed=in_vienna, text="") == identity.keys(
        guid="", url="", title="A", claimed=in_utc, text=""
    )


@pytest.mark.parametrize(
    "noise",
    [
        {"content": '<div><p>It did .</p> <a href="http://www.example.org/a?utm_source=x">More</a></div>'},
        {"content": '<p>It did. <a href="/a">More</a></p><div class="pw-disclaimer">x</div>'},
        {"content": '<p>It did. <a href="/a">More</a></p><img src="/a.png">'},
        {"published": "2024-02-01T12:00:00Z"},
        {"link": "https://example.org/moved"},
    ],
)
def test_a_fingerprint_ignores_noise(noise: dict[str, str]) -> None:
    raw = {"content": '<p>It <b>did</b>. <a href="/a">More</a></p>', "link": "https://example.org/1"}

    assert (
        normalised(entry("Title", **(raw | noise))).fingerprint
        == normalised(entry("Title", **raw)).fingerprint
    )


@pytest.mark.parametrize(
    "other",
    [
        replace(a_release(), title=replace(a_release().title, value="Council decided")),
        replace(a_release(), content=replace(a_release().content, value='It did not. <a href="/a">More</a>')),
        replace(a_release(), content=replace(a_release().content, value='It did. <a href="/b">More</a>')),
        replace(a_release(), enclosures=(Attachment("https://example.org/a.pdf"),)),
    ],
)
def test_a_fingerprint_changes_with_the_substance(other: Entry) -> None:
    assert normalised(other).fingerprint != normalised(a_release()).fingerprint


def test_parts_of_a_digest_do_not_run_together() -> None:
    one = identity.keys(guid="ab", url="", title="a", claimed=None, text="bc")
    other = identity.keys(guid="a", url="", title="ab", claimed=None, text="c")

    assert set(one) & set(other) == set()


def test_stored_digests_never_change() -> None:
    found = identity.keys(
        guid="https://example.org/?p=1", url="https://example.org/1", title="Ä", claimed=None, text="a\n\nb"
    )

    assert {key.kind.name: key.digest.hex()[:8] for key in found} == {
        "GUID": "0de72c95",
        "GUID_LINK": "0a48d2be",
        "LINK": "be98b2c7",
        "PATH": "1d11b686",
        "TITLE_DAY": "7f4e9753",
        "TEXT": "100da7db",
    }


@given(st.text())
def test_no_text_raises(raw: str) -> None:
    identity.keys(guid=raw, url="", title=raw, claimed=None, text=raw)


def test_a_stored_item_gets_the_fingerprint_that_its_document_would_give_it() -> None:
    item = normalised(entry("A", content='<a href="/a?v=1&amp;sig=2">More</a><img src="/b?w=3" alt="b">'))
    assert {name for name, _ in item.queries} == {"", "*", "?v", "=", "~"}
    assert identity.renewed(replace(item, fingerprint=b"", queries=()), "More") == item
    assert [name for name, _ in identity.renewed(Item((), ""), "").queries] == ["="]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<table><td>1<td>23", "<table><td>12<td>3"),
        ("<table><tr><td>1<tr><td>23", "<table><tr><td>12<tr><td>3"),
        ("1<br>23", "12<br>3"),
        ("<p>1<p>23", "<p>12<p>3"),
        ("<dl><dt>1<dd>23", "<dl><dt>12<dd>3"),
        ("12 345", "1 2345"),
        ("<ol><li>a", "<ol start=5><li>a"),
        ("<ol><li>a", "<ol><li value=4>a"),
    ],
)
def test_a_border_that_moves_between_figures_is_a_correction(one: str, other: str) -> None:
    before, after = (normalised(entry("A", content=body)) for body in (one, other))
    assert before.key(KeyKind.TEXT) == after.key(KeyKind.TEXT)
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<table><td>1<td>23", "<table><tbody><tr><th>1</th>\n<td> 23</td></tr></table>"),
        ("on 3 May", "on<br>3 <b>May</b>"),
        ("1<b>2</b>", "12"),
    ],
)
def test_blanks_and_markup_around_figures_are_no_correction(one: str, other: str) -> None:
    before, after = (normalised(entry("A", content=body)).fingerprint for body in (one, other))
    assert before == after


def test_what_a_reviewer_reads_is_all_that_is_published_but_for_signatures() -> None:
    def read(image: str, alt: str = "b", link: str = "https://a.example/a?x=1&amp;sig=1") -> str:
        body = f'<a href="{link}">More</a><img src="{image}" alt="{alt}" srcset="{image} 1x, {image} 2x">'
        return dict(normalised(entry("A", content=body)).queries)["="]

    first = read("https://a.example/b?w=3&amp;sig=1#f")
    assert read("https://a.example/b?w=3&amp;sig=2#f", link="https://a.example/a?x=1&amp;sig=2") == first
    others = [read(f"https://a.example/{each}") for each in ("b?w=4&amp;sig=1#f", "c?w=3&amp;sig=1#f")]
    others += [read("https://a.example/b?w=3&amp;sig=1#f", alt="?sig=2")]
    others += [read("https://a.example/b?w=3&amp;sig=1#f", link="https://a.example/a?x=2&amp;sig=1")]
    assert len({first, *others}) == 5


@pytest.mark.parametrize("where", ["link", "image", "picture", "file"])
@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("?a=1&b=2#f", "?a=3&b=#f", True),
        ("?1700000001", "?1700000002", True),
        ("?a=1", "?b=1", False),
        ("?a=1", "?a=1&a=1", False),
        ("?a=1", "", False),
        ("?a=1#f", "?a=1#g", False),
    ],
)
def test_what_a_reviewer_reads_is_also_known_without_the_values_of_queries(
    one: str, other: str, where: str, *, is_same: bool
) -> None:
    def shape(query: str) -> str | None:
        url = f"https://a.example/i.jpg{query}"
        said = entry(
            "A",
            content=f'<img src="{url}">' if where == "image" else "A",
            link=url if where == "link" else "",
        )
        file = (Attachment(url),)
        said = replace(
            said, enclosures=file if where == "file" else (), images=file if where == "picture" else ()
        )
        return dict(normalised(said).queries).get("~")

    assert (shape(one) == shape(other)) is is_same


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("?X-Amz-Date=1&X-Amz-Signature=a", "?X-Amz-Date=2&X-Amz-Signature=b", True),
        ("?id=1&expires=1&token=a", "?id=1&expires=2&token=b", True),
        ("?id=1&expires=1&token=a", "?id=2&expires=1&token=a", False),
        ("?token=1", "?token=2", False),  # alone it may select the release
        ("?se=1&sp=1", "?se=2&sp=2", False),
        ("?id=1", "?id=2", False),
    ],
)
def test_a_link_is_the_same_under_another_signature(one: str, other: str, *, is_same: bool) -> None:
    keys = [
        normalised(entry("A", link=f"https://example.org/n{query}")).key(KeyKind.LINK)
        for query in (one, other)
    ]
    assert (keys[0] == keys[1]) is is_same
