"""Text of an item before and after the house style of its source."""

from difflib import unified_diff
from itertools import islice

from aggregator.editorial import shown
from aggregator.model.item import Item

BEFORE, AFTER = "as its origin says it", "in the house style"
SAMPLE_LINES_MAX = 40


def difference(item: Item) -> str:
    """Return what the house style changes of headline and text as a unified diff, "" for nothing."""
    return "\n".join(_lines(item))


def sample(item: Item) -> str:
    """Return the first lines of the same."""
    lines = _lines(item)
    return "\n".join([*islice(lines, SAMPLE_LINES_MAX), *(["…"] if len(lines) > SAMPLE_LINES_MAX else [])])


def _lines(item: Item) -> list[str]:
    said, after = (_text(each) for each in (item, shown.item(item)))
    return [*unified_diff(said, after, BEFORE, AFTER, lineterm="", n=0)]


def _text(item: Item) -> list[str]:
    paragraphs = item.text.split("\n\n")
    return [item.title, *(line for each in paragraphs for line in each.splitlines())]
