"""Quality and cost of matching releases across sources.

Quality on the labelled pairs of tests/stories, by kind; CPU of one comparison; steps of SQLite's virtual
machine for the look-up of one text and its insertion with few and with many texts stored. No run passes or
fails.
"""

import argparse
import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from aggregator.dedupe.similar import BANDS
from aggregator.storage.sql import migrations, signatures
from tests.stories.judging import figures, judged
from tests.stories.pairs import pairs

TARGET = 1.2  # steps with many texts stored over those with few
SOURCES = 1_000
HASHES = 8  # of a stored text: as many as a short release has sentences


@dataclass(frozen=True, slots=True)
class Looked:
    """Steps of the virtual machine with so many texts stored."""

    texts: int
    found: int
    look_up: int
    insert: int


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, nargs="+", default=[1_000, 1_000_000])
    arguments = parser.parse_args()
    for half in ("open", "sealed"):
        print(f"{half}: {figures(pairs(half))}")
        started, many = time.process_time(), pairs(half)[:200]
        for pair in many:
            judged(pair)
        print(f"  {(time.process_time() - started) / len(many) * 1000:.1f} ms a pair, both read anew\n")
    looked = [_looked_up(texts) for texts in arguments.texts]
    for each in looked:
        print(f"{each.texts:>9} texts: look-up {each.look_up} steps, insertion {each.insert}")
    ratio = (looked[-1].look_up + looked[-1].insert) / (looked[0].look_up + looked[0].insert)
    print(f"ratio {ratio:.2f}, target {TARGET}: {'reached' if ratio <= TARGET else 'missed'}")


def _looked_up(texts: int) -> Looked:
    chance = random.Random(texts)
    rows = sorted((chance.getrandbits(32), n % SOURCES, n) for n in range(texts) for _ in range(HASHES))
    with closing(sqlite3.connect("")) as db:
        db.row_factory = sqlite3.Row
        db.execute(migrations.MIGRATIONS["m032_sketch"][0])
        db.executemany("INSERT INTO sketch VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows)
        known = [hash_ for hash_, _, _ in chance.sample(rows, BANDS // 2)]
        hashes = [*known, *(chance.getrandbits(32) for _ in range(BANDS - len(known)))]
        steps = _Steps(db)
        found = signatures.sharing(db, SOURCES, hashes)
        look_up = steps.taken()
        signatures.sketch(db, texts, SOURCES, _signature(chance))
        return Looked(texts, len(found), look_up, steps.taken())


def _signature(chance: random.Random) -> bytes:
    pieces: Sequence[int] = [chance.getrandbits(32) for _ in range(BANDS)]
    return bytes(8) + b"".join(piece.to_bytes(4, "little") for piece in pieces)


class _Steps:
    """Counter of the steps that a connection takes."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._taken = 0
        db.set_progress_handler(self._count, 1)

    def _count(self) -> int:
        self._taken += 1
        return 0

    def taken(self) -> int:
        """Return the steps since the last call."""
        taken, self._taken = self._taken, 0
        return taken


if __name__ == "__main__":
    main()
