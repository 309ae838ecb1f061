"""Migrations of the tables of public changes and of archives, as `migrations` has them."""

from collections.abc import Mapping, Sequence

PUBLIC_CHANGES: Mapping[str, Sequence[str]] = {
    # What the public saw change of items, as a log: of before, the withdrawals and corrections. Columns of an
    # item that is removed hold its public id instead of its number.
    "m030_public_changes": (
        """CREATE TABLE public_change (
            number INTEGER PRIMARY KEY,
            seq INTEGER NOT NULL,
            item INTEGER,
            kind TEXT NOT NULL CHECK (kind IN ('published', 'corrected', 'withdrawn', 'restored')),
            at INTEGER NOT NULL,
            public_id TEXT NOT NULL DEFAULT ''
        ) STRICT""",
        """INSERT INTO public_change (number, seq, item, kind, at)
        SELECT row_number() OVER (ORDER BY found.at, found.item, found.kind), found.seq, found.item,
            found.kind, found.at
        FROM (
            SELECT i.seq, i.number AS item, 'corrected' AS kind, i.corrected AS at FROM item i
            WHERE i.corrected IS NOT NULL AND i.position IS NOT NULL
            UNION ALL SELECT i.seq, i.number, 'withdrawn', coalesce((SELECT max(a.at) FROM audit a
                WHERE a.item = i.number AND a.before = 'live' AND a.after <> 'live'), i.updated)
            FROM item i JOIN source s ON s.number = i.source
            WHERE i.position IS NOT NULL AND (i.state <> 'live' OR s.republish = 'no')
        ) AS found""",
        "CREATE INDEX public_change_item ON public_change (item, number)",
        "CREATE INDEX public_change_told ON public_change (number) WHERE kind <> 'published'",
        "INSERT INTO counter (name, value) SELECT 'change', count(*) FROM public_change",
    ),
    # Whose items changed, so that documents take the changes of each source in turn. Entries that a channel
    # has no longer, with all that may be told of them. The last position of each closed archive.
    "m031_archives": (
        "ALTER TABLE public_change ADD COLUMN source INTEGER NOT NULL DEFAULT 0",
        """UPDATE public_change SET source = (SELECT i.source FROM item i WHERE i.number = public_change.item)
        WHERE item IS NOT NULL""",
        """CREATE INDEX public_change_source ON public_change (source, kind, at, number)
        WHERE kind <> 'published'""",
        "DROP INDEX item_corrected",
        "ALTER TABLE source ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0",
        """CREATE TABLE departed (
            channel INTEGER NOT NULL REFERENCES channel (number) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            source INTEGER NOT NULL,
            item INTEGER,
            public_id TEXT NOT NULL,
            updated INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (channel, position)
        ) STRICT""",
        "CREATE INDEX departed_source ON departed (channel, source, at)",
        "CREATE INDEX departed_item ON departed (item)",
        """CREATE TABLE archive (
            channel INTEGER NOT NULL REFERENCES channel (number) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            last INTEGER NOT NULL,
            PRIMARY KEY (channel, number)
        ) STRICT""",
        """INSERT INTO archive (channel, number, last)
        SELECT channel, place / 40, position FROM (
            SELECT channel, position, row_number() OVER (PARTITION BY channel ORDER BY position) AS place
            FROM membership) AS placed
        WHERE place / 40 * 40 = place""",
    ),
}

LAST_CHANGES: Mapping[str, Sequence[str]] = {
    # The time of the last change of each kind, but for publication, of the items of each source.
    "m044_last_changes": (
        """CREATE TABLE last_change (
            source INTEGER NOT NULL REFERENCES source (number) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (source, kind)
        ) STRICT""",
        "CREATE INDEX last_change_at ON last_change (kind, at, source)",
        """INSERT INTO last_change (source, kind, at) SELECT c.source, c.kind, max(c.at) FROM public_change c
        WHERE c.kind <> 'published' AND c.source IN (SELECT number FROM source) GROUP BY c.source, c.kind""",
    ),
}
