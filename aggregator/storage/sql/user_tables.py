"""Migrations to the tables of the desk: sessions, links that veto an item, indexes of what waits."""

from collections.abc import Mapping, Sequence

DESK_USERS: Mapping[str, Sequence[str]] = {
    # Sessions by the digest of their token; what waits at the desk, by why.
    "m048_sessions": (
        """CREATE TABLE session (
            token BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            credential BLOB NOT NULL,
            made INTEGER NOT NULL,
            seen INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX session_seen ON session (seen)",
        "CREATE INDEX item_held ON item (reason, number) WHERE state = 'held'",
        "CREATE INDEX item_amended ON item (number) WHERE amended <> '{}'",
    ),
    # Links that hold an item in its veto window, by the digest of their token.
    "m049_veto_links": (
        """CREATE TABLE veto_link (
            token BLOB PRIMARY KEY,
            item TEXT NOT NULL,
            expires INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX veto_link_item ON veto_link (item)",
        "CREATE INDEX veto_link_expires ON veto_link (expires)",
    ),
}
