"""Content, other publishers and disclaimer stay separate elements."""

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator.model.item import Enclosure
from aggregator.model.release import AlsoReleased
from aggregator.normalise import disclaimers
from aggregator.render import body
from tests.render.given import ALSO, ITEM, release


def test_a_body_is_content_then_other_publishers_then_disclaimer() -> None:
    one = release(also=ALSO)
    assert body.html(one) == (
        "<div><p>The <em>dam</em> is open.</p></div>\n"
        '<p>Also released by <a href="https://releases.example/items/mmmmmmmmmmmmm">Ministry &amp; Co</a>, '
        '<a href="https://releases.example/items/hhhhhhhhhhhhh">Harbour</a></p>\n' + one.disclaimer
    )


def test_a_body_without_content_is_its_disclaimer() -> None:
    one = replace(release(), content="")
    assert body.html(one) == one.disclaimer


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr-CA", "Également publié par"), ("ja", "Also released by"), ("", "Also released by")],
)
def test_other_publishers_are_named_in_the_items_language(language: str, words: str) -> None:
    assert words in body.html(replace(release(also=ALSO), language=language))


def test_the_name_of_an_organisation_is_escaped() -> None:
    one = replace(release(), also=(AlsoReleased('<i>"x"', 'https://x.example/?a="b"&c'),))
    assert body.also_released_by(one) == (
        '<p>Also released by <a href="https://x.example/?a=&quot;b&quot;&amp;c">&lt;i&gt;&quot;x&quot;</a></p>'
    )


@pytest.mark.parametrize(
    "content",
    [
        "<p>open <b>bold <i>and",
        "<ul><li>one<li>two",
        "<blockquote><p>quoted",
        '<table><tbody><tr><td>cell<div class="x">',
        "</p></div>x",
        "<dl><dt>a<dd>b",
        "<h1>x<h2>y",
    ],
)
def test_unbalanced_content_keeps_the_disclaimer_an_element_of_its_own(content: str) -> None:
    assert_disclaimer_stands_alone(content)


@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<b>", "</b>", "<ul>", "<li>", "</ul>", "<blockquote>", "x", "&lt;", "<br>"]
        ),
        max_size=12,
    )
)
def test_any_unbalanced_markup_leaves_the_disclaimer_in_the_document(pieces: list[str]) -> None:
    one = release(replace(ITEM, content="".join(pieces)))
    found = html5lib.parseFragment(body.html(one), namespaceHTMLElements=False)
    marked = [element for element in found.iter() if element.get("class") == "pw-disclaimer"]
    assert len(marked) == 1
    assert "Public release." in "".join(marked[0].itertext())


def assert_disclaimer_stands_alone(content: str) -> None:
    one = release(replace(ITEM, content=content))
    found = html5lib.parseFragment(body.html(one), namespaceHTMLElements=False)
    marked = [element for element in found.iter() if element.get("class") == "pw-disclaimer"]
    assert len(marked) == 1


def test_a_long_content_has_the_line_first_and_the_disclaimer_last() -> None:
    one = release(replace(ITEM, content=f"<p>{'x' * 3_000}</p>"))
    whole = body.html(one)
    assert whole.startswith(f"{one.lead}\n<div><p>xxx")
    assert whole.endswith(one.disclaimer)
    assert disclaimers.without(whole) == f"\n<div>{one.content}</div>\n"


@pytest.mark.parametrize(("language", "words"), [("de-AT", "Medien"), ("ja", "Media")])
def test_a_player_among_the_enclosures_is_linked_by_its_host(language: str, words: str) -> None:
    player = Enclosure("https://player.films.example/v/8?a=1&b=2", "text/html")
    one = replace(
        release(), language=language, enclosures=(player, Enclosure("https://a.example/f.mp4", "video/mp4"))
    )
    assert body.html(one).split("\n")[1] == (
        f'<p>{words}: <a href="https://player.films.example/v/8?a=1&amp;b=2">player.films.example</a></p>'
    )
