"""The present tables, read from a database that all migrations have made: so each is written once."""

from sqlite_utils import Database

from aggregator.storage.sqlite.schema import migrations
from aggregator.storage.transfer import Table


def names() -> tuple[str, ...]:
    """Return the names of all migrations, in order."""
    return tuple(each.name for each in migrations.pending(Database(memory=True, execute_plugins=False)))


def definitions() -> tuple[str, ...]:
    """Return the definitions of all present tables and indexes, tables first."""
    db = Database(memory=True, execute_plugins=False)
    migrations.apply(db)
    found = db.execute(
        """SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index')
        AND name NOT LIKE 'item_words%' AND name NOT LIKE '%migrations%'
        ORDER BY type DESC, rowid"""
    )
    return tuple(row[0] for row in found)


def script() -> str:
    """Return the statements that make all present tables, indexes and counters: the content of
    tables.sql."""
    db = Database(memory=True, execute_plugins=False)
    migrations.apply(db)
    made = db.execute(
        """SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'item_words\\_%' ESCAPE '\\'
        ORDER BY type = 'index', rowid"""
    )
    counters = db.execute("SELECT name, value FROM counter ORDER BY name").fetchall()
    values = ", ".join(f"('{name}', {value})" for name, value in counters)
    statements = [*(row[0] for row in made), f"INSERT INTO counter (name, value) VALUES {values}"]
    return ";\n".join(statements) + ";\n"


def tables() -> tuple[Table, ...]:
    """Return all present tables, each after those it refers to."""
    db = Database(memory=True, execute_plugins=False)
    migrations.apply(db)
    names = [name for sql in definitions() if (name := _table_name(sql))]
    return tuple(
        Table(
            name,
            tuple(column.name for column in db[name].columns),
            tuple(
                column.name
                for column in sorted(db[name].columns, key=lambda each: each.is_pk)
                if column.is_pk
            ),
        )
        for name in names
    )


def _table_name(sql: str) -> str:
    words = sql.split()
    return words[2] if words[1] == "TABLE" else ""
