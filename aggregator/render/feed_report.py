"""A report on a feed in Markdown, to be sent to its origin."""

import re
from collections.abc import Sequence

from aggregator.model.finding import Finding
from aggregator.policy.feed_findings import WORDS

EXAMPLE_CHARS_MAX = 200


def report(url: str, title: str, items: int, found: Sequence[Finding]) -> str:
    """Return the report: a paragraph, and a section for each finding."""
    name = f" {code(title)}" if title else ""
    head = [f"# How the feed{name} is read", "", f"Address: {code(url)}. Items: {items}."]
    if not found:
        return "\n".join([*head, "", "Nothing stands in the way: every check passed.", ""])
    many = "One thing" if len(found) == 1 else f"{len(found)} things"
    lines = [*head, "", f"{many} can be better, the worst first.", ""]
    for each in found:
        words = WORDS[each.rule]
        count = f" ({each.count} of {each.total} items)" if each.count else ""
        lines += [f"## {words.wrong.removesuffix('.')}{count}", "", words.effect]
        if each.example:
            lines += ["", f"Example: {code(each.example)}"]
        lines += ["", f"**Cure:** {words.cure}", ""]
    return "\n".join(lines)


def code(text: str) -> str:
    """Return a text of a feed as code on one line, in which no markup of its own counts."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    if len(plain) > EXAMPLE_CHARS_MAX:
        plain = f"{plain[: EXAMPLE_CHARS_MAX - 1]}…"
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"
