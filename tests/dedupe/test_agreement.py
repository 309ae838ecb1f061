"""Agreement of two texts: what is a form of the same release, and what makes it another."""

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedupe import tokens
from aggregator.dedupe.agreement import HUNKS_MAX, Said, relation
from aggregator.dedupe.alignment import GAP_STEPS_MAX, Hunk, hunks
from aggregator.dedupe.forms import WORDS_MAX, are_alike
from aggregator.dedupe.relations import Relation
from aggregator.dedupe.wording import NUMBERS
from tests.given import DAY, HOUR, NOON
from tests.steps import steps

SENTENCES = (
    "The northern bridge carries forty-five lorries an hour since Monday.",
    "The council paid 9.4 million crowns for the work of nine months.",
    "Drivers under the age of eighteen are not admitted.",
    "A single toll costs three crowns.",
)
TEXT = " ".join(SENTENCES)


def said(text: str = TEXT, title: str = "Bridge opens", later: timedelta = timedelta(0)) -> Said:
    return Said(tokens.read(text, title), tokens.read(title), NOON + later)


def related(text: str, **more: object) -> Relation | None:
    return relation(said(text, **more), said())  # type: ignore[arg-type]  # `title`, `later`


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("forty-five", "45"),
        ("forty-five lorries an hour", "45 lorries an hour"),
        ("9.4 million crowns", "9,400,000 crowns"),
        ("9.4 million crowns", "9.4m crowns"),
        ("since Monday", "since 2 March"),
        ("since Monday", "since today"),
        ("are not admitted", "aren't admitted"),
        ("three crowns", "3 crowns"),
        ("The council paid", "Council paid"),
        ("carries", "car\u00adries"),
    ],
)
def test_a_form_of_the_same_words_is_the_same_release(old: str, new: str) -> None:
    assert old in TEXT
    assert related(TEXT.replace(old, new)) is Relation.SAME


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("forty-five", "forty-six"),
        ("9.4", "94"),
        ("9.4 million", "9.4 billion"),
        ("Monday", "Tuesday"),
        ("since Monday", "since 4 April"),
        ("are not admitted", "are admitted"),
        ("northern", "southern"),
        ("The council paid", "The council never paid"),
        ("under", "over"),
        ("costs three", "costs about thirteen"),
        ("council paid 9.4 million crowns for the work", "work paid 9.4 million crowns for the council"),
    ],
)
def test_another_word_makes_another_release(old: str, new: str) -> None:
    assert old in TEXT
    assert related(TEXT.replace(old, new)) is None


def test_a_sentence_that_stands_elsewhere_is_no_difference() -> None:
    first, *others = SENTENCES
    assert related(" ".join((*others, first))) is Relation.SAME


def test_a_dateline_is_no_difference() -> None:
    assert related(f"BRENNA, 2 March (BFC) – {TEXT}") is Relation.SAME
    assert related(f"BRENNA, 2 March (BFC) {TEXT}") is None


def test_sentences_added_or_left_out_make_an_addition_or_an_extract() -> None:
    thanks = "The mayor thanked the builders for their patience."
    assert related(f"{TEXT} {thanks}") is Relation.ADDS
    assert related(" ".join((SENTENCES[0], thanks, *SENTENCES[1:]))) is Relation.ADDS
    assert related(" ".join(SENTENCES[:3])) is Relation.EXTRACT
    assert related(" ".join((*SENTENCES[:3], thanks))) is None


def test_additions_of_days_later_or_that_take_something_back_are_news() -> None:
    thanks = "The mayor thanked the builders for their patience."
    assert related(f"{thanks} {TEXT}", later=3 * DAY) is Relation.ADDS
    assert related(f"{thanks} {TEXT}", later=5 * DAY) is None
    assert related(f"{TEXT} {thanks}", later=5 * DAY) is None
    assert related(f"Our statement of Monday was wrong. {TEXT}") is None
    assert related(f"{TEXT} Our statement of Monday was wrong.", later=DAY) is None
    assert related(f"{thanks} " * 6 + TEXT) is None


def test_a_headline_that_takes_back_or_names_another_figure_makes_another_release() -> None:
    assert related(TEXT, title="A new bridge") is Relation.SAME
    assert related(TEXT, title="Correction: bridge opens") is None
    old, new = said(title="Bulletin 31"), said(title="Bulletin 32")
    assert relation(old, new) is None


def test_a_short_text_proves_nothing_unless_it_has_the_same_address() -> None:
    short = said("The office is closed on Friday.")
    assert relation(short, short) is None
    assert relation(short, short, same_address=True) is Relation.SAME
    ours = said(f"{TEXT} We look forward to your visit.")
    assert relation(ours, ours) is None


def test_what_is_beyond_the_words_compared_must_be_equal() -> None:
    long = " ".join(f"Word{n} stands here." for n in range(tokens.TOKENS_MAX))
    assert relation(said(long), said(f"{long} No.")) is None
    assert relation(said(long), said(long)) is Relation.SAME


def test_texts_that_differ_in_many_places_are_not_compared() -> None:
    one = " ".join(f"word{chr(97 + n // 26)}{chr(97 + n % 26)} in" for n in range(HUNKS_MAX + 2))
    assert relation(said(one), said(one.replace(" in", " into"))) is None


