"""Migrations to the tables of house styles."""

from collections.abc import Mapping, Sequence

STYLES: Mapping[str, Sequence[str]] = {
    # The house style of a source, what it shows of an item and of a version that waits for approval, in the
    # row of the texts that it replaces: it is written, kept and erased with them. Items that are to be styled
    # anew, because the rules have changed since.
    "m040_house_style": (
        "ALTER TABLE source ADD COLUMN house_style TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE item ADD COLUMN styled TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE pending ADD COLUMN styled TEXT NOT NULL DEFAULT '{}'",
        """CREATE TABLE unstyled (
            item INTEGER PRIMARY KEY REFERENCES item (number),
            source INTEGER NOT NULL REFERENCES source (number)
        ) STRICT""",
        "CREATE INDEX unstyled_source ON unstyled (source, item)",
    ),
}

RULED_TOPICS: Mapping[str, Sequence[str]] = {
    # Topics that rules add to those of the source of an item: of `styled`, by which channels go.
    "m052_ruled_topics": ("ALTER TABLE item ADD COLUMN ruled_topics TEXT NOT NULL DEFAULT '[]'",),
}
