"""Items of a source whose topics were configured anew. Called inside a write transaction."""

from collections.abc import Sequence

from aggregator.storage.sql.channels import COLUMNS, Stamp, channel, copy_from_merged
from aggregator.storage.sql.engine import Connection, texts

# Items of a source, but for those of which the desk gave the topics.
OF_SOURCE = dict.fromkeys(
    COLUMNS, "source = :of AND item IN (SELECT number FROM item WHERE source = :of AND own_topics IS NULL)"
) | {"turn": "source = :of"}


def refile(db: Connection, source: int, topics: Sequence[str], at: Stamp) -> None:
    """Move what a source published, and what waits, into the channels of its present topics."""
    for table in ("membership", "waiting"):
        db.execute(
            f"""DELETE FROM {table} WHERE channel IN (
                SELECT number FROM channel WHERE substr(name, 1, 7) = 'topics/') AND {OF_SOURCE[table]}
            AND NOT EXISTS (SELECT 1 FROM item r JOIN channel k ON k.number = {table}.channel
                WHERE r.number = {table}.item AND substr(k.name, 8) {texts("r.ruled_topics")})""",
            {"of": source},
        )
    db.execute(
        """DELETE FROM turn WHERE source = ? AND channel IN (
            SELECT number FROM channel WHERE substr(name, 1, 7) = 'topics/')
        AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.channel = turn.channel AND w.source = turn.source)""",
        (source,),
    )
    for topic in topics:
        copy_from_merged(db, channel(db, f"topics/{topic}", at), OF_SOURCE, source)
