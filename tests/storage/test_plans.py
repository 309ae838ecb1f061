"""Plans of the statements of polls, transitions, claims and channels on 100,000 items: none scans a large table."""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from aggregator.model.decision import Trigger
from aggregator.model.desk import Waiting
from aggregator.model.document import Document, ReadResult
from aggregator.model.image import Drawn, ImageState, Pictured
from aggregator.model.overview import SourceQuery, TallyKind
from aggregator.model.poll import SourceState
from aggregator.model.search import Cursor
from aggregator.policy.lifecycle import step
from aggregator.policy.paging import at
from aggregator.policy.search_query import parse
from aggregator.storage import Storage
from aggregator.storage.sqlite import storage
from tests.engines import analyse, execute, open_storage
from tests.given import HOUR, MINUTE, NOON, SourceDriver, config, entry, iso, item, source
from tests.storage.given import again, claimed, move

# Tables, and the aliases they have.
LARGE = (
    "item|item_key|membership|waiting|poll|revision|audit|sketch|translation|translation_key|image|image_use|"
    "i|o|m|w|k|t|n|u"
)
NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
FILL = (
    """INSERT INTO item (number, id, public_id, source, state, position, seq, backlog, shown, updated, first_seen,
        fingerprint, link, keys, language, title, url, details, text, content, indexed)
    {numbers} SELECT 1000 + i, 'id' || i, 'tag:' || i, 2 + i % 100, 'live', 1000 + i, i, 0, i, i, i, {blob}, {blob},
        {none}, 'en', 'title', 'https://filler.example/' || i, '{{}}', 'text', 'text', 1 FROM n""",
    "INSERT INTO item_key (source, digest, kind, item) {numbers} SELECT 2 + i % 100, {blob}, 1, 1000 + i FROM n",
    "INSERT INTO sketch (hash, source, item) {numbers} SELECT i, 2 + i % 100, 1000 + i FROM n",
    """INSERT INTO membership (channel, position, item, source, since, listed)
    {numbers} SELECT 1, 1000 + i, 1000 + i, 2 + i % 100, i, i FROM n""",
    """INSERT INTO waiting (channel, item, source, since)
    {numbers} SELECT 1, 1000 + i, 2 + i % 100, i + 1772400000000 FROM n""",
    """INSERT INTO turn (channel, source, due)
    SELECT 1, number, CASE WHEN number = 3 THEN 1 ELSE 9000000000000 END FROM source WHERE id <> 'ministry'""",
    """INSERT INTO poll (source, started, seconds, kind, cause, message, received, new, edited)
    {numbers} SELECT 2 + i % 100, i, 0.1, 'unchanged', '', '', 0, 0, 0 FROM n""",
    """INSERT INTO revision (item, at, title, content, url, fingerprint)
    {numbers} SELECT 1000 + i, i, 'title', 'text', '', {blob} FROM n""",
    """INSERT INTO audit (item, at, before, after, trigger, reason, actor)
    {numbers} SELECT 1000 + i, i, 'held', 'live', 'first seen', '', '' FROM n""",
    """INSERT INTO translation_key (item, kind, digest, source, own)
    {numbers} SELECT 1000 + i, 1 + i % 2, {blob}, 2 + i % 100, CASE WHEN i % 2 = 1 THEN {blob} END FROM n""",
    "INSERT INTO translation (item, other, basis) {numbers} SELECT 1000 + i, 1001 + i - 2 * ((i + 1) % 2), 1 FROM n",
    "INSERT INTO image (digest, width, height, size, body) {numbers} SELECT 'd' || i, 9, 9, 9, {blob} FROM n",
    """INSERT INTO image_use (item, address, source, host, state, digest, started, due, asked)
    {numbers} SELECT 1000 + i, 'https://a.example/' || i, 2 + i % 100, 'h' || i, 'copied', 'd' || i, i, i, i FROM n""",
    "UPDATE counter SET value = 101000 WHERE name IN ('seq', 'position')",
)
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgres": "EXPLAIN"}
EMPTY = {"sqlite": "x''", "postgres": "CAST('' AS bytea)"}
BLOBS = {
    "sqlite": "CAST(printf('%016d', i) AS BLOB)",
    "postgres": "decode(lpad(CAST(i AS text), 16, '0'), 'escape')",
}


class Explained:
    """A connection that notes the plan of each statement before it runs it."""

    def __init__(self, connection: Any, how: str, plans: dict[str, list[str]]) -> None:
        self.connection, self.how, self.plans = connection, how, plans

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        self._explain(sql, parameters)
        return self.connection.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        for first in parameters[:1]:
            self._explain(sql, first)
        return self.connection.executemany(sql, parameters)

    def _explain(self, sql: str, parameters: Any) -> None:
        rows = self.connection.execute(f"{self.how} {sql}", parameters)
        self.plans[" ".join(sql.split())] = [str(list(dict(row).values())[-1]) for row in rows]