def test_boilerplate_and_images_are_no_text() -> None:
    tail = "\n\nAbout the council\n\nThe council was founded in 1911."
    contact = "\n\nPress contact: Ragna Bure, press@council.example"
    image = "[A bridge at night]\n\nBridge opens\n\n"
    assert related(image + TEXT + contact + tail) is Relation.SAME


@pytest.mark.parametrize(
    "tail",
    [
        "About the council: it was founded in 1911, has nine members and meets on every second Tuesday of the month.",
        "Read the full release at https://council.example/bridge",
        "Continue reading …",
    ],
)
def test_lines_that_are_no_part_of_a_release_are_left_out(tail: str) -> None:
    assert related(f"{TEXT}\n\n{tail}") is Relation.SAME


def test_a_line_that_begins_as_one_of_those_is_part_of_a_release() -> None:
    assert related(f"{TEXT}\n\nMore than 500 came.") is Relation.ADDS


def test_hunks_are_what_differs_in_order() -> None:
    one, other = "a b c d e f g h".split(), "a b x d e f h i".split()  # noqa: SIM905  two texts
    assert hunks(one, other) == [Hunk(2, 3, 2, 3), Hunk(6, 7, 6, 6), Hunk(8, 8, 7, 8)]
    assert hunks(one, one) == []
    assert hunks([], one) == [Hunk(0, 0, 0, 8)]


def test_a_gap_without_anchors_that_is_long_counts_as_replaced() -> None:
    one, other = ["a", "b"] * GAP_STEPS_MAX, ["b", "b", "a"] * GAP_STEPS_MAX
    assert len(hunks(one, other)) == 1


def _aligned(size: int) -> None:
    hunks([f"w{n % size}" for n in range(3 * size)], [f"w{n * 7 % size}" for n in range(3 * size)])


def test_the_cost_of_an_alignment_grows_with_the_texts_and_not_with_their_product() -> None:
    """Anchors found one after the other would read the rest of the texts again for each."""
    few, many = (steps(partial(_aligned, size)) for size in (200, 800))
    assert many < 8 * few


@pytest.mark.parametrize(
    ("here", "there", "alike"),
    [
        ("three hundred", "300", True),
        ("vierundachtzig", "84", True),
        ("5 million dollars", "$ 5 million", True),
        ("8 3", "3 8", False),
        ("per cent", "%", True),
        ("4 pm", "16.00", True),
        ("4 p m", "16", True),
        ("12.30 pm", "12.30", True),
        ("8 am", "8 pm", False),
        ("9.00", "9", True),
        ("\u5348 \u5f8c 4", "16", True),
        ("colour", "color", True),
        ("harmless", "harmful", False),
        ("employee", "employer", False),
        ("8.4 \u4e07", "84000", True),
        ("\u4e09 \u5341 \u4e94", "35", True),
        ("\u5341 \u4e8c \u4e07 \u4e09", "120003", True),
        ("\u4e09 .", "3", True),
        ("\u4e0b \u3055 \u3044", "\u304f \u3060 \u3055 \u3044", True),
        ("Tuesday", "3 March 2027", False),
        ("Monday", "2 March 2026", True),
        ("2 March", "Monday 2 March 2026", True),
        ("2 March 2025", "2 March 2026", False),
        ("2026", "March", False),
        ("3 \u6708 2 \u65e5 \u5468 \u4e00", "\u661f \u671f \u4e00", True),
        ("3 \u6708 2 \u65e5 \u5468 \u4e8c", "\u4eca \u5929", False),
        ("3 \u6708 2 \u65e5 \u592a", "\u4eca \u5929", False),
        ("2 March 3", "2 March", False),
        ("99 March", "yesterday", False),
        ("a " * 20, "b", False),
    ],
)
def test_forms_of_the_same_words(here: str, there: str, alike: bool) -> None:
    found = are_alike(here.casefold().split(), there.casefold().split(), NOON, NOON + HOUR, is_lower=True)
    assert found is alike


@pytest.mark.parametrize(
    "words",
    [
        "\u2776 hundred",
        "20 \u2776",
        "\u2776 million",
        "\u1369 billion",
        f"{'1' * 5_000} hundred",
        f"20 {'1' * 5_000}",
    ],
)
def test_no_number_of_one_source_ends_the_poll_of_another(words: str) -> None:
    """Dingbats and Ethiopic numerals are digits that no integer is read of, nor of more than 4,300 digits."""
    assert not are_alike(words.split(), ["some", "number"], NOON, NOON, is_lower=True)
    assert are_alike(words.split(), [word.upper() for word in words.split()], NOON, NOON, is_lower=True) is (
        words == words.upper()
    )
    assert related(TEXT.replace("9.4 million", words)) is None


@given(
    st.lists(
        st.characters(categories=("Nd", "Nl", "No", "Lo"), max_codepoint=0x1FFFF)
        | st.sampled_from([*sorted(NUMBERS), "million", "pm", "."]),
        max_size=6,
    )
)
def test_any_words_are_compared(words: list[str]) -> None:
    for here in (words, ["20", *words]):
        are_alike(here, ["some", "number"], NOON, NOON, is_lower=True)


def test_more_words_than_a_form_has_are_no_form() -> None:
    many = ("bridge",) * (WORDS_MAX + 1)
    assert not are_alike(many, many, NOON, NOON, is_lower=True)


def test_words_written_as_one_or_as_two_are_a_form() -> None:
    assert are_alike(("on", "line"), ("online",), NOON, NOON, is_lower=True)
