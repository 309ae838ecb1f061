"""JSON Feed 1.1. Fields that the format lacks are in the extension object `_publicwire`."""

import json
from collections.abc import Mapping, Sequence

from aggregator.model.item import Enclosure
from aggregator.model.release import Channel, Release, Translated
from aggregator.model.rights import USES
from aggregator.render import body
from aggregator.render.attribution import people, provenance, source_feed


def entry(release: Release) -> bytes:
    """Return one item object, UTF-8."""
    return serialised(fields(release))


def fields(release: Release) -> dict[str, object]:
    """Return the fields of an item object; empty ones are left out when it is serialised."""
    return {
        "id": release.public_id,
        "url": release.page,
        "external_url": release.url,
        "title": release.title,
        "content_html": body.html(release),
        "content_text": release.text,
        "summary": release.summary,
        "image": release.images[0].url if release.images else "",
        "date_published": release.published.isoformat() if release.is_dated else "",
        "date_modified": release.updated.isoformat() if release.is_dated or release.corrected else "",
        "authors": [{"name": release.organisation}],
        "tags": list(release.category_names),
        "language": release.language,
        "attachments": [_attachment(file) for file in release.enclosures],
        "_publicwire": _extension(release),
    }


def document(channel: Channel, entries: Sequence[bytes]) -> bytes:
    """Return the feed object around serialised item objects."""
    head = serialised(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": channel.title,
            "home_page_url": channel.page,
            "feed_url": channel.own_address("json"),
            "next_url": _next(channel),
            "description": channel.description,
            "authors": [{"name": channel.publisher, "url": channel.publisher_page}]
            if channel.publisher
            else [],
            "language": channel.language,
            "hubs": [{"type": "WebSub", "url": channel.hub}] if channel.hub else [],
            "_publicwire": {"last": channel.last} if channel.last else {},
        }
    )
    return b'%s,"items":[\n%s\n]}\n' % (head[:-1], b",\n".join(entries))


def _next(channel: Channel) -> str:
    """Return the address of the next page: of older entries, after a cursor of newer ones; "" for none."""
    if channel.has_more:
        return channel.after_address(channel.last, "json")
    return channel.archive_address(channel.older, "json") if channel.older else ""


def _attachment(file: Enclosure) -> dict[str, object]:
    kind = file.type or "application/octet-stream"
    return _without_empty({"url": file.url, "mime_type": kind, "size_in_bytes": file.size})


def _extension(release: Release) -> dict[str, object]:
    source = source_feed(release)
    origin = {"id": release.source.id, "title": source.title, "feed": source.feed, "url": source.link}
    also = [{"organisation": also.organisation, "url": also.page} for also in release.also]
    return _without_empty(
        {
            "organisation": release.organisation,
            "authors": people(release),
            "source": _without_empty(origin),
            "licence": release.terms.licence,
            "ai": _without_empty({name: getattr(release.terms, name) for name in USES}),
            "rights": release.rights,
            "provenance": _provenance(release),
            "also": also,
            "translations": [_translation(each) for each in release.translations],
            "corrected": release.corrected,
            "language_detected": release.is_language_detected,
            "edited": release.edited,
            "edited_by": release.edited_by,
            "note": release.note,
        }
    )


def _translation(translated: Translated) -> dict[str, str]:
    return {"language": translated.language, "url": translated.page, "id": translated.public_id}


def _provenance(release: Release) -> dict[str, object]:
    claimed = provenance(release)
    fields = (
        {}
        if claimed is None
        else {"id": claimed.id, "title": claimed.title, "url": claimed.link or claimed.self_url}
    )
    return _without_empty(fields)


def _without_empty(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields without null, "" and []: JSON Feed omits absent values."""
    return {name: value for name, value in fields.items() if value}


def serialised(fields: dict[str, object]) -> bytes:
    """Return fields as a JSON object, without the empty ones."""
    return json.dumps(_without_empty(fields), ensure_ascii=False, separators=(",", ":")).encode()
