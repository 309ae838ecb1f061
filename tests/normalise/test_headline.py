"""A first heading that repeats the headline of the item."""

import pytest

from aggregator.model.entry import Markup
from aggregator.normalise import headline, html

TITLE = "Storm warning: the harbour closes"
REST = "<p>Ferries stay in port.</p>"


def read(markup: str) -> tuple[str, str]:
    safe = html.sanitise(Markup(markup, is_html=True), "https://harbour.example/")
    return safe.html, safe.text


def without(markup: str) -> tuple[str, str]:
    return headline.without(TITLE, *read(markup))


@pytest.mark.parametrize(
    "heading",
    [
        f"<h1>{TITLE}</h1>",
        f"\n<h2 lang=en><a href='/storm'>{TITLE.upper()}</a></h2>\n",
        "<h1>Storm&nbsp;warning – the <em>harbour</em> closes</h1>",
    ],
)
def test_a_first_heading_of_the_words_of_the_headline_is_left_out(heading: str) -> None:
    assert without(heading + REST) == ("<p>Ferries stay in port.</p>", "Ferries stay in port.")


@pytest.mark.parametrize(
    "body",
    [
        REST,
        f"{REST}<h1>{TITLE}</h1>",
        f"<h1>{TITLE} on Monday</h1>{REST}",
        f"<h1>{TITLE} <img src='https://harbour.example/map.png' alt='Map'></h1>{REST}",
        f"<p>{TITLE}</p>{REST}",
        f"<h1>{TITLE}</h1>",
        "",
    ],
)
def test_any_other_beginning_stays(body: str) -> None:
    assert without(body) == read(body)
