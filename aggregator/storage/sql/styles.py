"""House styles of items: written with a poll, or anew after a change of the rules. What is shown of an item
changes, but no revision is made and `updated` stays: its origin has corrected nothing."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from aggregator.model.changes import Unstyled
from aggregator.model.house_style import HouseStyle, Styled
from aggregator.model.item import Item
from aggregator.storage.sql import channels, rows, search, values
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, Engine, Index, as_json, ints, one, update

NEXT = """SELECT i.*, s.id AS source_id FROM unstyled u JOIN item i ON i.number = u.item
    JOIN source s ON s.number = i.source WHERE u.source = ? ORDER BY u.item DESC LIMIT ?"""


class StyleStore:
    """The items of one store whose house style has changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def is_behind(self) -> bool:
        """Return whether items wait to be styled anew. Cheap."""
        with self._engine.reading() as db:
            return db.execute("SELECT 1 FROM unstyled LIMIT 1").fetchone() is not None

    def next(self, after: int, limit: int, singly: Collection[int] = ()) -> Unstyled | None:
        """Return up to `limit` items of the source that follows the number `after`, the sources in turn, the
        last stored first, one of a source in `singly`; None when no item waits."""
        with self._engine.reading() as db:
            row = db.execute(
                "SELECT source FROM unstyled ORDER BY source <= ?, source, item LIMIT 1", (after,)
            ).fetchone()
            if row is None:
                return None
            return _unstyled(db, row["source"], 1 if row["source"] in singly else limit)

    def write(self, styled: Sequence[tuple[int, Item]], style: HouseStyle, now: datetime) -> None:
        """Write items that were styled by these rules, in one short transaction. Those whose texts or rules
        have changed meanwhile wait further."""
        with self._engine.writing() as db:
            at = channels.stamp(db, now)
            written, changed = _write(db, self._engine.index, styled, at)
            channels.touch(db, changed, at)
            _settle(db, written, style)

    def leave(self, items: Iterable[int]) -> None:
        """Leave items as they are shown: the rules cannot be applied to them."""
        with self._engine.writing() as db:
            forget(db, as_json(items))


def _unstyled(db: Connection, source: int, limit: int) -> Unstyled:
    row = one(
        db.execute("SELECT id, organisation, title, house_style FROM source WHERE number = ?", (source,))
    )
    found = db.execute(NEXT, (source, limit)).fetchall()
    numbers = as_json(each["number"] for each in found)
    waiting = db.execute(
        f"SELECT p.*, i.keys FROM pending p JOIN item i ON i.number = p.item WHERE p.item {ints()}",
        (numbers,),
    ).fetchall()
    items = [(each["number"], values.item(each)) for each in found]
    items += [(each["item"], values.item(each)) for each in waiting]
    items += [page for each in found for page in _pages(db, each["number"], values.item(each))]
    style, organisation = rows.unpack(HouseStyle, row["house_style"]), row["organisation"] or row["title"]
    return Unstyled(row["id"], source, style, tuple(items), organisation)


def _pages(db: Connection, number: int, said: Item) -> Iterator[tuple[int, Item]]:
    """Yield the texts of an item's pages, each as an item that says it."""
    for row in db.execute(
        "SELECT content, text, styled FROM page WHERE item = ? AND state = 'taken'", (number,)
    ):
        styled = rows.unpack(Styled, row["styled"])
        yield number, replace(said, content=row["content"], text=row["text"], summary="", styled=styled)


def catch_up(db: Connection, number: int, applied: str) -> None:
    """Have an item styled anew, to the text of whose page rules with this digest were applied, if its source
    has other ones meanwhile."""
    row = one(
        db.execute(
            """SELECT s.number, s.house_style FROM item i JOIN source s ON s.number = i.source
            WHERE i.number = ?""",
            (number,),
        )
    )
    if rows.unpack(HouseStyle, row["house_style"]).digest != applied:
        void(db, row["number"], [number])


