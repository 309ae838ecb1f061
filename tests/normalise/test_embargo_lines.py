"""Embargo lines: found where they are a line or a label, and never read as earlier than they may mean."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.document import Document
from aggregator.model.item import EMBARGO_UNREAD
from aggregator.model.settings import Embargo
from aggregator.normalise.embargo_lines import LINES_MAX, OWN_LINE_CHARS_MAX, EmbargoLine, find
from aggregator.normalise.item import normalise
from tests.given import entry, source

NOW = datetime(2026, 5, 1, tzinfo=UTC)
UNREAD = EmbargoLine(None)
ENGLISH = "EMBARGOED UNTIL 00:01 GMT 5 MAY 2026"
FIRST_MINUTE = datetime(2026, 5, 5, 0, 1, tzinfo=UTC)


def said(title: str = "", text: str = "", *, zone: str = "UTC") -> EmbargoLine | None:
    return find(title, text, zone=zone, language="", month_first=None, now=NOW)


def at(hour: int, minute: int = 0, day: int = 5) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


FORMS = (
    (ENGLISH, FIRST_MINUTE),
    ("Embargoed until 00.01 BST, Tuesday 5 May 2026", at(23, 1, 4)),
    ("STRICTLY EMBARGOED FOR RELEASE UNTIL noon, 5 May 2026", at(12)),
    ("*** EMBARGO: 10:00 CEST, 5 May 2026 ***", at(8)),
    ("Embargo: 0001 hrs GMT 5 May 2026", FIRST_MINUTE),
    ("Embargo lifts 5 May 2026 10:00 GMT", at(10)),
    ("Under embargo until 2026-05-05T00:01Z", FIRST_MINUTE),
    ("Not for publication before midnight on 5 May 2026", at(0, 0, 6)),
    ("NOT FOR PUBLICATION OR BROADCAST BEFORE 10:00 a.m. EDT, Tuesday, May 5, 2026", at(14)),
    ("Embargoed until 10:00 New York time on 5 May 2026", at(14)),
    ("Embargoed until 5 May 2026, 10:00 (UK time)", at(9)),
    ("Embargoed until 3 pm GMT, 5 May 2026", at(15)),
    ("Sperrfrist: Dienstag, 5. Mai 2026, 10.00 Uhr", at(10)),
    ("Sperrfrist bis 5. Mai 2026, 10 Uhr MESZ", at(8)),
    ("Sperrfrist: 5.5.2026, 10:00 Uhr Wiener Zeit", at(8)),
    ("Gesperrt bis zum 5. Mai 2026, 12 Uhr mittags", at(12)),
    ("Nicht zur Veröffentlichung vor dem 5. Mai 2026, 10 Uhr", at(10)),
    (
        "SOUS EMBARGO JUSQU\N{RIGHT SINGLE QUOTATION MARK}AU 5 mai 2026 à 00h01 (heure de Paris)",
        at(22, 1, 4),
    ),
    ("Sous embargo jusqu'au mardi 5 mai 2026, 10 heures, heure de New York", at(14)),
    ("Ne pas publier avant le 5 mai 2026 à 10h00", at(10)),
    ("Embargado hasta las 10:00 horas del 5 de mayo de 2026 (CEST)", at(8)),
    ("No publicar antes del 5 de mayo de 2026 a las 10:00 h (hora de Madrid)", at(8)),
    ("Embargo fino alle ore 10 del 5 maggio 2026", at(10)),
    ("Sotto embargo fino al 5 maggio 2026, ore 10.30", at(10, 30)),
    ("Da non pubblicare prima delle ore 10:00 del 5 maggio 2026", at(10)),
    ("Embargado até às 10h00 de 5 de maio de 2026", at(10)),
    ("Não publicar antes de 5 de maio de 2026, às 10h00", at(10)),
    ("Sob embargo até 5 de maio de 2026, 10h00 (hora de Lisboa)", at(9)),
    (f"{ENGLISH} - not to be published in any form", FIRST_MINUTE),
    (f"{ENGLISH}. Check against delivery. Thank you.", FIRST_MINUTE),
    ("EMBARGOED UNTIL 5 May 2026 - 00:01 GMT", FIRST_MINUTE),
)
MORE_FORMS = (  # zones after the day or the time, halves of the day, times with dots, words and spaces
    ("EMBARGOED UNTIL 00:01 GMT 5 MAY 2026", FIRST_MINUTE),
    ("Embargoed until 5 May 2026, 00:01 GMT", FIRST_MINUTE),
    ("Embargoed until 5 May 2026 - 00:01 - GMT", FIRST_MINUTE),
    ("Embargoed until 5 May 2026: 00:01 GMT", FIRST_MINUTE),
    ("Embargoed until Tues. 5 May 2026, 10:00 a.m. EDT", at(14)),
    ("Embargoed until 10 p.m. GMT on May 5, 2026", at(22)),
    ("Embargoed until 10 o'clock GMT on May 5, 2026", at(10)),
    ("Embargoed until 12 noon GMT on 5 May 2026", at(12)),
    ("Embargoed until 5 May 2026, 10:00 GMT+2", at(8)),
    ("Embargoed until 5 May 2026, 10:00 GMT +2", at(8)),
    ("Embargoed until 5 May 2026, 10:00 (GMT+2)", at(8)),
    ("Embargoed until 5 May 2026, 10:00 CEST (+0200)", at(8)),
    ("Embargoed until 5 May 2026, 10:00 Central European Summer Time", at(8)),
    ("Embargoed until 2026-05-05 10:00 +02:00", at(8)),
    ("Embargoed until 2026-05-05T10:00:30+02:00", at(8) + timedelta(seconds=30)),
    ("Embargo time: Tuesday, 5 May 2026, 10:00 CEST", at(8)),
    ("Sperrfrist: 5. Mai 2026, 10 Uhr", at(10)),
    ("Sperrfrist: 5. Mai 2026, 10.30 Uhr (MESZ)", at(8, 30)),
    ("Sperrfrist: 5. Mai, 2026, 10.30 Uhr", at(10, 30)),
    ("SPERRFRIST - 05.05.2026 - 10 h. MESZ", at(8)),
    ("Sous embargo jusqu'au 5 mai 2026, 9h30", at(9, 30)),
    ("Sous embargo jusqu'au 5 mai 2026 \u00e0 9 h 30 (heure de Paris)", at(7, 30)),
    ("Embargo fino al 5 maggio 2026, ore 10.30 CEST", at(8, 30)),
)
FOLLOWING = (
    *(": New harbour master", " : Neuer Hafenmeister", ", says minister", ", says the minister of ports"),
    *(". More", ". Check against delivery, please.", ") New", ") New berth, new crane", "; new", " / new berth"),
    *(" \N{EM DASH} New", " \N{EN DASH} New", " - New", " -- New", " | New", "! New", "? New", ' "New berth"'),
    *(" (corrected version of Monday's release)", " [this release replaces that of Monday]", "\nNew"),
    # that begin with a number, a time or a word of dates
    *(": 12 dead at sea", ", 12 dead at sea", ". 12 dead", " - 12 dead at sea", ": 2027 budget adopted"),
    *(": 10 Uhr beginnt die Sitzung", ": 10:00 was too late, says minister", " | 9h30 est trop t\u00f4t"),
    *(") 10 Uhr beginnt die Sitzung", ": March", ": March of the ports", ": Monday", " \N{EM DASH} May Day"),
    *(": Midnight mass for 12", ": London calls", ". Berlin baut", ": Ist der Hafen sicher?", ": Est-il trop tard ?"),
    *(": Time to act, say ministers of ports", ": Zeit f\u00fcr neue H\u00e4fen, sagt der Minister", ", at last"),
    ". The bridge opens on 7 May 2027, 10:00 CEST, and closes at midnight" * 3,
)  # fmt: skip


@pytest.mark.parametrize(("line", "until"), FORMS)
def test_an_embargo_line_is_read(line: str, until: datetime) -> None:
    assert said(line) == said("Bridge opens", f"{line}\n\nThe bridge opens.") == EmbargoLine(until)


def followed(line: str) -> dict[str, EmbargoLine | None]:
    """What is read of a line with each of the texts that may follow, by that text."""
    return {following: said("Bridge", f"{line}{following}\nMore.") for following in ("", *FOLLOWING)}


@pytest.mark.parametrize(("line", "until"), [*FORMS, *MORE_FORMS])
def test_what_follows_a_date_does_not_change_it(line: str, until: datetime) -> None:
    assert followed(line) == dict.fromkeys(("", *FOLLOWING), EmbargoLine(until))
    assert said(f"{line}: New harbour master") == said(f"{line}\nNew harbour master") == EmbargoLine(until)


VOCABULARY = """
    12 5 2027 10:00 9h30 1200 10 uhr am pm GMT CEST EST ist Vienna Atlantis time zeit hora de May March Monday
    noon midnight New harbour, master: says. - / ( ) | ; or at +2 -5 the
