"""Every trigger × every output: what each output then tells of the release, in the words of `outputs`.

A column stands for the same output in each format, and for channels that hold the same by the same rule. A row
without a cell for a column fails: an output or a trigger that is added extends the table.
"""

from collections.abc import Mapping

Row = dict[str, str]

ENTRIES = ("all", "topic", "lang", "own", "exp-feed", "hub")  # of current documents
PLACES = ("archive", "own-archive", "exp-arch")
TELLS = ("withdrawals", "after", "hub-told")
LISTS = ("list", "own-list", "embed", "found", "sitemap", "news")
PAGES = ("page", "exp-page")


def _each(columns: tuple[str, ...], word: str) -> Row:
    return dict.fromkeys(columns, word)


# Withdrawn: no output has a word of it, and each that had it says so.
GONE: Row = {
    **_each((*ENTRIES, *PLACES, *TELLS, "api"), "stub"),
    **_each(LISTS, "-"),
    **_each((*PAGES, "history"), "410"),
    "search": "old",  # the operator's
    "hook": "withdrawn",
    "away": "-",
}
# Held again: its page is not there; nothing says that it will be.
HELD: Row = GONE | _each(("page", "history"), "404") | {"exp-page": "-"}
SAME: Row = {
    **_each((*ENTRIES, *PLACES, *PAGES, "api", "search", "away"), "old"),
    **_each((*TELLS, "history", "hub", "hook"), "-"),
    **_each(LISTS, "shown"),
}
# Back: as a correction at the beginning of each document.
BACK: Row = SAME | _each(ENTRIES, "old^") | _each(TELLS, "old") | {"hook": "created", "away": "stub"}
NEW: Row = SAME | _each(ENTRIES, "old^") | _each(PLACES, "-") | {"hook": "created", "away": "-"}
NEVER: Row = HELD | _each((*ENTRIES, *PLACES, *TELLS, "api", "hook"), "-")
CORRECTED: Row = {
    **SAME,
    **_each(ENTRIES, "new^"),
    **_each((*PLACES, *TELLS, *PAGES, "api", "search"), "new"),
    "history": "old",
    "hook": "corrected",
}
AMENDED: Row = {
    **SAME,
    **_each(ENTRIES, "old^"),
    **_each(TELLS, "old"),
    "history": "old",
    "hook": "corrected",
    "away": "-",
}
UNTOLD: Row = _each(("hub", *TELLS[1:], "hook"), "-")  # subscribers had learnt of it before

TABLE: Mapping[str, Row] = {
    "first seen": NEW | _each(PLACES, "old"),
    "tombstone": GONE,
    "suspended": SAME,
    "accepted": GONE,
    "declined": SAME | {"away": "-"},
    "expiry": GONE,
    "takedown": GONE,
    "prolonged": BACK,
    "probe": GONE,
    "relisted": BACK | {"news": "-"},  # two days later
    "withdraw": GONE,
    "month later": GONE | _each(ENTRIES, "-") | UNTOLD | {"away": "stub"},
    "notice": GONE,
    "reinstate": HELD | UNTOLD | {"away": "stub"},
    "listed again": BACK,
    "hold": HELD,
    "hold until": BACK,
    "release held": BACK,
    "embargo": NEW,
    "embargo, early": NEW,
    "veto window": NEW,
    "vetoed": NEVER,
    "review": NEW | _each(PLACES, "old"),
    "edit waits": SAME,
    "edit released": CORRECTED | {"away": "-"},
    "correction": CORRECTED,
    "corrected, gone": GONE | {"search": "new"},
    "amend": AMENDED | _each(ENTRIES, "gale^") | _each((*PLACES, *TELLS, *PAGES, "api"), "gale"),
    "amend cleared": AMENDED | {"history": "gale"},
    "amend topics": AMENDED | {"topic": "-", "archive topic": "-", "list topic": "-"},
    "amend language": AMENDED | {"lang": "-", "archive language": "-", "list language": "-"},
    "strike": CORRECTED | UNTOLD | {"history": "struck", "away": "-"},
    "rights no": GONE,
    "rights expired": GONE,
    # Of all that is back at once, the newest of a source begin the documents.
    "rights back": BACK | _each(ENTRIES, "old") | {"away": "-"},
    "headline only": {
        **SAME,
        **_each((*ENTRIES, *PLACES, *TELLS, *PAGES, "api"), "bare"),
        "hook": "corrected",
        "away": "-",
    },
    "topics": SAME | {"hub": "old", "topic": "-", "archive topic": "-", "list topic": "-"},
    "source removed": SAME,
    # Its own channel is gone with it.
    "forget": HELD | {"search": "-", **_each(("own", "own-archive", "own-list"), "404")},
    "erase": GONE | {"search": "-"},
    "withdrawn, erase": GONE | UNTOLD | {"search": "-", "away": "stub"},
    "retention": {
        **SAME,
        **_each((*ENTRIES, *LISTS, "api", "search"), "-"),
        **_each((*PLACES, *PAGES), "bare"),
    },
    "restore": GONE,
    "lead withdrawn": GONE,
    # It stands in its own channel and on its page, under which the new lead names it.
    "lead at home": SAME
    | _each(("all", "topic", "lang", "archive", "exp-feed", "exp-arch", "hub"), "moved")
    | _each(("list", "embed"), "-"),
    "merge": SAME | _each(("archive", "exp-arch", "away"), "-") | {"hub": "old"},
    "split": SAME | _each(("archive", "exp-arch", "away"), "-") | {"hub": "old"},
    "copy": NEVER,
    # Older than the service: pages list it by its date, behind the first thirty; nothing is told.
    "backfill": SAME
    | _each(("list", "own-list", "embed", "news", "exp-arch", "away"), "-")
    | {"own": "old^", "archive": "404", "hub": "old"},
}

# What is shown beside what the feed says: told of to the hub, and no correction.
OTHERWISE: Row = SAME | _each((*ENTRIES, *PLACES, *PAGES, "api"), "shown")

SHOWING: Mapping[str, Row] = {
    "page arrives": OTHERWISE,
    "page, corrected": CORRECTED | {"away": "shown"},
    "page, withdrawn": GONE,
    "page, erased": GONE | {"search": "-"},
    "page, headline": TABLE["headline only"],
    "page, unwanted": SAME | {"hub": "old", "away": "shown"},
    "style": OTHERWISE | {"search": "shown"},
    "style ends": SAME | {"hub": "old", "away": "shown"},
    "style, withdrawn": GONE | {"search": "shown"},
    "style, erased": GONE | {"search": "-"},
    "quarantine": NEVER,
    "quarantine, end": NEW,
    "edit in it": SAME,
    "edit out of it": TABLE["edit released"],
    "translated": SAME | _each((*ENTRIES, *PLACES, "page", "api"), "old+"),
    "translation gone": SAME | {"hub": "old", "away": "-"},
    "translated, gone": GONE,
}


def cell(trigger: str, column: str, output: str) -> str:
    """Return the word for an output of a column: that of the channel alone, where it differs from others."""
    row = SHOWING.get(trigger) or TABLE[trigger]
    return row.get(" ".join(output.split(" ")[:2]), row[column])
