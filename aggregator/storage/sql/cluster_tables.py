"""Migrations to the tables of a cluster: its nodes, what they share out, its configurations."""

from collections.abc import Mapping, Sequence

CLUSTER: Mapping[str, Sequence[str]] = {
    # `lost` counts nodes that died in a row while they polled a source. `host_run` names job and node of the
    # last pass over a host, `share` the node that does work which one node does at a time. Times are those
    # of the database's clock.
    "m054_cluster": (
        "ALTER TABLE source ADD COLUMN lost INTEGER NOT NULL DEFAULT 0",
        """CREATE TABLE node (
            name TEXT PRIMARY KEY,
            role TEXT NOT NULL,
            version TEXT NOT NULL,
            config INTEGER NOT NULL,
            ahead INTEGER NOT NULL,
            running INTEGER NOT NULL,
            leases_lost INTEGER NOT NULL,
            away INTEGER NOT NULL,
            started INTEGER NOT NULL,
            problem TEXT NOT NULL,
            beat INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE share (
            name TEXT PRIMARY KEY,
            node TEXT NOT NULL,
            until INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE host_run (
            host TEXT PRIMARY KEY,
            job INTEGER NOT NULL,
            node TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE config_version (
            number INTEGER PRIMARY KEY,
            digest TEXT NOT NULL,
            content TEXT NOT NULL,
            applied INTEGER NOT NULL
        ) STRICT""",
    ),
}
