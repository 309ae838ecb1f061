"""The operator's decisions on the items of a document, and copies of withdrawn releases."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from aggregator.dedupe.copies import Copies, day_text, link_text
from aggregator.dedupe.decided import Decided, feed_digest, releases
from aggregator.dedupe.erased import key_text
from aggregator.dedupe.similar import SKETCH_PIECES, near, pieces, sketch, title_digest, words
from aggregator.model.changes import Placement
from aggregator.model.decision import Decision, Decisions, ErasedKey, State, Trigger
from aggregator.model.entry import Entry, Markup
from aggregator.model.item import READ, Item, Key, KeyKind, Mode
from aggregator.model.poll import Claim
from tests.dedupe.memory import claim, known, said
from tests.given import DAY, HOUR, NOON, entry

TEXT = (
    "<p>The bridge is open again after nine months. Many hands have worked on it. "
    "The mayor will cut a ribbon at noon. Buses run as before. Nobody was hurt.</p>"
)
BRIDGE = entry("Bridge opens", "b", "https://ministry.example/bridge", body=TEXT)
MOVED = entry("Bridge opens", "c", "https://wire.example/bridge", body=TEXT)
TODAY = entry("Bridge opens today", "c", "https://wire.example/bridge", body=TEXT)
OTHER = entry(
    "School closes", "s", "https://ministry.example/school", body="<p>Closed. For ever. Really so.</p>"
)
PLACED = Placement(State.LIVE, None, NOON)
EMBARGOED = Placement(State.HELD, NOON + DAY, NOON, reason="embargo", dated=True)
HERE = claim()


def of(said_by: Entry) -> Item:
    (found,) = said(said_by)
    return found


def decided(said_by: Entry, trigger: Trigger, at: datetime = NOON, by: Claim = HERE) -> Decision:
    """A decision on an item of a source."""
    item = of(said_by)
    return Decision(
        item="decided",
        trigger=trigger,
        reason="asked to",
        actor="tester",
        at=at,
        source=by.id,
        feed=feed_digest(by.feed),
        key=key_text(item.keys[0]),
        fingerprint=item.fingerprint.hex(),
    )


def withdrawn(said_by: Entry, name: str = "gone", at: datetime = NOON) -> Decision:
    """The withdrawal of a release of another source."""
    item = of(said_by)
    there = replace(HERE, id="agency", feed="https://agency.example/feed")
    return replace(
        decided(said_by, Trigger.WITHDRAW, at, there),
        item=name,
        link=link_text(item.key(KeyKind.LINK)),
        title=title_digest(item.title),
        day=day_text(item),
        words=words(item.text),
        signature=item.signature,
    )


def placed(
    said_by: Entry,
    own: Decision | None = None,
    gone: Decision | None = None,
    placement: Placement = PLACED,
    by: Claim = HERE,
    *,
    review: bool = False,
) -> Placement:
    known = Decisions(1, (own,) if own else (), (gone,) if gone else ())
    return Decided(known, by).placed(of(said_by), Mode.NORMAL, "new", placement, review=review)


def test_an_item_that_was_withdrawn_comes_back_withdrawn_and_one_that_was_held_held() -> None:
    for trigger, state in ((Trigger.WITHDRAW, State.WITHDRAWN), (Trigger.HOLD, State.HELD)):
        for before in (PLACED, EMBARGOED):
            found = placed(BRIDGE, decided(BRIDGE, trigger), placement=before)
            assert found == replace(before, state=state, release=None, reason="asked to", dated=False)


def test_an_item_held_until_a_time_of_the_operator_comes_back_until_then() -> None:
    hold = replace(decided(BRIDGE, Trigger.HOLD), release=NOON + HOUR)
    found = placed(BRIDGE, hold, placement=EMBARGOED)
    assert found == replace(EMBARGOED, release=NOON + HOUR, reason="asked to", dated=False)


def test_under_review_a_time_of_the_operator_is_that_of_the_version_that_was_read() -> None:
    hold = replace(decided(BRIDGE, Trigger.HOLD), release=NOON + HOUR)
    waits = replace(EMBARGOED, reason="review", release=NOON + DAY)
    rewritten = replace(BRIDGE, content=Markup("<p>Another text altogether.</p>", is_html=True))
    assert placed(BRIDGE, hold, placement=waits, review=True).release == NOON + HOUR
    assert placed(rewritten, hold, placement=waits, review=True) == waits
    assert placed(rewritten, hold, placement=replace(waits, release=None), review=True) == replace(
        waits, release=NOON + HOUR
    )
    assert placed(rewritten, hold, placement=waits).release == NOON + HOUR


def test_a_withdrawn_text_is_a_copy_as_the_summary_of_another_release_too() -> None:
    carrier = replace(OTHER, summary=BRIDGE.content)
    assert placed(carrier, gone=withdrawn(BRIDGE)).state is State.HELD
    assert placed(OTHER, gone=withdrawn(BRIDGE)).state is State.LIVE


def test_a_release_is_of_all_that_was_published_then() -> None:
    release = replace(decided(BRIDGE, Trigger.RELEASE), read=dict(of(BRIDGE).queries)[READ])
    assert placed(BRIDGE, release, placement=EMBARGOED).state is State.LIVE
    for other in (replace(BRIDGE, authors=("Another",)), replace(BRIDGE, language="fr")):
        assert placed(other, release, placement=EMBARGOED) == EMBARGOED
        assert placed(other, replace(release, read=""), placement=EMBARGOED).state is State.LIVE


def test_a_decision_binds_its_own_source_by_its_id_or_its_feed() -> None:
    decision = decided(BRIDGE, Trigger.WITHDRAW)
    renamed = replace(HERE, id="department")
    moved = replace(HERE, feed="https://ministry.example/new-feed")
    assert placed(BRIDGE, decision, by=renamed).state is State.WITHDRAWN
    assert placed(BRIDGE, decision, by=moved).state is State.WITHDRAWN
    assert placed(BRIDGE, decision, by=replace(renamed, feed=moved.feed)) == PLACED
    assert placed(OTHER, decision) == PLACED


def test_a_decision_on_the_same_guid_of_another_organisation_under_a_former_id_does_not_bind() -> None:
    anothers = replace(HERE, feed="https://another.example/feed")
    assert placed(replace(OTHER, guid=BRIDGE.guid), decided(BRIDGE, Trigger.HOLD), by=anothers) == PLACED


def test_a_decision_of_an_older_journal_binds_the_item_of_its_id() -> None:
    old = Decision("new", Trigger.WITHDRAW, "asked to", "tester", NOON)
    assert placed(BRIDGE, old).state is State.WITHDRAWN
    assert placed(BRIDGE, replace(old, item="another")) == PLACED


def test_of_two_decisions_on_an_item_the_later_counts() -> None:
    own = (decided(BRIDGE, Trigger.RELEASE, NOON + HOUR), decided(BRIDGE, Trigger.WITHDRAW))
    assert (
        Decided(Decisions(2, own), HERE).placed(of(BRIDGE), Mode.NORMAL, "new", PLACED, review=False)
        == PLACED
    )


def test_a_release_comes_back_live_with_the_text_it_was_decided_on() -> None:
    release = decided(BRIDGE, Trigger.RELEASE)
    assert placed(BRIDGE, release, placement=EMBARGOED) == replace(
        EMBARGOED, state=State.LIVE, release=None, reason="", dated=False
    )
    changed = replace(release, fingerprint="00")
    assert placed(BRIDGE, changed, placement=EMBARGOED) == EMBARGOED
    assert placed(BRIDGE, decided(BRIDGE, Trigger.REINSTATE), placement=EMBARGOED) == EMBARGOED
    assert not releases(None, of(BRIDGE))


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(BRIDGE, id="the same address and text"),
        pytest.param(entry("Harbour", "x", "https://ministry.example/bridge", body="<p>x</p>"), id="address"),
        pytest.param(MOVED, id="text"),
        pytest.param(
            entry("BRIDGE — opens!", "x", "https://w.example/", body=TEXT.replace("Nobody", "No one")),
            id="trivial change",
        ),
        pytest.param(
            entry("Round-up", "x", "https://w.example/", body=TEXT + "<p>More. And more. And so on.</p>"),
            id="embedded",
        ),
    ],
)
def test_a_copy_of_a_withdrawn_release_is_held(copy: Entry) -> None:
    held = replace(
        PLACED, state=State.HELD, reason="copy of gone, which was withdrawn", copy_of="gone", release=None
    )
    assert placed(copy, gone=withdrawn(BRIDGE)) == held
    reason = "copy of gone, which was withdrawn; embargo"
    assert placed(copy, gone=withdrawn(BRIDGE), placement=EMBARGOED) == replace(
        EMBARGOED, state=State.HELD, release=None, reason=reason, copy_of="gone", dated=False
    )


def test_another_release_is_no_copy() -> None:
    assert placed(OTHER, gone=withdrawn(BRIDGE)) == PLACED


def test_a_release_without_an_address_is_found_by_its_text_alone() -> None:
    gone = replace(withdrawn(BRIDGE), link="")
    assert placed(replace(OTHER, link=""), gone=gone) == PLACED
    assert placed(MOVED, gone=gone).copy_of == "gone"


TEASER = "<p>" + "Read this release in full on the pages of the ministry of works " * 2 + "</p>"


def repeated(*bodies: str, at: datetime = NOON - HOUR) -> tuple[tuple[datetime, bytes], ...]:
    """Live items of the source with these texts."""
    return tuple((at, of(entry("Earlier", body=body)).signature) for body in bodies)


@pytest.mark.parametrize(
    ("title", "others", "is_copy"),
    [
        ("Bridge opens", repeated(TEASER, TEASER), True),
        ("Ferry sails", (), True),
        ("Ferry sails", repeated(TEASER), True),
        ("Ferry sails", repeated(TEASER, TEASER + TEXT), False),
        ("Ferry sails", repeated(TEASER, TEASER, at=NOON + HOUR), True),  # copies of the copy
    ],
)
def test_a_teaser_that_a_source_repeats_is_a_copy_only_under_the_same_title(
    title: str, others: tuple[tuple[datetime, bytes], ...], is_copy: bool
) -> None:
    gone = withdrawn(entry("Bridge opens", "b", "https://ministry.example/bridge", body=TEASER))
    copy = entry(title, "f", "https://ministry.example/ferry", body=TEASER)
    assert len(pieces(of(copy).signature)) == 1
    found = Decided(Decisions(1, (), (gone,), others), HERE)
    placement = found.placed(of(copy), Mode.NORMAL, "new", PLACED, review=False)
    assert (placement.copy_of == "gone") == is_copy


SENTENCES = (
    "The hospital recalls a batch of infusion pumps after a fault was found in May.",
    "Nobody was hurt, and all of the wards have other pumps.",
    "The maker was told on Monday and looks for the cause.",
    "Patients need not do anything, said the director of the hospital.",
)


@pytest.mark.parametrize(
    ("body", "is_copy"),
    [
        (" ".join(SENTENCES[:1]), True),
        (" ".join(SENTENCES[1:3]), True),
        (" ".join(SENTENCES).replace("Monday", "Tuesday"), True),
        (" ".join(SENTENCES[:3]).replace("Nobody", "No one"), True),
        (" ".join(SENTENCES[:3]) + " Twelve firms make such pumps in this country, four of them here.", True),
        (" ".join(SENTENCES[1:3]) + " Twelve firms make such pumps here. The school opens. It rains.", False),
        (SENTENCES[0] + " The school of the village opens again after the rain.", False),
    ],
)
@pytest.mark.parametrize("is_own", [True, False])
def test_a_few_sentences_of_a_withdrawn_release_are_a_copy_under_any_title(
    body: str, is_copy: bool, is_own: bool
) -> None:
    gone = withdrawn(entry("Pumps recalled", "b", "https://ministry.example/b", body=" ".join(SENTENCES)))
    gone = replace(gone, source=HERE.id) if is_own else gone
    copy = entry("Word from the wards", "c", "https://wire.example/c", body=body)
    assert (placed(copy, gone=gone).copy_of == "gone") == is_copy


def test_an_item_that_was_nearly_a_copy_before_is_not_held_by_a_trivial_edit() -> None:
    gone = withdrawn(entry("Pumps recalled", "b", "https://ministry.example/b", body=" ".join(SENTENCES)))
    was, now = (
        entry("Wards", "c", "https://wire.example/c", body=" ".join(SENTENCES).replace("Monday", day))
        for day in ("Tuesday", "Friday")
    )
    old = replace(known(7, was), signature=of(was).signature)
    decisions = Decided(Decisions(1, (), (gone,)), HERE)
    assert decisions.copied_by(of(now), old, None) is None
    assert decisions.copied_by(of(now), replace(known(7, OTHER), signature=of(OTHER).signature), None) == gone


@pytest.mark.parametrize("trigger", [Trigger.RELEASE, Trigger.REINSTATE])
def test_a_copy_that_the_operator_has_permitted_since_is_no_longer_held(trigger: Trigger) -> None:
    gone = withdrawn(BRIDGE)
    assert placed(BRIDGE, decided(BRIDGE, trigger, NOON + HOUR), gone) == PLACED
    assert placed(BRIDGE, decided(BRIDGE, trigger, NOON - HOUR), gone).copy_of == "gone"


def test_a_hold_until_a_time_permits_a_copy_from_then_on_and_one_without_does_not() -> None:
    hold = decided(MOVED, Trigger.HOLD, NOON + HOUR)
    assert edited(OTHER, MOVED, replace(hold, release=NOON + DAY)) == ""
    assert edited(OTHER, MOVED, hold) == "gone"


def test_the_last_of_several_withdrawals_is_named() -> None:
    gone = [withdrawn(BRIDGE, "later", NOON + HOUR), withdrawn(BRIDGE, "first")]
    found = Copies(gone).of(of(MOVED), "wire")
    assert found is not None
    assert found.item == "later"


def numbered(*numbers: int) -> Entry:
    """An entry whose sentences have these numbers."""
    body = " ".join(f"This is what sentence {n} says of the bridge." for n in numbers)
    name = "-".join(map(str, numbers))
    return entry(name, name, f"https://ministry.example/{name}", body=f"<p>{body}</p>")


def test_sentences_of_several_withdrawn_releases_together_make_no_copy() -> None:
    gone = [withdrawn(numbered(1, 2, 3, 4, 5), "one"), withdrawn(numbered(6, 7, 8, 9, 10), "two")]
    assert Copies(gone).of(of(numbered(3, 4, 5, 6, 7)), "wire") is None
    assert Copies(gone).of(of(numbered(1, 2, 3, 4, 6)), "wire") == gone[0]


def test_beyond_the_steps_an_item_that_may_be_a_copy_counts_as_one() -> None:
    gone = [withdrawn(numbered(1, 2, 3, 4, 5), "one"), withdrawn(numbered(6, 7, 8, 9, 10), "two")]
    assert Copies(gone, steps=9).of(of(numbered(3, 4, 5, 6, 7)), "wire") is not None
    assert Copies(gone, steps=10).of(of(numbered(3, 4, 5, 6, 7)), "wire") is None
    assert Copies(gone, steps=0).of(of(OTHER), "wire") is None


def test_boilerplate_of_withdrawn_releases_takes_no_steps() -> None:
    boilerplate = range(100, 110)
    gone = [withdrawn(numbered(*range(20 * n, 20 * n + 20), *boilerplate), str(n)) for n in range(10, 20)]
    assert Copies(gone, steps=0).of(of(numbered(*range(20), *boilerplate)), "wire") is None


def edited(before: Entry, after: Entry, own: Decision | None = None, **state: object) -> str:
    """Return the id of the withdrawn release that an edit makes an item a copy of, "" for none."""
    old = known(7, before)
    old = replace(old, signature=of(before).signature, **state)  # fields of Known
    found = Decided(Decisions(1, (), (withdrawn(BRIDGE),)), HERE).copied_by(of(after), old, own)
    return found.item if found else ""


def test_an_edit_that_makes_a_live_item_a_copy_is_found() -> None:
    assert edited(OTHER, MOVED) == "gone"
    assert edited(OTHER, OTHER) == ""
    assert edited(replace(OTHER, link=""), MOVED) == "gone"


def test_an_edit_of_an_item_that_was_a_copy_before_is_not_held() -> None:
    assert edited(MOVED, entry("Bridge opens today", "c", "https://wire.example/bridge", body=TEXT)) == ""


def test_an_edit_of_an_item_that_does_not_go_live_by_itself_is_left() -> None:
    assert edited(OTHER, MOVED, state=State.WITHDRAWN) == ""
    assert edited(OTHER, MOVED, state=State.HELD) == ""
    assert edited(OTHER, MOVED, state=State.HELD, release=NOON + DAY) == "gone"
    assert edited(OTHER, MOVED, state=State.HELD, dated=True) == "gone"
    assert edited(BRIDGE, MOVED, state=State.HELD, reinstated=True) == "gone"


def test_an_edit_of_an_item_that_was_released_since_is_published() -> None:
    assert edited(OTHER, MOVED, decided(MOVED, Trigger.RELEASE, NOON + HOUR)) == ""
    again = {"state": State.HELD, "reinstated": True}
    assert edited(MOVED, TODAY, decided(MOVED, Trigger.REINSTATE, NOON + HOUR), **again) == ""


def test_a_release_of_another_text_permits_no_edit_into_a_withdrawn_one() -> None:
    for trigger in (Trigger.RELEASE, Trigger.REINSTATE):
        assert edited(OTHER, MOVED, decided(OTHER, trigger, NOON + HOUR)) == "gone"
        assert placed(
            MOVED, replace(decided(OTHER, trigger, NOON + HOUR), key="2:c"), withdrawn(BRIDGE)
        ).copy_of
    again = {"state": State.HELD, "reinstated": True}
    assert edited(OTHER, MOVED, decided(OTHER, Trigger.REINSTATE, NOON + HOUR), **again) == "gone"


def test_an_item_at_the_address_with_another_text_was_no_copy() -> None:
    there = replace(OTHER, link=BRIDGE.link)
    assert edited(there, replace(MOVED, link=BRIDGE.link)) == "gone"
    body = "<p>Closed. For good. Really so.</p>"
    assert edited(there, entry("School closes", "s", BRIDGE.link, body=body)) == ""


LINES = {
    "title alone": ("", ""),
    "a short text": ("It is open to all at last.", "It is open to all at last."),
    "a short text, a word changed": ("It is open to all at last.", "It is open to all at noon."),
    "a sentence, a word changed": (
        "The hospital recalls a batch of infusion pumps after a fault was found.",
        "The hospital recalls a lot of infusion pumps after a fault was found.",
    ),
    "three sentences, a word changed": (
        "The ministry announced a new programme today. It is funded with nine million. It begins in March.",
        "The ministry announced a new programme today. It is funded with ten million. It begins in March.",
    ),
}


@pytest.mark.parametrize(("before", "after"), LINES.values(), ids=LINES)
def test_a_short_release_under_the_same_title_is_a_copy_on_any_day(before: str, after: str) -> None:
    gone = withdrawn(entry("Bridge opens", "b", "https://ministry.example/b", body=before))
    later = (NOON + DAY).isoformat()
    copy = entry("BRIDGE opens", "c", "https://ministry.example/c", body=after, published=later)
    assert placed(copy, gone=gone).copy_of == "gone"
    other = entry("Ferry", "c", "https://ministry.example/c", body=after, published=later)
    assert placed(other, gone=gone) == (
        PLACED if len(pieces(of(other).signature)) < 3 else placed(copy, gone=gone)
    )


def test_another_text_under_the_same_title_is_a_copy_on_the_same_day_alone() -> None:
    def titled(body: str, at: datetime | None) -> Entry:
        date = at.isoformat() if at else ""
        return entry("Minutes", body, f"https://ministry.example/{len(body)}", body=body, published=date)

    for text in ("The school has closed.", TEXT):
        gone = withdrawn(titled("Nine members met and spoke of a bridge.", NOON))
        assert placed(titled(text, NOON), gone=gone).copy_of == "gone"
        assert placed(titled(text, NOON + DAY), gone=gone) == PLACED
        assert placed(titled(text, None), gone=replace(gone, day="")) == PLACED
    assert placed(titled("Closed.", NOON + DAY), gone=withdrawn(titled(TEXT, NOON))) == PLACED


def test_words_are_near_when_all_but_one_or_a_fifth_are_the_same() -> None:
    assert near(words("one two"), words("One, three"))
    assert near(words("a b c d e f g h i j"), words("a b c d e f g h k l"))
    assert not near(words("a b c d e f g h i j"), words("a b c d e f g k l m"))
    assert near("", "")
    assert not near("", words("one"))


def test_boilerplate_that_another_source_lists_alone_holds_no_release_that_ends_in_it() -> None:
    about = withdrawn(numbered(1, 2, 3))
    release = numbered(10, 11, 12, 13, 1, 2, 3)
    assert placed(release, gone=about) == PLACED
    assert placed(numbered(10, 11, 1, 2, 3), gone=about).copy_of == "gone"
    assert placed(release, gone=replace(about, source=HERE.id)).copy_of == "gone"


def test_a_key_is_told_with_its_kind() -> None:
    assert key_text(Key(KeyKind.LINK, b"\x01\xff")) == "3:01ff"


def test_the_sketches_of_two_texts_that_resemble_each_other_share_sentences() -> None:
    whole, part = (of(numbered(*range(n))).signature for n in (200, 40))
    assert len(sketch(whole)) == SKETCH_PIECES
    assert set(sketch(part)) & pieces(whole)
    assert sketch(b"") == []


# ---- erased releases


def is_blocked(said_by: Entry, *erased: ErasedKey, own: Decision | None = None, by: Claim = HERE) -> bool:
    known = Decisions(1, (own,) if own else (), erased=erased)
    return Decided(known, by).is_blocked(of(said_by), Mode.NORMAL, "new")


def test_an_item_is_blocked_by_an_erased_key_or_by_its_own_erasure() -> None:
    text = of(BRIDGE).key(KeyKind.TEXT)
    assert text is not None
    key = ErasedKey(key_text(Key(KeyKind.TEXT, text)), "gone", "agency", "", everywhere=True)
    assert is_blocked(MOVED, key)
    assert not is_blocked(TODAY, key)
    assert not is_blocked(OTHER)
    erasure = decided(BRIDGE, Trigger.ERASE)
    assert is_blocked(BRIDGE, key, own=erasure)
    assert is_blocked(replace(BRIDGE, title=Markup("Bridge, again")), key, own=erasure)
    assert not is_blocked(OTHER, key, own=erasure)


def test_an_erasure_under_the_same_id_of_another_feed_is_of_its_own_text() -> None:
    key = ErasedKey("4:ff", "gone", "former", "", everywhere=False)
    elsewhere = replace(HERE, feed="https://former.example/feed")
    former = decided(BRIDGE, Trigger.ERASE, by=elsewhere)
    other_text = replace(BRIDGE, content=Markup("<p>Words of its own.</p>", is_html=True))
    assert not is_blocked(other_text, key, own=former)
    assert is_blocked(BRIDGE, key, own=former)