def anew(db: Connection, source: int) -> None:
    """Have all items of a source that have content styled anew."""
    db.execute(
        """INSERT INTO unstyled (item, source) SELECT number, source FROM item
        WHERE source = ? AND freed = 0 ON CONFLICT DO NOTHING""",
        (source,),
    )


def of_poll(db: Connection, index: Index, styled: Sequence[tuple[int, Item]], at: Stamp) -> None:
    """Write known items as a document shows them under the present rules."""
    written, changed = _write(db, index, styled, at)
    if changed:
        channels.touch(db, changed, at)
    db.execute(  # a document shows no page
        f"""DELETE FROM unstyled WHERE item {ints()} AND NOT EXISTS (
            SELECT 1 FROM page p WHERE p.item = unstyled.item AND p.state = 'taken')""",
        (as_json(written),),
    )


def void(db: Connection, source: int, items: Iterable[int]) -> None:
    """Have items styled anew that a poll has styled by rules which have changed since it began."""
    db.executemany(
        "INSERT INTO unstyled (item, source) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(number, source) for number in items],
    )


def forget(db: Connection, numbers: str) -> None:
    """Have items (a JSON list of numbers) not styled anew."""
    db.execute(f"DELETE FROM unstyled WHERE item {ints()}", (numbers,))


def _write(
    db: Connection, index: Index, styled: Sequence[tuple[int, Item]], at: Stamp
) -> tuple[set[int], Sequence[int]]:
    """Write the house style of items that still have these texts; returns their numbers, and those of items
    that are shown otherwise now."""
    written, changed = set[int](), list[int]()
    for number, item in styled:
        own = rows.column(item.styled)
        texts = (number, item.title, item.content)
        row = db.execute(
            "SELECT styled FROM item WHERE number = ? AND title = ? AND content = ? AND freed = 0", texts
        ).fetchone()
        if row is not None:
            written.add(number)
            if row["styled"] != own:
                before = rows.unpack(Styled, row["styled"])
                if before.shown != item.styled.shown:
                    search.remove(db, index, as_json([number]))
                    changed.append(number)
                _update(db, number, item.styled, at, refiles=before.topics != item.styled.topics)
        db.execute(
            "UPDATE pending SET styled = ? WHERE item = ? AND title = ? AND content = ?", (own, *texts)
        )
        changed += _write_page(db, number, item, own)
    return written, changed


def _update(db: Connection, number: int, styled: Styled, at: Stamp, *, refiles: bool) -> None:
    """Write the house style of an item, and move it between the channels of topics that rules add."""
    columns = {"styled": rows.column(styled), "ruled_topics": rows.column(styled.topics)}
    if not refiles:
        update(db, "item", number, columns)
        return
    former = channels.member(db, number)
    channels.touch(db, [number], at)  # channels that it leaves
    update(db, "item", number, columns)
    channels.resettle_item(db, former, at)
    channels.touch(db, [number], at)


def _write_page(db: Connection, number: int, item: Item, own: object) -> Sequence[int]:
    """Write the house style of a page that still has this text; returns the number of its item if it is shown
    otherwise now."""
    bounds = (number, item.content)
    row = db.execute(
        "SELECT styled FROM page WHERE item = ? AND content = ? AND state = 'taken'", bounds
    ).fetchone()
    if row is None or row["styled"] == own:
        return ()
    db.execute(
        "UPDATE page SET styled = ? WHERE item = ? AND content = ? AND state = 'taken'", (own, *bounds)
    )
    is_other = rows.unpack(Styled, row["styled"]).shown != item.styled.shown
    return [number] if is_other else ()


def _settle(db: Connection, written: Collection[int], style: HouseStyle) -> None:
    """Take items out of the queue whose source still has these rules."""
    db.execute(
        f"""DELETE FROM unstyled WHERE item {ints()}
        AND source IN (SELECT number FROM source WHERE house_style = ?)""",
        (as_json(written), rows.column(style)),
    )
