"""Parse JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1). A value of the wrong type counts as absent.

Never sanitises and never resolves URLs.
"""

import json
from collections.abc import Mapping
from hashlib import blake2b

from aggregator.errors import Cause, ParseError
from aggregator.model.deleted import TOMBSTONES_MAX, Deleted
from aggregator.model.document import ENTRIES_MAX, Document
from aggregator.model.entry import Attachment, Entry, Markup
from aggregator.parse.entry import (
    RAW_BODY_CHARS_MAX,
    RAW_LINE_CHARS_MAX,
    RAW_TITLE_CHARS_MAX,
    distinct,
    with_url,
)
from aggregator.parse.references import joined

INTEGER_DIGITS_MAX = 4_300
WITHDRAWN = "_withdrawn"  # an item with it is the tombstone of the one with its id, and no entry
Object = Mapping[str, object]


def read(text: bytes, url: str, seen: frozenset[bytes], *, pipeline_version: bytes) -> Document:
    """Return the document with its entries whose digest is not in `seen`; raises ParseError."""
    feed = _load(text)
    version = _text(feed, "version").rstrip("/").rpartition("/version/")
    if "jsonfeed.org" not in version[0] or not isinstance(feed.get("items"), list):
        raise ParseError(
            "the document is JSON but not a JSON Feed: it needs `version` and `items`", cause=Cause.NOT_A_FEED
        )
    items = _objects(feed, "items")
    salt = _salt(feed, url, pipeline_version)
    listed = tuple(_digest(item, salt) for item in items[:ENTRIES_MAX])
    deleted = tuple(_deleted(item) for item in items if item.get(WITHDRAWN))[:TOMBSTONES_MAX]
    refs = {each.ref for each in deleted}
    return Document(
        format="json" + version[2].replace(".", "")[:2].ljust(2, "0"),
        title=_text(feed, "title", RAW_TITLE_CHARS_MAX),
        link=_text(feed, "home_page_url"),
        language=_text(feed, "language"),
        authors=_authors(feed),
        hubs=distinct(_text(hub, "url") for hub in _objects(feed, "hubs")),
        self_url=_text(feed, "feed_url"),
        previous=_text(feed, "next_url"),
        entries=tuple(
            _entry(item, digest)
            for item, digest in zip(items, listed, strict=False)  # items beyond the limit have no digest
            if not item.get(WITHDRAWN) and (digest not in seen or _identifier(item.get("id")) in refs)
        ),
        deleted=deleted,
        listed=listed,
        complete=len(items) == len(listed),
        salt=salt,
    )


def _load(text: bytes) -> Object:
    try:
        feed = json.loads(text, parse_int=_integer)
    except RecursionError as error:
        raise ParseError("the document's values are nested too deep", cause=Cause.LIMIT) from error
    except ValueError as error:
        raise ParseError(f"the document is not valid JSON ({error})", cause=Cause.NOT_A_FEED) from error
    assert isinstance(feed, dict), "a text that starts with a brace is an object"
    return feed


def _integer(digits: str) -> int | str:
    """Return the number, as text if Python would refuse to read or write it (CVE-2020-10735)."""
    return int(digits) if len(digits) <= INTEGER_DIGITS_MAX else digits


def _salt(feed: Object, url: str, pipeline_version: bytes) -> bytes:
    head = {key: value for key, value in feed.items() if key != "items"}
    return blake2b(
        json.dumps([pipeline_version.hex(), url, head], sort_keys=True).encode(), digest_size=16
    ).digest()


def _digest(item: Object, salt: bytes) -> bytes:
    return blake2b(json.dumps(item, sort_keys=True).encode(), digest_size=16, key=salt).digest()


def _entry(item: Object, digest: bytes) -> Entry:
    html = _text(item, "content_html", RAW_BODY_CHARS_MAX)
    plain = _text(item, "content_text", RAW_BODY_CHARS_MAX)
    return Entry(
        guid=_identifier(item.get("id")),
        link=_text(item, "url") or _text(item, "external_url"),
        title=Markup(_text(item, "title", RAW_TITLE_CHARS_MAX)),
        content=Markup(joined(html) or plain, is_html=bool(html)),
        summary=Markup(_text(item, "summary", RAW_BODY_CHARS_MAX)),
        published=_identifier(item.get("date_published")),  # some write seconds since 1970
        updated=_identifier(item.get("date_modified")),
        authors=_authors(item),
        categories=distinct(_clean(tag, RAW_LINE_CHARS_MAX) for tag in _list(item, "tags")),
        enclosures=with_url(
            Attachment(_text(file, "url"), _text(file, "mime_type"), _identifier(file.get("size_in_bytes")))
            for file in _objects(item, "attachments")
        ),
        images=tuple(map(Attachment, distinct((_text(item, "image"), _text(item, "banner_image"))))),
        language=_text(item, "language"),
        digest=digest,
    )


def _deleted(item: Object) -> Deleted:
    """Return the tombstone that an item with WITHDRAWN is; its `when` is "" if it has no valid one."""
    withdrawn = item.get(WITHDRAWN)
    told = withdrawn if isinstance(withdrawn, dict) else {}
    return Deleted(
        _identifier(item.get("id")), _text(told, "when"), comment=_text(told, "comment", RAW_TITLE_CHARS_MAX)
    )


def _authors(parent: Object) -> tuple[str, ...]:
    """Return the names in `authors` of version 1.1 and `author` of 1.0."""
    single = parent.get("author")
    people = [*_objects(parent, "authors"), *([single] if isinstance(single, dict) else [])]
    return distinct(_text(person, "name") for person in people)


def _identifier(value: object) -> str:
    """Return a string or a number as a string: version 1.1 says to coerce an id that is a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:RAW_LINE_CHARS_MAX]
    return _clean(value, RAW_LINE_CHARS_MAX).strip()


def _text(parent: Object, key: str, limit: int = RAW_LINE_CHARS_MAX) -> str:
    value = parent.get(key)
    return _clean(value.strip(), limit) if isinstance(value, str) else ""


def _clean(value: object, limit: int) -> str:
    """Return a string cut, without the lone surrogates that JSON can escape (RFC 8259 section 8.2).

    "" for a value of another type.
    """
    return value[:limit].encode(errors="replace").decode() if isinstance(value, str) else ""


def _objects(parent: Object, key: str) -> list[dict[str, object]]:
    return [element for element in _list(parent, key) if isinstance(element, dict)]


def _list(parent: Object, key: str) -> list[object]:
    value = parent.get(key)
    return value if isinstance(value, list) else []
