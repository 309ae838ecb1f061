"""The HTML body of a release in every format: content, other publishers of the story, disclaimer. Each is an
element of its own, so that unbalanced markup of one cannot enclose the next."""

from collections.abc import Mapping
from html import escape

from aggregator.editorial import desk
from aggregator.editorial.rights import paragraph
from aggregator.model.domains import host_of
from aggregator.model.release import AlsoReleased, Release

PAGE_TYPE = "text/html"
_MEDIA = {"en": "Media", "fr": "Médias", "de": "Medien", "es": "Medios"}

_ALSO = {
    "en": "Also released by",
    "fr": "Également publié par",
    "de": "Ebenfalls veröffentlicht von",
    "es": "También publicado por",
}


def html(release: Release) -> str:
    """Return the whole body as safe HTML; the disclaimer is its last element, and in one line its first."""
    content = f"<div>{release.content}</div>" if release.content else ""
    also = also_released_by(release)
    parts = (release.lead, content, players(release), also, *edits(release), release.disclaimer)
    return "\n".join(part for part in parts if part)


def summary(release: Release) -> str:
    """Return the summary and the disclaimer as safe HTML, "" without a summary: some feed readers show the
    description of an RSS item alone, as HTML."""
    if not release.summary:
        return ""
    return "\n".join((paragraph(release.summary), *edits(release), release.disclaimer))


def edits(release: Release) -> tuple[str, ...]:
    """Return paragraphs that say what the publication has edited, and its note, apart from the content."""
    said = desk.words(release.edited, release.note, release.edited_by, release.language)
    return tuple(paragraph(line) for each in said for line in each.splitlines())


def players(release: Release) -> str:
    """Return a paragraph that links the pages among the enclosures, such as the player of a film, or ""."""
    pages = [file.url for file in release.enclosures if file.type == PAGE_TYPE]
    if not pages:
        return ""
    words = _in_language(_MEDIA, release.language)
    links = (f'<a href="{escape(url)}">{escape(host_of(url) or url)}</a>' for url in pages)
    return f"<p>{words}: {', '.join(links)}</p>"


def also_released_by(release: Release) -> str:
    """Return a paragraph that names the other organisations of the story, in the item's language, or ""."""
    if not release.also:
        return ""
    words = _in_language(_ALSO, release.language)
    return f"<p>{words} {', '.join(map(_linked, release.also))}</p>"


def _in_language(words: Mapping[str, str], language: str) -> str:
    return words.get(language.partition("-")[0], words["en"])


def _linked(also: AlsoReleased) -> str:
    return f'<a href="{escape(also.page)}">{escape(also.organisation)}</a>'
