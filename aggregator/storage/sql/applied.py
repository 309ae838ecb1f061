"""The configuration last applied, as far as outputs show it: read where sources.yaml holds a mistake."""

import json

from msgspec import to_builtins

from aggregator.model.image import Images
from aggregator.model.settings import Applied, Config, Publication, SecurityContact, Source, Text, Topic
from aggregator.policy.sources import STORED
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import APPLIED_STAMP, Connection

KEY = "applied"  # in the table `meta`
TEXTS = ("disclaimer", "disclaimer_line")


def packed(config: Config) -> str:
    """Return the publication and the disclaimers of sources as JSON; their other settings have columns."""
    own = {each.id: each.disclaimer.by_language for each in config.sources if each.disclaimer}
    kept = {"publication": to_builtins(config.publication), "disclaimers": own}
    return json.dumps(kept, ensure_ascii=False)


def record(db: Connection, kept: str, stamp: str) -> None:
    """Keep what `packed` returned, and the stamp of the file."""
    db.executemany(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(KEY, kept), (APPLIED_STAMP, stamp)],
    )


def read(db: Connection) -> Applied | None:
    """Return the applied configuration; None before the first one of this version."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    if row is None:
        return None
    kept = json.loads(row["value"])
    texts = {name: _text(kept["publication"][name]["by_language"]) for name in TEXTS}
    topics = tuple(
        Topic(each["slug"], _text(each["name"]["by_language"]), _text(each["description"]["by_language"]))
        for each in kept["publication"].get("topics", ())  # none in a store of a version before
    )
    words = tuple((key, text) for key, text in kept["publication"].get("words", ()))
    security = SecurityContact(**kept["publication"].get("security", {}))
    own = {name: _text(pairs) for name, pairs in kept["disclaimers"].items()}
    found = db.execute(f"SELECT id, feed, {', '.join(STORED)} FROM source WHERE configured = 1 ORDER BY id")
    sources = tuple(
        Source(row["id"], row["feed"], disclaimer=own.get(row["id"]), **rows.read(Source, row, STORED))
        for row in found
    )
    images = Images(kept["publication"].get("images", Images.ORIGIN))
    own_values = {"topics": topics, "images": images, "words": words, "security": security}
    return Applied(Publication(**{**kept["publication"], **texts, **own_values}), sources)


def _text(pairs: list[list[str]]) -> Text:
    return Text(tuple((tag, text) for tag, text in pairs))
