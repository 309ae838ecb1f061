"""Terms of a release: the operator's and the origin's together."""

import pytest
from msgspec.structs import replace

from aggregator.editorial.terms import (
    combined,
    in_words,
    is_creative_commons,
    licence_address,
    licence_key,
    licence_name,
    strictest,
)
from aggregator.model.rights import Terms, Use
from aggregator.model.stored import FeedInfo

ALLOW, PROHIBIT, UNSAID = Use.ALLOW, Use.PROHIBIT, Use.UNSAID
FEED = FeedInfo(id="water", feed="https://water.example/feed.xml", organisation="Water Board")
BY = "https://creativecommons.org/licenses/by/4.0/"
BY_NC = "https://creativecommons.org/licenses/by-nc/4.0/"
ZERO = "https://creativecommons.org/publicdomain/zero/1.0/"


@pytest.mark.parametrize(
    ("configured", "of_feed", "of_item", "licence"),
    [
        ("CC-BY-4.0", "", "", "CC-BY-4.0"),
        ("", BY, "", BY),
        ("", BY, BY_NC, BY_NC),
        ("CC-BY-4.0", BY_NC, "", BY_NC),
        ("CC-BY-NC-4.0", BY, "", "CC-BY-NC-4.0"),
        ("CC-BY-NC-4.0", "", ZERO, "CC-BY-NC-4.0"),
        ("CC0-1.0", BY, "", BY),
        ("CC-BY-NC-4.0", "https://water.example/terms", "", "https://water.example/terms"),
        ("OGL-3.0", BY, "", BY),
        (
            "CC-BY-SA-4.0",
            "https://creativecommons.org/licenses/by-nd/4.0/",
            "",
            "https://creativecommons.org/licenses/by-nd/4.0/",
        ),
    ],
)
def test_the_stricter_licence_counts_and_the_origins_where_none_is(
    configured: str, of_feed: str, of_item: str, licence: str
) -> None:
    feed = replace(FEED, licence=configured, terms=Terms(of_feed))
    assert combined(feed, Terms(of_item) if of_item else None).licence == licence


@pytest.mark.parametrize(
    ("configured", "of_feed", "of_item", "expected"),
    [
        (UNSAID, UNSAID, UNSAID, (PROHIBIT, UNSAID)),
        (ALLOW, UNSAID, UNSAID, (ALLOW, ALLOW)),
        (UNSAID, ALLOW, UNSAID, (ALLOW, ALLOW)),
        (ALLOW, PROHIBIT, ALLOW, (PROHIBIT, PROHIBIT)),
        (ALLOW, ALLOW, PROHIBIT, (PROHIBIT, PROHIBIT)),
        (PROHIBIT, ALLOW, ALLOW, (PROHIBIT, PROHIBIT)),
    ],
)
def test_a_use_is_allowed_if_one_allows_it_and_none_prohibits_it(
    configured: Use, of_feed: Use, of_item: Use, expected: tuple[Use, Use]
) -> None:
    feed = replace(FEED, ai=both(configured), terms=both(of_feed))
    found = combined(feed, both(of_item))
    assert (found.train, found.input) == expected


def both(use: Use) -> Terms:
    return Terms(train=use, input=use)


def test_terms_are_one_line_for_the_operator() -> None:
    assert (
        in_words(Terms("CC-BY-4.0", PROHIBIT, UNSAID, ALLOW)) == "CC-BY-4.0, AI: train prohibit, search allow"
    )
    assert [in_words(Terms(BY)), in_words(Terms())] == [BY, ""]


def test_the_terms_of_the_site_are_as_strict_as_those_of_each_source() -> None:
    allows = replace(FEED, ai=Terms(train=ALLOW, input=ALLOW, search=ALLOW))
    prohibits = replace(FEED, terms=Terms(BY, input=PROHIBIT))
    assert strictest([]) == Terms("", PROHIBIT, PROHIBIT, PROHIBIT)
    assert strictest([allows]) == Terms("", ALLOW, ALLOW, ALLOW)
    assert strictest([allows, prohibits]) == Terms("", PROHIBIT, PROHIBIT, UNSAID)


@pytest.mark.parametrize(
    "written",
    [BY, "CC-BY-4.0", "cc-by-4.0", "http://www.creativecommons.org/licenses/by/4.0/deed.fr"],
)
def test_a_licence_has_one_key_however_it_is_written(written: str) -> None:
    assert licence_key(written) == "licenses/by/4.0"


def test_licences_have_keys_of_their_own() -> None:
    keys = {licence_key(each) for each in ("CC-BY-3.0", "CC-BY-4.0", BY_NC, ZERO, "Open Government", "")}
    assert len(keys) == 6
    assert licence_key("Open  government") == licence_key("open Government")


def test_licences_of_creative_commons_are_known_by_name_and_address() -> None:
    assert licence_address("CC-BY-NC-SA-4.0") == "https://creativecommons.org/licenses/by-nc-sa/4.0/"
    assert [is_creative_commons(each) for each in (BY, ZERO, "https://a.example/by/")] == [True, True, False]


@pytest.mark.parametrize(
    ("licence", "name"),
    [
        (BY, "CC-BY-4.0"),
        ("http://www.creativecommons.org/licenses/by-nc-sa/3.0/deed.de", "CC-BY-NC-SA-3.0"),
        ("https://creativecommons.org/licenses/by/3.0/igo/", "CC-BY-3.0-IGO"),
        (ZERO, "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", None),
        (f"{BY}#x", None),
        (f"{BY}?x=1", None),
        ("https://creativecommons.org/licenses/by/4.0evil", None),
        ("https://creativecommons.org.evil.example/licenses/by/4.0/", None),
        ("OGL-UK-3.0", None),
        ("cc-by-4.0", "CC-BY-4.0"),
    ],
)
def test_an_address_of_creative_commons_is_named_by_its_spdx_id(licence: str, name: str | None) -> None:
    assert licence_name(licence) == (licence if name is None else name)


@pytest.mark.parametrize(
    ("licence", "other"),
    [
        ("CC-BY-4.0", f"{BY}#x"),
        ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0evil"),
        ("CC-BY-3.0", "https://creativecommons.org/licenses/by/3.0/igo/"),
        ("CC-BY-3.0-IGO", "https://creativecommons.org/licenses/by/3.0/"),
    ],
)
def test_another_licence_has_another_key(licence: str, other: str) -> None:
    assert licence_key(licence) != licence_key(other)
