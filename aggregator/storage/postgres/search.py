"""Full-text index in PostgreSQL (tsvector and GIN)."""

from collections import defaultdict
from collections.abc import Iterable

from aggregator.normalise.words import Term
from aggregator.storage.sql.engine import Connection, Indexed, as_json, ints


class FullTextIndex:
    """The table `item_words`; its vectors are written out, past the server's parser and dictionaries."""

    number = "f.item"
    found = "f.words @@ CAST(? AS tsquery)"
    condition = "i.number IN (SELECT item FROM item_words WHERE words @@ CAST(? AS tsquery))"

    def query(self, terms: Iterable[Term]) -> str:
        """Return terms as a tsquery. A word holds letters and digits alone, so it needs no escaping."""
        return " & ".join(map(_phrase, terms))

    def written(self, words: Iterable[str]) -> str:
        """Return words with their places, as a tsvector is written."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(words, 1):
            places[word].append(place)
        return " ".join(f"'{word}':{','.join(map(str, found))}" for word, found in places.items())

    def add(self, db: Connection, items: Indexed) -> None:
        """Add items."""
        db.executemany("INSERT INTO item_words (item, words) VALUES (?, CAST(? AS tsvector))", items)

    def remove(self, db: Connection, items: Indexed) -> None:
        """Remove items."""
        db.execute(f"DELETE FROM item_words WHERE item {ints()}", (as_json(number for number, _ in items),))


def _phrase(term: Term) -> str:
    return " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_prefix else "")
