"""Terms of use as published for machines."""

import json

from lxml import etree
from msgspec.structs import replace

from aggregator.model.rights import Terms, Use
from aggregator.render import terms
from tests.render.given import FEED, document, release

RSL = {"r": terms.RSL, "c": "http://backend.userland.com/creativeCommonsRssModule"}
OURS = Terms("CC-BY-4.0", Use.PROHIBIT, Use.PROHIBIT, Use.ALLOW)


def clauses(tree: etree._Element) -> list[tuple[str, str | None]]:
    found = tree.findall(".//r:content/r:license/*", RSL)
    return [(etree.QName(each).localname, each.text) for each in found]


def test_entries_carry_their_terms_in_rsl() -> None:
    one = replace(release(), terms=OURS)
    for kind in ("rss", "atom"):
        tree = etree.fromstring(document(kind, one))
        assert clauses(tree) == [("permits", "search"), ("prohibits", "ai-train,ai-input")], kind
        (content,) = tree.findall(".//r:content", RSL)
        assert content.get("url") == one.page


def test_a_licence_of_creative_commons_stands_in_rss_in_its_own_module() -> None:
    found = etree.fromstring(document("rss", release())).findall(".//c:license", RSL)
    assert [each.text for each in found] == ["https://creativecommons.org/licenses/by/4.0/"]
    other = release(feed=replace(FEED, licence="https://water.example/terms"))
    assert etree.fromstring(document("rss", other)).findall(".//c:license", RSL) == []


def test_the_document_of_the_site_is_rsl() -> None:
    tree = etree.fromstring(terms.document("https://releases.example/", OURS))
    assert tree.tag == f"{{{terms.RSL}}}rsl"
    assert clauses(tree) == [("permits", "search"), ("prohibits", "ai-train,ai-input")]


def test_mining_is_reserved_unless_training_is_allowed() -> None:
    for use, reserved in ((Use.PROHIBIT, 1), (Use.UNSAID, 1), (Use.ALLOW, 0)):
        rules = json.loads(terms.reservation(Terms(train=use)))
        assert rules == [{"location": "/*", "tdm-reservation": reserved}]
