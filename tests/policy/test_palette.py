"""The colours of pages with those of the operator in their place."""

from aggregator.model.look import Brand, Colour
from aggregator.policy.contrast import TEXT_RATIO_MIN, weakest
from aggregator.policy.palette import DARK, GROUNDS, LIGHT, advice, dark, light

ORANGE = ((Colour.ACCENT, "#ff9900"),)


def test_without_own_colours_those_of_the_stylesheet_are_readable() -> None:
    assert (light(Brand()), dark(Brand())) == (LIGHT, DARK)
    assert [*advice(Brand())] == []


def test_own_colours_stand_in_place_of_those_of_the_stylesheet() -> None:
    brand = Brand(colours=ORANGE, dark=((Colour.TEXT, "#ffffff"),))
    assert light(brand) == {**LIGHT, Colour.ACCENT: "#ff9900"}
    assert dark(brand)[Colour.TEXT] == "#ffffff"


def test_the_accent_of_dark_displays_is_a_readable_shade_of_the_light_one() -> None:
    own = dark(Brand(colours=((Colour.ACCENT, "#123456"),)))
    assert own[Colour.ACCENT] not in ("#123456", DARK[Colour.ACCENT])
    assert weakest(own[Colour.ACCENT], [own[each] for each in GROUNDS]) >= TEXT_RATIO_MIN
    given = Brand(colours=ORANGE, dark=((Colour.ACCENT, "#aabbcc"),))
    assert dark(given)[Colour.ACCENT] == "#aabbcc"


def test_a_colour_that_is_hard_to_read_is_named_with_its_ratio_and_a_cure() -> None:
    (sentence,) = advice(Brand(colours=ORANGE))
    said, _, cure = sentence.partition("; write ")
    assert said == (
        "publication.brand.colours: accent #ff9900 on tint #eef2f5 has a contrast of 1.9:1, "
        "and text needs 4.5:1 (WCAG 1.4.3)"
    )
    assert [*advice(Brand(colours=((Colour.ACCENT, cure.split('"')[1]),)))] == []


def test_a_colour_of_the_dark_palette_is_named_as_such() -> None:
    (sentence,) = advice(Brand(dark=((Colour.MUTED, "#444444"),)))
    assert sentence.startswith("publication.brand.colours.dark: muted #444444 on tint #20262b")


def test_grounds_on_which_nothing_can_be_read_are_the_mistake() -> None:
    sentences = [*advice(Brand(colours=((Colour.BACKGROUND, "#777777"), (Colour.SURFACE, "#000000"))))]
    assert sentences
    assert all("no shade of it is readable on all of background, surface, tint" in each for each in sentences)
