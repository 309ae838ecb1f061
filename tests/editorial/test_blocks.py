"""The templates that blocks of pages accept, and the HTML rendered from them."""

import pytest

from aggregator.editorial.blocks import BLOCK_CHARS_MAX, BlockValues, ItemValues, compiled
from aggregator.editorial.sandbox import TemplateMistake
from aggregator.model.look import Block

VALUES = BlockValues(publication="A & B", home="/", logo="/static/logo.png", imprint="https://example.org/i")
HOSTILE = BlockValues(
    publication="P",
    organisation='"><script>alert(1)</script>',
    item=ItemValues(title="<b>", url="https://example.org/?a=1&b='2'"),
)


def test_a_block_has_its_variables_escaped() -> None:
    template = compiled(Block.MASTHEAD, '<p class="big"><a href="{{ home }}">{{ publication }}</a></p>')
    assert template.render(VALUES) == '<p class="big"><a href="/">A &amp; B</a></p>'


def test_what_a_feed_says_is_text() -> None:
    template = compiled(
        Block.AFTER_RELEASE, '<a href="{{ item.url }}">{{ organisation }} {{ item.title }}</a>'
    )
    assert template.render(HOSTILE) == (
        '<a href="https://example.org/?a=1&amp;b=&#x27;2&#x27;">'
        '"&gt;&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt;</a>'
    )


def test_a_block_chooses_with_if() -> None:
    source = '{% if logo %}<img src="{{ logo }}" alt="">{% else %}{{ publication }}{% endif %}<hr>'
    template = compiled(Block.FOOTER, source)
    assert template.render(VALUES) == '<img src="/static/logo.png" alt=""><hr>'
    assert template.render(BlockValues("P")) == "P<hr>"


@pytest.mark.parametrize(
    "address",
    ["/about", "about.html", "about", "../about", "#top", "?q=1", "tel:+4312345", "mailto:a@b.example"],
)
def test_a_link_may_stay_on_the_site(address: str) -> None:
    html = f'<a href="{address}">x</a>'
    assert compiled(Block.FOOTER, html).render(VALUES) == html


@pytest.mark.parametrize("address", ["https://cdn.example/a.png", "/static/logo.png", "../static/logo.png"])
def test_an_image_is_asked_for_by_https(address: str) -> None:
    html = f'<img src="{address}" alt="A">'
    assert compiled(Block.FOOTER, html).render(VALUES) == html


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        (
            "a\n{{ item.title }}",
            2,
            "no variable 'item.title'; there are contact, description, home, imprint, ",
        ),
        (
            "{% for x in publication %}x{% endfor %}",
            1,
            "a template can insert variables and use if, but not for",
        ),
        ("a\n\n{% if %}", 3, "Expected an expression, got 'end of statement block'"),
        ("{{ publication | safe }}", 1, "no filter 'safe'; there are capitalize, default, "),
        ("{{ publication.__class__ }}", 1, "no variable '….__class__'; there are "),
    ],
)
def test_a_mistake_in_a_template_has_its_line(source: str, line: int, reason: str) -> None:
    with pytest.raises(TemplateMistake) as caught:
        compiled(Block.FOOTER, source)
    assert caught.value.line == line
    assert caught.value.reason.startswith(reason)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("<div>", "<div> is never closed"),
        ("</main>", "</main> closes nothing"),
        ("<!-- x -->", "comments and declarations are not allowed in a template"),
        ("<script>x</script>", "<script> is not allowed in a template"),
        ("<form></form>", "<form> is not allowed in a template"),
        ('<p style="x">a</p>', "the attribute 'style' is not allowed in a template"),
        ('<p onclick="x">a</p>', "the attribute 'onclick' is not allowed in a template"),
        ('<a href="javascript:x">a</a>', "a link must start with https://"),
        ('<a href="java\nscript:x">a</a>', "a link must start with https://"),
        ('<a href="//evil.example">a</a>', "a link must start with https://"),
        ('<a href="/\\evil.example">a</a>', "a link must start with https://"),
        (
            '<img src="http://a.example/a.png" alt="">',
            "a link must start with https://, or be a path, on <img>",
        ),
        ('<p src="/a.png">a</p>', "a link must start with https://, or be a path, on <img>"),
        ("<p class={{ organisation }}>a</p>", "the attribute 'agency' is not allowed in a template"),
        ('<a href="{{ organisation }}">a</a>', "a link must start with https://"),
        ("a" * (BLOCK_CHARS_MAX + 1), "the template is longer than 20000 characters"),
    ],
)
def test_a_template_that_could_break_a_page_is_refused(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        compiled(Block.AFTER_RELEASE, source)
    assert str(caught.value).startswith(message)
