"""Terms of whole sites."""

import pytest

from aggregator.model.rights import Terms, Use
from aggregator.parse.site_terms import RSL, licences, of_reservation, of_rsl, strictest
from tests.steps import steps

ALLOW, PROHIBIT, UNSAID = Use.ALLOW, Use.PROHIBIT, Use.UNSAID
RESERVED = Terms(train=PROHIBIT, input=PROHIBIT)


def test_robots_txt_names_licences() -> None:
    robots = b"""User-agent: *
Disallow:
License: https://a.example/one.xml # for all
LICENSE:https://a.example/two.xml
license: https://a.example/one.xml
Licence: https://a.example/misspelt.xml
License:
\xff\xfe: x
License: /three.xml
License: /four.xml
"""
    assert licences(robots) == ("https://a.example/one.xml", "https://a.example/two.xml", "/three.xml")
    assert licences(b"") == ()


def rsl(*licences_of_content: str) -> bytes:
    contents = "".join(
        f"<content url='/'><license>{each}</license></content>" for each in licences_of_content
    )
    return f"<rsl xmlns='{RSL}'>{contents}</rsl>".encode()


@pytest.mark.parametrize(
    ("document", "terms"),
    [
        (rsl("<prohibits type='usage'>ai-train</prohibits>"), Terms(train=PROHIBIT)),
        (
            rsl("<permits type='usage'>all</permits>", "<prohibits type='usage'>ai-train</prohibits>"),
            Terms("", PROHIBIT, ALLOW, ALLOW),
        ),
        (rsl(), Terms()),
        (rsl("<legal>none</legal>"), Terms()),
        (b"", Terms()),
        (b"no XML", Terms()),
        (
            b"<rsl><content><license><prohibits type='usage'>all</prohibits></license></content></rsl>",
            Terms(),
        ),
    ],
)
def test_the_strictest_terms_of_an_rsl_document_count(document: bytes, terms: Terms) -> None:
    assert of_rsl(document) == terms


def test_an_entity_of_an_rsl_document_is_not_read() -> None:
    document = b'<!DOCTYPE rsl [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + rsl(
        "<prohibits type='usage'>&x;</prohibits>"
    )
    assert of_rsl(document) == Terms()


@pytest.mark.parametrize(
    ("document", "terms"),
    [
        (b'[{"location": "/", "tdm-reservation": 1}]', RESERVED),
        (b'[{"location": "/", "tdm-reservation": 0}]', Terms()),
        (b'[{"tdm-reservation": 0}, {"location": "/press/*", "tdm-reservation": 1}]', RESERVED),
        (b'{"tdm-reservation": 1}', Terms()),
        (b"[1, null]", Terms()),
        (b"<html>", Terms()),
        (b"[" * 50_000, Terms()),
    ],
)
def test_a_reservation_for_a_part_counts_for_the_site(document: bytes, terms: Terms) -> None:
    assert of_reservation(document) == terms


def test_what_nobody_speaks_of_is_unsaid() -> None:
    assert strictest([]) == Terms()
    assert strictest([Terms(search=ALLOW), RESERVED]) == Terms("", PROHIBIT, PROHIBIT, ALLOW)


def test_a_clause_counts_for_its_own_content_alone() -> None:
    """Contents within contents, of which each would read the clauses of all within it."""

    def nested(depth: int) -> bytes:
        clause = "<license><permits type='usage'>search</permits></license>"
        opened = f"<content url='/'>{clause}" * depth
        return f"<rsl xmlns='{RSL}'>{opened}{'</content>' * depth}</rsl>".encode()

    few, many = (steps(lambda depth=depth: of_rsl(nested(depth))) for depth in (50, 100))  # type: ignore[misc]
    assert many < 2.5 * few
    assert of_rsl(nested(9)) == Terms("", PROHIBIT, PROHIBIT, ALLOW)