class ExplainedEngine:
    """An engine whose connections note their plans."""

    def __init__(self, engine: Any, how: str) -> None:
        self.engine, self.how, self.plans = engine, how, dict[str, list[str]]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    @contextmanager
    def writing(self, *, checked: bool = True, shared: bool = False) -> Iterator[Explained]:
        with self.engine.writing(checked=checked, shared=shared) as connection:
            yield Explained(connection, self.how, self.plans)

    @contextmanager
    def searching(self, seconds: float) -> Iterator[Explained]:
        with self.engine.searching(seconds) as connection:
            yield Explained(connection, self.how, self.plans)

    @contextmanager
    def reading(self) -> Iterator[Explained]:
        with self.engine.reading() as connection:
            yield Explained(connection, self.how, self.plans)


def scans(plans: dict[str, list[str]]) -> dict[str, Sequence[str]]:
    """Return the statements that read a large table from its beginning, with their plans; not those that
    read a partial index of the few items that wait."""
    partial = r"(?! USING (?:COVERING )?INDEX item_(?:held|pending|amended|unindexed)\b)"
    sequential = re.compile(rf"Seq Scan on (?:{LARGE})\b|^SCAN (?:{LARGE})\b{partial}")
    return {sql: plan for sql, plan in plans.items() if any(sequential.search(line) for line in plan)}


@pytest.fixture
def filled(engine: str, tmp_path: Path) -> Iterator[tuple[Storage, ExplainedEngine]]:
    """A store of 100,000 items of 100 sources, and the engine that notes its plans."""
    opened = open_storage(tmp_path)
    explained = ExplainedEngine(opened.admin._engine, EXPLAIN[engine])
    with closing(storage(explained)) as store:
        store.admin.sync(config(source("ministry"), *(source(f"s{n}") for n in range(100))), NOON)
        for sql in FILL:
            execute(tmp_path, sql.format(numbers=NUMBERS, blob=BLOBS[engine], none=EMPTY[engine]))
        analyse(tmp_path)
        explained.plans.clear()
        yield store, explained


