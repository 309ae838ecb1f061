"""Datelines are recognised, dropped and written anew."""

import pytest

from aggregator.editorial.datelines import DATELINE_CHARS_MAX, applied, find


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("GENEVA – The ministry said", "GENEVA"),
        ("GENEVA—The ministry said", "GENEVA"),
        ("BONN - Die Behörde", "BONN"),
        ("NAIROBI, Kenya -- A programme", "NAIROBI"),
        ("NEW YORK, 12 June 2026 (UNFPA) — “In a", "NEW YORK"),
        ("GENEVA/NAIROBI – 300 people", "GENEVA/NAIROBI"),
        ("Geneva, 5 June 2024 – The fund", "Geneva"),
        ("Addis Ababa, 3 May 2026 — In the", "Addis Ababa"),
        ("Rio de Janeiro, Brazil, 3 May – In the", "Rio de Janeiro"),
        ("Paris (AFP) – Le ministère", "Paris"),
        ("北京, 5 – 外交部", None),
        ("The Fund – once a bank – said", None),
        ("UNHCR – the agency – said", None),
        ("In 2024, Kenya – East Africa's hub", None),
        ("Last year, on 5 May – Europe's day – it", None),
        ("Geneva – The ministry", None),
        ("A – The letter", None),
        ("– The ministry", None),
        ("5 – The ministry", None),
        ("GENEVA –", None),
        ("A text without a dash", None),
        ("", None),
        (f"{'A' * DATELINE_CHARS_MAX}B – The ministry", None),
    ],
)
def test_a_dateline_is_a_place_that_is_no_part_of_a_sentence(text: str, place: str | None) -> None:
    found = find(text)
    assert (None if found is None else found.place) == place
    assert found is None or text[found.size :][0] not in " –—-"


SAID = '<h2>NEWS – Today</h2><p> <strong>GENEVA, 5 June</strong> – The <a href="x">R&amp;D</a> fund</p><p>BONN – It</p>'


@pytest.mark.parametrize(
    ("dateline", "expected"),
    [
        ("keep", SAID),
        ("drop", SAID.replace("<strong>GENEVA, 5 June</strong> – ", "")),
        ("{place} –", SAID.replace("<strong>GENEVA, 5 June</strong> – ", "<strong>GENEVA – </strong>")),
        (
            "BERLIN <b> –",
            SAID.replace("<strong>GENEVA, 5 June</strong> – ", "<strong>BERLIN &lt;b&gt; – </strong>"),
        ),
    ],
)
def test_the_dateline_of_the_first_paragraph_is_that_of_the_house(dateline: str, expected: str) -> None:
    assert applied(SAID, dateline) == expected


@pytest.mark.parametrize(
    ("html", "dateline", "expected"),
    [
        ("<p>The fund &amp; x</p>", "drop", "<p>The fund &amp; x</p>"),
        ("<p>The fund</p>", "{place} –", "<p>The fund</p>"),
        ("<p>The fund</p>", "BONN –", "<p>BONN – The fund</p>"),
        ("The fund<br>x", "BONN –", "BONN – The fund<br>x"),
        ("<figure><figcaption>GENEVA – A</figcaption></figure><p></p>", "drop", None),
        ("<p> </p>", "BONN –", None),
        ("", "BONN –", None),
        ("GENEVA – The <em>fund</em>", "drop", "The <em>fund</em>"),
    ],
)
def test_a_text_without_a_dateline_has_that_of_the_house_alone(
    html: str, dateline: str, expected: str | None
) -> None:
    assert applied(html, dateline) == (html if expected is None else expected)
