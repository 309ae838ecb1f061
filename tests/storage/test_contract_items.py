"""Contract of every storage engine: items, ids, revisions, queries and search."""

import threading

from msgspec.structs import replace

from aggregator.model.decision import State, Trigger
from aggregator.model.entry import Markup
from aggregator.model.poll import Totals
from aggregator.model.stored import ItemQuery
from aggregator.storage import Storage
from tests.given import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    SourceDriver,
    all_items,
    config,
    entry,
    failed,
    iso,
    item,
    source,
    titles,
)
from tests.storage.given import given_origin, move


def test_an_item_is_stored_with_all_its_fields(storage: Storage) -> None:
    origin = given_origin(storage)
    said = entry("Résumé — “quoted”", "https://ministry.example/1", "https://ministry.example/1")
    origin.says(said)
    (stored,) = all_items(storage)
    made = item(said, origin.source)
    # Some are kept for comparison and not read back, others not stored.
    names = ("digest", "queries", "signature", "summarised", "latest", "by_update", "expires", "embargo")
    apart = {name: getattr(made, name) for name in names}
    assert replace(stored.item, **apart) == made
    assert (stored.public_id, stored.position, stored.state) == ("https://ministry.example/1", 1, State.LIVE)


def test_a_public_id_is_never_given_twice(storage: Storage) -> None:
    for name in ("ministry", "agency"):
        given_origin(storage, name).says(
            entry(f"By {name}", "https://shared.example/1", f"https://{name}.example/")
        )
    first, second = all_items(storage)
    assert first.public_id == "https://shared.example/1"
    assert second.public_id == f"tag:{storage.admin.authority()}:{second.id}"


