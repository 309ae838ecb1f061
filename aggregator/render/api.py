"""Responses of the API: items as in JSON Feed 1.1 with their disclaimers apart, withdrawals and a cursor."""

import json
from collections.abc import Sequence

from aggregator.editorial.present import excerpted
from aggregator.model.api import ApiPage
from aggregator.model.release import Release
from aggregator.render import jsonfeed

CONTENT_BYTES_MAX = 4_000_000  # of the items of a response; those beyond are given as excerpts


def page(shown: ApiPage) -> bytes:
    """Return a page of items, UTF-8. An item that no JSON can hold is left out."""
    withdrawn = [
        {
            "id": each.public_id,
            "url": each.page,
            "withdrawn": each.when.isoformat(),
            **({"instead": each.instead} if each.instead else {}),
        }
        for each in shown.withdrawn
    ]
    unmatched = [{"id": each.public_id, "item": each.id} for each in shown.unmatched]
    head = {"next": shown.next, "next_url": shown.next_url, "has_more": shown.has_more}
    tail = {"withdrawn": withdrawn, "unmatched": unmatched}
    written = [json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in (head, tail)]
    items = b",\n".join(_items(shown.items))
    return b'%s,"items":[\n%s\n],%s\n' % (written[0][:-1].encode(), items, written[1][1:].encode())


def error(sentence: str) -> bytes:
    """Return the response to a request that cannot be carried out."""
    return json.dumps({"error": sentence}, ensure_ascii=False).encode() + b"\n"


def _items(releases: Sequence[Release]) -> list[bytes]:
    left = CONTENT_BYTES_MAX
    written = []
    for release in releases:
        entry = _item(release)
        if len(entry) > left:
            entry = _item(excerpted(release), is_excerpt=True)
        left -= len(entry)
        written.append(entry)
    return written


def _item(release: Release, *, is_excerpt: bool = False) -> bytes:
    fields = jsonfeed.fields(release)
    own = {
        "item": release.id,
        "organisation": release.organisation,
        "disclaimer_html": release.disclaimer,
        "disclaimer_text": release.disclaimer_text,
        "republish": release.source.republish,
        "corrected": release.corrected,
        "excerpt": is_excerpt,
    }
    return jsonfeed.serialised({**fields, **own})
