"""Migrations to the tables of alerts by e-mail and of reports by readers."""

from collections.abc import Mapping, Sequence

REPORTS: Mapping[str, Sequence[str]] = {
    # Progress of alerts by e-mail, apart from that of the webhook. Reports about releases (EU DSA, Article
    # 16) and their decisions; `decided` is NULL while a report waits.
    "m050_reports": (
        "ALTER TABLE alert ADD COLUMN mailed INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE service_alert ADD COLUMN mailed INTEGER NOT NULL DEFAULT 0",
        "UPDATE alert SET mailed = told",
        "UPDATE service_alert SET mailed = told",
        """CREATE TABLE report (
            number INTEGER PRIMARY KEY,
            reference TEXT NOT NULL UNIQUE,
            received INTEGER NOT NULL,
            name TEXT NOT NULL,
            address TEXT NOT NULL,
            about TEXT NOT NULL,
            item TEXT NOT NULL DEFAULT '',
            ground TEXT NOT NULL,
            words TEXT NOT NULL,
            answer TEXT NOT NULL DEFAULT '',
            statement TEXT NOT NULL DEFAULT '',
            decided INTEGER,
            actor TEXT NOT NULL DEFAULT ''
        ) STRICT""",
        "CREATE INDEX report_address ON report (address, received)",
        "CREATE INDEX report_open ON report (number) WHERE decided IS NULL",
    ),
}
