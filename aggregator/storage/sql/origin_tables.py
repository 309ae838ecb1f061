"""Migrations to the tables of withdrawals by origins."""

from collections.abc import Mapping, Sequence

ORIGIN_STEPS: Mapping[str, Sequence[str]] = {
    # Expiries and withdrawals by the origins of items: steps that are due at a time, or that wait for the
    # operator; which withdrawals the breaker counts.
    "m028_origin_steps": (
        "ALTER TABLE item ADD COLUMN expires INTEGER",
        "ALTER TABLE item ADD COLUMN foretold INTEGER",
        "ALTER TABLE item ADD COLUMN lapsed TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE item ADD COLUMN tombstone INTEGER",
        "ALTER TABLE item ADD COLUMN counted INTEGER",
        "CREATE INDEX item_counted ON item (source, counted) WHERE counted IS NOT NULL",
        "ALTER TABLE decision ADD COLUMN lapse TEXT NOT NULL DEFAULT ''",
        """CREATE TABLE origin_step (
            item INTEGER NOT NULL REFERENCES item (number),
            trigger TEXT NOT NULL,
            source INTEGER NOT NULL REFERENCES source (number),
            due INTEGER NOT NULL,
            foretold INTEGER NOT NULL,
            suspended INTEGER NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (item, trigger)
        ) STRICT""",
        "CREATE INDEX origin_step_due ON origin_step (due, trigger) WHERE suspended = 0",
        # Covering: a source may have any number of steps that are due at once.
        "CREATE INDEX origin_step_source ON origin_step (source, suspended, due, foretold, trigger, item)",
    ),
    # Probes of pages: the last one of each item.
    "m029_probes": (
        """CREATE TABLE probe (
            item INTEGER PRIMARY KEY REFERENCES item (number),
            source INTEGER NOT NULL REFERENCES source (number),
            host TEXT NOT NULL,
            started INTEGER NOT NULL,
            asked INTEGER,
            missing INTEGER
        ) STRICT""",
        "CREATE INDEX probe_source ON probe (source, started)",
        "CREATE INDEX probe_host ON probe (host, asked)",
    ),
}