def test_no_statement_scans_a_large_table(filled: tuple[Storage, ExplainedEngine]) -> None:
    store, engine = filled
    origin = SourceDriver(store, source("ministry"))
    origin.says(now=NOON - HOUR)
    origin.says(entry("First", "a", "https://ministry.example/a"), entry("Second", "b"), now=NOON)
    edited = entry("First, corrected", "a", "https://ministry.example/a", body="<p>Other words.</p>")
    origin.says(edited, entry("Second", "b"), now=NOON + MINUTE)
    agency = SourceDriver(store, source("s1"))
    agency.says(now=NOON)
    agency.says(
        entry("First, corrected", "c", "https://ministry.example/a", body="<p>Other words.</p>"),
        now=NOON + HOUR,
    )
    lead, _ = store.items.named("https://ministry.example/a")
    move(store, lead, Trigger.WITHDRAW)
    move(store, again(store, lead), Trigger.REINSTATE)
    store.polls.claim(NOON + 2 * HOUR, limit=50, lease=timedelta(minutes=5))
    store.polls.next_due()
    words = "<p>" + " ".join(f"The bridge number {n} is open again." for n in range(20)) + "</p>"
    for n, each in enumerate((origin, agency)):
        link = f"https://{each.source.id}.example/bridges"
        each.says(entry("Bridges", "bridges", link, body=words), now=NOON + n * HOUR)
    assert [also.organisation for also in store.items.named(link)[0].also] == ["Ministry"]
    agency.says(*(entry(f"Later {n}", f"l{n}", published=iso(NOON + 2 * HOUR)) for n in range(2)), now=NOON)
    due = store.items.release_due(NOON + 2 * HOUR, 10)
    store.acts.apply_transitions(
        [step(each, Trigger.TIME, reason="", actor="clock", at=NOON + 2 * HOUR) for each in due]
    )
    assert store.acts.enter_waiting(NOON + 2 * HOUR, 100)
    assert store.acts.enters(due[0].number) is not None
    agency.says(*(entry(f"Many {n}", f"many{n}") for n in range(30)), now=NOON + 2 * HOUR)
    origin.says(*(entry(f"Ours {n}", f"ours{n}") for n in range(30)), now=NOON + 2 * HOUR)
    for language in ("en", "fr"):
        said = entry(f"Bridge {language}", language, f"https://ministry.example/{language}/bridge")
        named = (("es", "https://ministry.example/es"),)
        origin.says(replace(said, language=language, alternates=named), now=NOON + 2 * HOUR)
    (french,) = store.items.named("https://ministry.example/fr/bridge")
    assert [each.language for each in french.translations] == ["en"]
    moved = replace(said, link="https://ministry.example/fr/pont", language="fr", digest=b"another-digest-1")
    origin.says(moved, now=NOON + 2 * HOUR)
    store.items.channel_seq("")
    assert len(store.items.select("")) >= 60
    assert len(store.items.listing("", 20)) == 20
    store.items.listing("topics/health", 20)
    store.items.listing("languages/en", 20)
    behind = at(store.items.listing("", 20)[-1])
    for name in ("", "sources/s1", "topics/health", "languages/en"):
        store.items.listing(name, 20, behind)
    assert store.items.is_place(behind)
    assert len(store.items.dates("", NOON - HOUR, 10)) == 10
    assert store.items.counts("sources/", NOON - HOUR, 10)["sources/ministry"] == 10
    assert store.items.channels()
    store.items.channel_seq("languages/en")
    hook = store.push.webhook("https://hooks.example/", NOON)
    _, entered = store.push.news(replace(hook, position=1_000, change=0), "", 20)
    assert len(entered) > 20  # the changes of this test, and 20 items
    store.push.hub_deliveries(NOON)
    assert store.items.numbered([1001])
    for asked in ("words", "words organisation:s1 topic:sea", "organisation:s1", "language:en topic:sea"):
        store.searches.matching(parse(asked), None, 20)
    for channel in ("", "topics/health", "languages/en", "sources/s1"):
        assert (
            store.searches.after(Cursor(1_000, 0), 20, parse("organisation:s1"), channel).next.position
            > 1_000
        )
        store.searches.matching(parse("words"), None, 20, channel=channel)
    assert store.searches.end().position >= 101_000
    assert store.items.renamed("gone") == ""
    for of in Waiting:
        store.desk.waiting(of, 20)
        store.desk.waiting(of, 20, 5_000)
    store.desk.counts()
    store.desk.near(french)
    store.desk.in_window("ministry", NOON, 20)
    assert store.desk.linked(b"unknown", NOON) is None
    assert store.sessions.find(b"unknown") is None
    cursor, changed = store.images.unseen(5)
    shown = tuple(Pictured(each.number, ("https://a.example/new",)) for each in (*changed, french))
    store.images.note(shown, cursor, NOON)
    fetch = store.images.waiting(french.id, NOON)
    assert fetch is not None
    assert store.images.record(fetch, Drawn(ImageState.COPIED, b"copy", 9, 9), now=NOON)
    (copy,) = store.images.copies(french.number).values()
    assert store.images.body(copy.digest) == b"copy"
    move(store, again(store, french), Trigger.WITHDRAW)
    assert store.images.body(copy.digest) is None
    assert len(engine.plans) > 40
    assert any(re.search(r"Index|INDEX|PRIMARY KEY", line) for plan in engine.plans.values() for line in plan)
    assert scans(engine.plans) == {}


def test_the_admin_side_scans_no_large_table(filled: tuple[Storage, ExplainedEngine]) -> None:
    store, engine = filled
    SourceDriver(store, source("ministry")).says(entry("First", "a"), now=NOON)
    engine.plans.clear()
    overview = store.overview
    for state in (None, *SourceState):
        overview.sources(SourceQuery(state=state, words="s1", limit=50))
    assert overview.source("s1") is not None
    assert sum(overview.states().values()) == 101
    assert len(overview.newest("s1")) == len(overview.newest()) == 200
    assert len(overview.polls("s1")) == 1_000
    assert overview.subscribers() == ()
    assert overview.tallied(TallyKind.POLLS, NOON) == ()
    assert len(engine.plans) > 10
    assert scans(engine.plans) == {}


def test_of_a_key_of_any_number_of_items_only_the_newest_are_read(
    filled: tuple[Storage, ExplainedEngine], tmp_path: Path, engine: str
) -> None:
    store, explained = filled
    said = entry("First", "a", "https://ministry.example/")
    SourceDriver(store, source("ministry")).says(said)
    execute(
        tmp_path,
        f"""INSERT INTO item_key (source, digest, kind, item) {NUMBERS}
        SELECT k.source, k.digest, k.kind, 1000 + i FROM item_key k, n WHERE k.source = 1
        ON CONFLICT DO NOTHING""",
    )
    analyse(tmp_path)
    explained.plans.clear()
    read = ReadResult(Document("rss20"), (item(said, source("ministry")),))
    known = store.polls.knowledge(claimed(store), read, NOON, frozenset()).known
    assert len(known) == 100
    (plan,) = (plan for sql, plan in explained.plans.items() if "bounded" in sql)
    bound = {"sqlite": "kind=? AND item>?", "postgres": "(item >= "}[engine]
    assert any(bound in line for line in plan)
    assert not any("BLOOM" in line for line in plan)