"""
WORDS = st.lists(st.sampled_from(VOCABULARY.split()), max_size=7).map(" ".join)
ANY_SEPARATOR = st.sampled_from(
    [": ", " - ", ". ", ", ", "; ", " / ", " (", ") ", " | ", " \N{EM DASH} ", "! "]
)


ZONED = [form for form in (*FORMS, *MORE_FORMS) if said(form[0], zone="Asia/Tokyo") == said(form[0])]


@given(st.sampled_from(ZONED), ANY_SEPARATOR, WORDS | st.text(max_size=60))
def test_no_text_that_follows_moves_a_date_with_a_zone(
    form: tuple[str, datetime], separator: str, following: str
) -> None:
    line, until = form
    assert said(f"{line}{separator}{following}") in (EmbargoLine(until), UNREAD)


UNCERTAIN = (  # 00:01 of an unknown zone
    "Embargoed until 00:01 (Atlantis time) 5 May 2026",
    "Embargo: 00:01 Atlantis time 5 May 2026",
    "Embargo lifts 5 May 2026, 00:01, Atlantis time",
    "Embargoed until 5 May 2026, 00:01 Atlantis",
    "Embargoed until 5 May 2026, 00:01, Atlantis",
    "Embargoed until 5 May 2026, 00:01 (Atlantis)",
    "Embargoed until 5 May 2026, 00:01, Atlantis time",
    "Embargoed until 5 May 2026, 00:01 - Atlantis time",
    "Embargo: 5 May 2026, 00:01: Atlantis time",
    "Sperrfrist: 5. Mai 2026, 0.01 Uhr Ortszeit",
    "Sous embargo jusqu'au 5 mai 2026, 0h01, heure locale",
)


@pytest.mark.parametrize("line", UNCERTAIN)
def test_a_date_of_an_unknown_zone_is_never_read_as_earlier_whatever_follows(line: str) -> None:
    for following, found in followed(line).items():
        assert found is not None, following
        assert found.until is None or at(12, 1) <= found.until <= at(12, 1, 6), following


@pytest.mark.parametrize(
    "line",
    [
        "Embargoed until 5 May 2026, 10:00 CEST (14:00 GMT)",
        "Embargoed until 5 May 2026, 10:00 CEST / 14:00 GMT",
        "Embargoed until 5 May 2026, 10:00 CEST or 1400 GMT",
        "Embargo: 5 May 2026, 10:00 CEST - 14:00 GMT",
        "Embargo lifts 10:00 GMT 5 May 2026 (at 14:00 CEST)",
        "Sperrfrist: 5. Mai 2026, 10 Uhr / 12 Uhr",
        "Embargoed until 00:01 Tuesday 5 May",  # no year
        "Embargo: Tuesday 5 May, 00:01 GMT",
    ],
)
def test_several_times_or_no_year_are_for_the_operator_whatever_follows(line: str) -> None:
    assert followed(line) == dict.fromkeys(("", *FOLLOWING), UNREAD)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Embargoed until 5 May 2026: New harbour master", EmbargoLine(at(0))),
        ("Embargoed until 5 May 2026, says minister", EmbargoLine(at(0))),
        ("Embargoed until 5 May 2026: 12 dead at sea", EmbargoLine(at(0))),
        ("Embargoed until 5 May 2026: 10 Uhr beginnt die Sitzung", EmbargoLine(at(22))),  # perhaps its time
        ("Embargoed until 5 May 2026: the session begins at 10:00", EmbargoLine(at(22))),
        ("Embargoed until 5 May 2026 at dawn: 12 dead at sea", EmbargoLine(at(12))),
        ("Embargoed until 5 May 2026 at dawn: 12 dead at 10:00", UNREAD),
        ("Embargoed until 5 May 2026 New harbour master", EmbargoLine(at(12))),
        ("Embargoed until 10:00 5 May 2026 for the 12 ports", UNREAD),
        ("Embargoed until 10:00 GMT 5 Dec 12 dead at sea", UNREAD),  # neither of 2012
        ("Embargoed until 10:00 GMT 5 Dec: 2027 budget", UNREAD),
        ("Embargoed until 5 Dec 2026 10:00 March: New", UNREAD),
        ("Embargoed until 10:00 Atlantis time 5 May 2026 / 18:00 Bonn time", UNREAD),
        ("Embargoed until 5 May 2026, 10:00 GMT, +2 for later", UNREAD),
        ("Sperrfrist: 5. Mai 2026, 10 h. CEST Neuer Hafenmeister", UNREAD),
        ("Embargo until 5 May 2026, 10:00: New harbour master", EmbargoLine(at(10))),
        ("Embargo until 5 May 2026, say ministers", None),
        ("Embargo: 12 nations, one sea", None),
    ],
)
def test_what_follows_a_day_or_an_unclear_date_never_ends_it_early(
    line: str, found: EmbargoLine | None
) -> None:
    assert said(line) == found


def test_a_date_without_a_zone_is_in_that_of_its_source() -> None:
    assert said("Embargo: 5 May 2026, 10:00", zone="Europe/Vienna") == EmbargoLine(at(8))
    assert said("Embargo: 5 May 2026, 10:00 GMT", zone="Europe/Vienna") == EmbargoLine(at(10))


@pytest.mark.parametrize(
    ("line", "earliest"),
    [
        ("Embargoed until 00:01 (Atlantis time) 5 May 2026", at(12, 1)),  # UTC-12
        ("Embargo: 00:01 Atlantis time 5 May 2026", at(12, 1)),
        ("Embargoed until 5 May 2026, 10:00 CEST (08:00 GMT)", at(8)),
    ],
)
def test_what_is_uncertain_is_read_as_the_latest_that_it_can_mean(line: str, earliest: datetime) -> None:
    found = said(line)
    assert found is not None
    assert found.until is None or found.until >= earliest


@pytest.mark.parametrize(
    "line",
    [
        "Embargoed until further notice",
        "EMBARGOED UNTIL DELIVERY",
        "Sperrfrist: Beginn der Rede",
        "Embargoed until 11:00 (London time) / 12:00 CEST on 5 May 2026",
        "Embargoed until 00:01 Tuesday 5 May",  # no year
    ],
)
def test_a_clear_line_without_a_date_that_can_be_read_is_for_the_operator(line: str) -> None:
    assert said(line) == UNREAD


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Bridge opens",
        "Embargo: why sanctions failed",
        "Embargo on arms exports extended until 5 May 2027",
        "Ministers agree embargo until 5 May 2026",
        "Embargo until 5 May 2026 agreed by ministers",
        "The embargo until 00:01 GMT 5 May 2026 was broken",
        "Embargo lifted",
        "Not for profit organisations meet",
        "Ne pas confondre",
        "Embargo 12 nations",
        f"Embargoed until delivery {'of the speech ' * 20}",
    ],
)
def test_prose_is_no_embargo_line(line: str) -> None:
    assert said(line) is said("Title", f"{line}\n\nMore.") is None


def test_a_label_before_a_long_line_counts_with_the_date_in_its_first_sentence() -> None:
    prose = "The bridge opens on 7 May 2026. " * 10
    assert len(prose) > OWN_LINE_CHARS_MAX
    assert said(text=f"{ENGLISH}. {prose}") == EmbargoLine(FIRST_MINUTE)


def test_only_the_first_lines_count_and_of_several_the_last_to_end() -> None:
    lines = "\n".join(f"Line {n}" for n in range(LINES_MAX))
    assert said(text=f"{lines}\n{ENGLISH}") is None
    assert said(ENGLISH, "Embargo: 10:00 GMT 6 May 2026") == EmbargoLine(at(10, 0, 6))
    assert said(ENGLISH, "Embargoed until delivery") == UNREAD


@given(st.text(max_size=200))
def test_no_text_raises(rest: str) -> None:
    for label in ("Embargoed until", "Embargo:", "Sperrfrist", "Ne pas publier avant"):
        found = said(f"{label} {rest}")
        assert found is None or found.until is None or found.until.tzinfo is UTC


def test_an_item_has_the_end_of_its_embargo_where_embargoes_hold() -> None:
    for policy, until, unread in (
        (Embargo.HOLD, FIRST_MINUTE, (EMBARGO_UNREAD,)),
        (Embargo.CLAMP, None, ()),
    ):
        of = source("ministry", embargo=policy)
        found = [
            normalise(
                entry("Bridge", body=f"<p>{line}</p><p>It opens.</p>"),
                document=Document("rss20"), source=of, url=of.feed, now=NOW,
            )
            for line in (ENGLISH, "Embargoed until delivery")
        ]  # fmt: skip
        assert found[0].embargo == until
        assert (found[1].embargo, found[1].flags) == (None, unread)


def test_a_line_is_not_cut_before_a_figure_that_may_be_its_time() -> None:
    assert said(text="EMBARGOED UNTIL the session. Room 12") == UNREAD