def test_positions_grow_in_the_order_items_go_live(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(
        entry("New", "g2", published=iso(NOON - MINUTE)), entry("Old", "g1", published=iso(NOON - DAY))
    )
    origin.says(entry("Backdated", "g3", published=iso(NOON - 5 * DAY)))
    assert titles(storage.items.select("")) == ["Backdated", "New", "Old"]
    assert [item.position for item in storage.items.select("")] == [3, 2, 1]


def test_an_edit_keeps_a_revision_and_shows_the_correction(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Before", "g1"))
    outcome = origin.says(entry("After", "g1"), now=NOON + HOUR)
    (stored,) = storage.items.select("")
    assert (outcome.new, outcome.edited, stored.item.title) == (0, 1, "After")
    assert (stored.shown, stored.updated, stored.corrected) == (NOON, NOON + HOUR, True)
    (revision,) = storage.items.revisions(storage.items.history(stored.number))
    assert (revision.at, revision.title) == (NOON + HOUR, "Before")
    assert storage.items.corrections(stored.number) == (replace(revision, content=""),)


def test_a_change_of_summary_or_language_is_shown_and_is_no_correction(storage: Storage) -> None:
    origin = given_origin(storage)
    said = replace(entry("Bridge opens", "g1"), summary=Markup("<p>Opens Monday.</p>", is_html=True))
    origin.says(replace(said, language="en"))
    seq = storage.items.channel_seq("")
    other = replace(said, summary=Markup("<p>Opens Tuesday.</p>", is_html=True), language="fr")
    outcome = origin.says(replace(other, digest=b"2" * 16), now=NOON + HOUR)
    (stored,) = all_items(storage)
    assert (outcome.edited, stored.item.summary, stored.item.language) == (0, "<p>Opens Tuesday.</p>", "fr")
    assert (stored.updated, stored.corrected, stored.version) == (NOON, False, 1)
    assert storage.items.revisions(storage.items.history(stored.number)) == ()
    assert storage.items.channel_seq("") != seq
    assert (len(storage.items.select("languages/fr")), storage.items.select("languages/en")) == (1, ())
    assert len(storage.items.listing("languages/fr", 9)) == 1
    assert titles(storage.items.items(ItemQuery(search="bridge"))) == ["Bridge opens"]


def test_a_derived_title_is_kept_by_no_revision(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("", "g1", body="<p>Body of before.</p>"))
    origin.says(entry("", "g1", body="<p>Body of now.</p>"), now=NOON + HOUR)
    (stored,) = storage.items.select("")
    assert (stored.item.title, stored.item.untitled) == ("Body of now.", True)
    (revision,) = storage.items.revisions(storage.items.history(stored.number))
    assert (revision.title, revision.content) == ("", "<p>Body of before.</p>")


def test_a_revision_knows_its_link_where_the_next_state_has_another_one(storage: Storage) -> None:
    origin, links = given_origin(storage), ("a.example/1", "b.example/1", "b.example/1", "c.example/1")
    for hour, link in enumerate(links):
        origin.says(entry(f"Release {hour}", "g1", f"https://{link}"), now=NOON + hour * HOUR)
    (stored,) = storage.items.select("")
    former = ["https://b.example/1", "", "https://a.example/1"]
    assert [each.former_url for each in storage.items.corrections(stored.number)] == former
    whole = storage.items.history(stored.number)
    parts = [replace(whole, revisions=whole.revisions[start:]) for start in range(3)]
    assert [each.former_url for part in parts for each in storage.items.revisions(part)] == [
        *former,
        *former[1:],
        *former[2:],
    ]


def test_seq_grows_with_every_commit_even_from_many_threads(storage: Storage) -> None:
    names = [f"s{n}" for n in range(4)]
    storage.admin.sync(config(*(source(name) for name in names)), NOON)
    seen: list[int] = []

    def many(name: str) -> None:
        origin = SourceDriver(storage, source(name))
        for number in range(5):
            origin.says(entry(f"{name} {number}", f"{name}-{number}", published=iso(NOON)))
            found = storage.items.channel_seq("")
            assert found is not None
            seen.append(found[0])

    threads = [threading.Thread(target=many, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    positions = [item.position for item in all_items(storage)]
    assert (len(seen), sorted(p for p in positions if p)) == (20, list(range(1, 21)))
    assert storage.admin.check() == ()


def test_items_are_found_by_id_public_id_and_address(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Here", "urn:example:1", "https://ministry.example/here?utm_source=feed"))
    (stored,) = all_items(storage)
    for reference in (stored.id, "urn:example:1", "https://ministry.example/here"):
        assert storage.items.named(reference) == (stored,)
    assert storage.items.find(stored.id) == stored
    assert storage.items.named("nothing") == ()
    assert storage.items.find("urn:example:1") is None


def test_a_reference_names_every_item_with_that_url_or_public_id(storage: Storage) -> None:
    given_origin(storage, "other").says(
        entry("Taken", "https://ministry.example/here", "https://other.example/1")
    )
    given_origin(storage).says(entry("Here", "urn:example:1", "https://ministry.example/here"))
    found = storage.items.named("https://ministry.example/here")
    assert [each.item.title for each in found] == ["Taken", "Here"]


def test_items_are_listed_by_words_source_topic_language_and_state(storage: Storage) -> None:
    given_origin(storage, "ministry", topics=("health",), language="de-AT").says(entry("Grüße", "g1"))
    given_origin(storage, "agency").says(entry("Greetings", "g1"))
    found = {
        "words": titles(storage.items.items(ItemQuery(search="grusse")))
        or titles(storage.items.items(ItemQuery(search="grüße"))),
        "quoted": titles(storage.items.items(ItemQuery(search='"greet* OR'))),
        "source": titles(storage.items.items(ItemQuery(source="agency"))),
        "language": titles(storage.items.items(ItemQuery(language="de"))),
        "held": titles(storage.items.items(ItemQuery(states=(State.HELD,)))),
        "before": titles(storage.items.items(ItemQuery(before=2))),
        "limit": titles(storage.items.items(ItemQuery(limit=1))),
    }
    assert found == {
        "words": ["Grüße"],
        "quoted": [],
        "source": ["Greetings"],
        "language": ["Grüße"],
        "held": [],
        "before": ["Grüße"],
        "limit": ["Greetings"],
    }


def test_search_finds_the_present_text_only(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Harbour", "g1"))
    assert titles(storage.items.items(ItemQuery(search="harbour"))) == ["Harbour"]
    origin.says(entry("Lighthouse", "g1", body="<p>Another text.</p>"))
    assert storage.items.items(ItemQuery(search="harbour")) == ()
    assert titles(storage.items.items(ItemQuery(search="lighthouse"))) == ["Lighthouse"]


def test_totals_count_items_and_sources_by_state(storage: Storage) -> None:
    assert storage.admin.totals(NOON) == Totals()
    origin = given_origin(storage)
    origin.says(entry("Live", "g1"), entry("Held", "g2"), entry("Gone", "g3"))
    for stored in all_items(storage):
        if stored.item.title != "Live":
            move(storage, stored, Trigger.HOLD if stored.item.title == "Held" else Trigger.WITHDRAW)
    failing, waiting = source("failing"), source("waiting")
    storage.admin.sync(config(origin.source, failing, waiting), NOON)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=["failing"])
    storage.polls.record(failed(claim, NOON))
    stand = Totals(held=1, live=1, withdrawn=1, working=1, failing=1, waiting=1)
    assert storage.admin.totals(NOON) == replace(stand, due=1)
