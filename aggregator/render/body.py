"""The HTML body of a release in every format: content, other publishers of the story, disclaimer. Each is an
element of its own, so that unbalanced markup of one cannot enclose the next."""

from html import escape

from aggregator.editorial.rights import paragraph
from aggregator.model import AlsoReleased, Release

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
    return "\n".join(part for part in (release.lead, content, also, release.disclaimer) if part)


def summary(release: Release) -> str:
    """Return the summary and the disclaimer as safe HTML, "" without a summary: some feed readers show the
    description of an RSS item alone, as HTML."""
    return f"{paragraph(release.summary)}\n{release.disclaimer}" if release.summary else ""


def also_released_by(release: Release) -> str:
    """Return a paragraph that names the other organisations of the story, in the item's language, or ""."""
    if not release.also:
        return ""
    words = _ALSO.get(release.language.partition("-")[0], _ALSO["en"])
    return f"<p>{words} {', '.join(map(_linked, release.also))}</p>"


def _linked(also: AlsoReleased) -> str:
    return f'<a href="{escape(also.page)}">{escape(also.organisation)}</a>'
