"""A patch to feedparser that keeps the clauses of RSL 1.0 licences (rslstandard.org/rsl)."""

from collections.abc import Callable

import feedparser.api
import feedparser.mixin

from aggregator.parse.entry import RAW_LABELS_MAX


def collect_rsl() -> None:
    """Keep all clauses of RSL licences, as `rsl` of the feed or entry: they are repeated, and their types are
    attributes."""

    def start(parser: feedparser.mixin._FeedParserMixin, attributes: dict[str, str]) -> None:
        parser.push("rsl_clause", 1)
        parser.rsl_type = dict(attributes).get("type", "")

    def ending(kind: str) -> Callable[[feedparser.mixin._FeedParserMixin], None]:
        def end(parser: feedparser.mixin._FeedParserMixin) -> None:
            value = parser.pop("rsl_clause") or ""
            clauses = parser._get_context().setdefault("rsl", [])
            if len(clauses) < RAW_LABELS_MAX:
                clauses.append({"kind": kind, "type": parser.rsl_type, "text": value})

        return end

    for kind in ("permits", "prohibits", "payment"):
        for parser in (feedparser.api.StrictFeedParser, feedparser.api.LooseFeedParser):
            setattr(parser, f"_start_rsl_{kind}", start)
            setattr(parser, f"_end_rsl_{kind}", ending(kind))
