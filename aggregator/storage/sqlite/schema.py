"""The tables of the SQLite store, as numbered migrations. A released migration is never edited.

Times are integers: milliseconds since 1970, UTC. Digests are 16-byte blobs. Words in tables are those of
the model: a channel is one published feed, a membership puts an item into one at a position.
"""

from collections.abc import Sequence

from sqlite_utils import Database, Migrations

from aggregator.storage.sql.migrations import MIGRATIONS
from aggregator.storage.sqlite import released_reasons

migrations = Migrations("publicwire")

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('seq', 0), ('position', 0), ('story', 0);

CREATE TABLE source (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    feed TEXT NOT NULL,
    configured INTEGER NOT NULL DEFAULT 1 CHECK (configured IN (0, 1)),
    organisation TEXT NOT NULL DEFAULT '',
    domains TEXT NOT NULL DEFAULT '[]',
    topics TEXT NOT NULL DEFAULT '[]',
    priority INTEGER NOT NULL DEFAULT 0,
    republish TEXT NOT NULL DEFAULT 'full',
    licence TEXT NOT NULL DEFAULT '',
    every INTEGER NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    link TEXT NOT NULL DEFAULT '',
    rights TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    due INTEGER NOT NULL,
    why TEXT NOT NULL DEFAULT 'never polled yet',
    token INTEGER NOT NULL DEFAULT 0,
    leased INTEGER,
    validated_url TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    body_digest BLOB NOT NULL DEFAULT x'',
    recipe BLOB NOT NULL DEFAULT x'',
    mode TEXT NOT NULL DEFAULT 'normal',
    seen BLOB NOT NULL DEFAULT x'',
    imported INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    last_success INTEGER,
    last_full INTEGER,
    last_new INTEGER,
    gap INTEGER,
    hints TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX source_due ON source (due) WHERE configured = 1;
CREATE UNIQUE INDEX source_feed ON source (feed) WHERE configured = 1;

CREATE TABLE item (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    public_id TEXT NOT NULL UNIQUE,
    source INTEGER NOT NULL REFERENCES source (number),
    state TEXT NOT NULL CHECK (state IN ('held', 'live', 'withdrawn')),
    position INTEGER UNIQUE,
    story INTEGER,
    seq INTEGER NOT NULL,
    backlog INTEGER NOT NULL DEFAULT 0,
    indexed INTEGER NOT NULL DEFAULT 0,
    freed INTEGER NOT NULL DEFAULT 0,
    claimed INTEGER,
    shown INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    release INTEGER,
    corrected INTEGER,
    fingerprint BLOB NOT NULL,
    link BLOB,
    keys BLOB NOT NULL,
    language TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    flags TEXT NOT NULL DEFAULT '[]',
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    details TEXT NOT NULL,  -- the long ones last: what stands before them is read without them
    text TEXT NOT NULL,
    content TEXT NOT NULL,
    CHECK (state <> 'live' OR position IS NOT NULL)
) STRICT;
CREATE INDEX item_source ON item (source, state);
CREATE INDEX item_link ON item (link) WHERE link IS NOT NULL;
CREATE INDEX item_url ON item (url);
CREATE INDEX item_story ON item (story) WHERE story IS NOT NULL;
CREATE INDEX item_release ON item (release) WHERE state = 'held' AND release IS NOT NULL;
CREATE INDEX item_corrected ON item (corrected) WHERE corrected IS NOT NULL;
CREATE INDEX item_unindexed ON item (number) WHERE indexed = 0;
CREATE INDEX item_kept ON item (first_seen) WHERE freed = 0;
CREATE INDEX item_earlier ON item (shown) WHERE backlog = 1 AND state = 'live' AND freed = 0;

CREATE TABLE item_key (
    source INTEGER NOT NULL REFERENCES source (number),
    digest BLOB NOT NULL,
    kind INTEGER NOT NULL,
    item INTEGER NOT NULL REFERENCES item (number),
    PRIMARY KEY (source, digest, kind, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE revision (
    number INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES item (number),
    at INTEGER NOT NULL,
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    url TEXT NOT NULL,
    fingerprint BLOB NOT NULL
) STRICT;
CREATE INDEX revision_item ON revision (item, at);
CREATE INDEX revision_at ON revision (at);

CREATE TABLE channel (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;

CREATE TABLE membership (
    channel INTEGER NOT NULL REFERENCES channel (number),
    position INTEGER NOT NULL,
    item INTEGER NOT NULL REFERENCES item (number),
    since INTEGER NOT NULL,
    PRIMARY KEY (channel, position),
    UNIQUE (item, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE poll (
    number INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (number),
    started INTEGER NOT NULL,
    seconds REAL NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    message TEXT NOT NULL,
    status INTEGER,
    received INTEGER NOT NULL,
    new INTEGER NOT NULL,
    edited INTEGER NOT NULL
) STRICT;
CREATE INDEX poll_source ON poll (source, number);
CREATE INDEX poll_started ON poll (started);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES item (number),
    at INTEGER NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    trigger TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL
) STRICT;
CREATE INDEX audit_item ON audit (item, number);
"""


HUBS = """
CREATE TABLE task (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_due ON task (due);

CREATE TABLE subscription (
    number INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE,
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,
    secret TEXT NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('wanted', 'asked', 'active', 'denied', 'broken', 'leaving')),
    since INTEGER NOT NULL,
    asked INTEGER,
    confirmed INTEGER,
    lease_until INTEGER,
    announced INTEGER,
    missed INTEGER,
    asks INTEGER NOT NULL DEFAULT 0,
    breaks INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX subscription_present ON subscription (source) WHERE standing <> 'leaving';
CREATE INDEX subscription_source ON subscription (source);
"""


HOSTS = """
ALTER TABLE source ADD COLUMN host TEXT NOT NULL DEFAULT '';
CREATE INDEX source_host ON source (host) WHERE configured = 1;
CREATE INDEX source_turn ON source ((failures = 0 AND last_success IS NOT NULL), due) WHERE configured = 1;
"""


ALERTS = """
CREATE TABLE alert (
    number INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    raised INTEGER NOT NULL,
    cleared INTEGER,
    told INTEGER NOT NULL DEFAULT 0,  -- 1 that it is raised, 2 that it is cleared
    sent INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX alert_open ON alert (source, kind) WHERE cleared IS NULL;
CREATE INDEX alert_source ON alert (source);
CREATE INDEX alert_untold ON alert (number) WHERE told < (1 + (cleared IS NOT NULL));
CREATE INDEX alert_unsent ON alert (number) WHERE sent < told;
"""


def _run(db: Database, script: str) -> None:
    """Run a script statement by statement, because executescript would end the transaction."""
    for statement in filter(str.strip, script.split(";\n")):
        db.execute(statement)


@migrations()
def m001_first_tables(db: Database) -> None:
    """Everything of 0.1."""
    _run(db, TABLES)
    # Filled by maintenance and before a search: indexing costs ten times the insert of a poll.
    db.table("item").enable_fts(["title", "text"], tokenize="unicode61 remove_diacritics 2")


@migrations()
def m002_hubs_and_tasks(db: Database) -> None:
    """Subscriptions at WebSub hubs, and durable work other than polls."""
    _run(db, HUBS)


@migrations()
def m003_hosts(db: Database) -> None:
    """The host at which each source is polled, filled in when the configuration is next read; an index for
    claiming due sources."""
    _run(db, HOSTS)


@migrations()
def m004_moves(db: Database) -> None:
    """Relocation of each source's feed."""
    db.execute("ALTER TABLE source ADD COLUMN move TEXT NOT NULL DEFAULT '{}'")


@migrations()
def m005_alerts(db: Database) -> None:
    """Alerts about sources."""
    _run(db, ALERTS)


@migrations()
def m006_turns(db: Database) -> None:
    """Drop the index for claiming due sources: admission is decided by host now."""
    db.execute("DROP INDEX source_turn")


@migrations()
def m007_looks(db: Database) -> None:
    """Covering index for due sources: rows are long, each holds all seen digests."""
    db.execute(
        "CREATE INDEX source_look ON source (due, number, leased, host, configured) WHERE configured = 1"
    )
    db.execute("DROP INDEX source_due")


@migrations()
def m008_schedule_state(db: Database) -> None:
    """Reasons of due times and rate limits of hosts as state, no longer as English sentences."""
    released_reasons.migrate(db)


@migrations()
def m009_search_words(db: Database) -> None:
    """A full-text index of folded words, the same on every engine, built by the next search or maintenance.
    It holds no copy of the texts."""
    db.table("item").disable_fts()
    db.execute("CREATE VIRTUAL TABLE item_words USING fts5 (words, content='', tokenize='ascii')")
    db.execute("UPDATE item SET indexed = 0 WHERE indexed = 1")


def _add(name: str, statements: Sequence[str]) -> None:
    @migrations(name=name)
    def migrate(db: Database) -> None:
        _run(db, ";\n".join(statements))


for name, statements in MIGRATIONS.items():
    _add(name, statements)
