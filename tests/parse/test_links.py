"""Link header fields (RFC 8288)."""

import pytest

from aggregator.parse.links import LINKS_MAX, Link, read_links


@pytest.mark.parametrize(
    ("value", "links"),
    [
        ("</f>; rel=alternate", [Link("/f", ("alternate",))]),
        (
            '</f> ; REL = "Alternate  feed" ; Type="Application/RSS+xml; charset=utf-8"; title="News, all"',
            [Link("/f", ("alternate", "feed"), "application/rss+xml", "News, all")],
        ),
        ("</a>; rel=self; rel=hub, </b>; rel=hub", [Link("/a", ("self",)), Link("/b", ("hub",))]),
        ('</a>; title="x; rel=hub"; crossorigin', []),
        ("</a>, rel=hub", []),
        ("no link", []),
        ("", []),
    ],
)
def test_a_link_has_a_target_and_parameters(value: str, links: list[Link]) -> None:
    assert read_links([("age", "</x>; rel=self"), ("link", value)]) == tuple(links)


def test_fields_are_one_list_and_bounded() -> None:
    fields = [("link", f"</{n}>; rel=a") for n in range(LINKS_MAX + 5)]
    assert [link.target for link in read_links(fields)] == [f"/{n}" for n in range(LINKS_MAX)]
