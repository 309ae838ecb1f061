"""Full-text index in SQLite (FTS5), without a copy of the texts."""

from collections.abc import Iterable

from aggregator.normalise.words import Term
from aggregator.storage.sql.engine import Connection, Indexed


class FullTextIndex:
    """The FTS5 table `item_words`; its words come folded, so its tokenizer only splits them at blanks."""

    number = "f.rowid"
    found = "f.item_words MATCH ?"
    condition = "i.number IN (SELECT rowid FROM item_words WHERE item_words MATCH ?)"

    def query(self, terms: Iterable[Term]) -> str:
        """Return terms as FTS5 strings, which hold no operator."""
        return " ".join(f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}' for term in terms)

    def written(self, words: Iterable[str]) -> str:
        """Return words with blanks between them."""
        return " ".join(words)

    def add(self, db: Connection, items: Indexed) -> None:
        """Add items."""
        db.executemany("INSERT INTO item_words (rowid, words) VALUES (?, ?)", items)

    def remove(self, db: Connection, items: Indexed) -> None:
        """Remove items with the words they were added with, as an index without contents asks for."""
        db.executemany("INSERT INTO item_words (item_words, rowid, words) VALUES ('delete', ?, ?)", items)
