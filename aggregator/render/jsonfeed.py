"""JSON Feed 1.1. What the format has no word for is in its extension object `_publicwire`."""

import json
from collections.abc import Mapping, Sequence

from aggregator.model import Channel, Enclosure, Release
from aggregator.render import body
from aggregator.render.attribution import lineage, names


def entry(release: Release) -> bytes:
    """One item object."""
    return _written(
        {
            "id": release.public_id,
            "url": release.page,
            "external_url": release.url,
            "title": release.title,
            "content_html": body.html(release),
            "content_text": release.text,
            "summary": release.summary,
            "image": release.images[0].url if release.images else "",
            "date_published": release.published.isoformat(),
            "date_modified": release.updated.isoformat(),
            "authors": [{"name": name} for name in names(release)],
            "tags": list(release.categories),
            "language": release.language,
            "attachments": [_attachment(file) for file in release.enclosures],
            "_publicwire": _extension(release),
        }
    )


def document(channel: Channel, entries: Sequence[bytes]) -> bytes:
    """The feed object around item objects."""
    head = _written(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": channel.title,
            "home_page_url": channel.page,
            "feed_url": f"{channel.address}feed.json",
            "description": channel.description,
            "language": channel.language,
            "hubs": [{"type": "WebSub", "url": channel.hub}] if channel.hub else [],
        }
    )
    return b'%s,"items":[\n%s\n]}\n' % (head[:-1], b",\n".join(entries))


def _attachment(file: Enclosure) -> dict[str, object]:
    attachment: dict[str, object] = {"url": file.url, "mime_type": file.type or "application/octet-stream"}
    if file.size is not None:
        attachment["size_in_bytes"] = file.size
    return attachment


def _extension(release: Release) -> dict[str, object]:
    source = lineage(release)
    origin = {"id": release.source.id, "title": source.title, "feed": source.feed, "url": source.link}
    also = [_filled({"organisation": also.organisation, "url": also.url}) for also in release.also]
    extension: dict[str, object] = {
        "organisation": release.organisation,
        "source": _filled(origin),
        "licence": release.licence,
        "rights": release.rights,
        "also": also,
        "corrected": release.corrected,
    }
    return _filled(extension)


def _filled(fields: Mapping[str, object]) -> dict[str, object]:
    """Absent is said by leaving out, never by null, "" or []."""
    return {name: value for name, value in fields.items() if value}


def _written(fields: dict[str, object]) -> bytes:
    return json.dumps(_filled(fields), ensure_ascii=False, separators=(",", ":")).encode()
