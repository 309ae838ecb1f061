"""The body every subscriber gets: content, who else released it, disclaimer; each an element of its own,
so that what one holds cannot reach into the next."""

from html import escape

from aggregator.model import Release, StoryMember

_ALSO = {
    "en": "Also released by",
    "fr": "Également publié par",
    "de": "Ebenfalls veröffentlicht von",
    "es": "También publicado por",
}


def html(release: Release) -> str:
    """The whole body as safe HTML; the disclaimer is its last element."""
    content = f"<div>{release.content}</div>" if release.content else ""
    also = also_released_by(release)
    return "\n".join(part for part in (content, also, release.disclaimer) if part)


def also_released_by(release: Release) -> str:
    """A paragraph that names the other organisations of the story, or ""."""
    if not release.also:
        return ""
    words = _ALSO.get(release.language.partition("-")[0], _ALSO["en"])
    return f"<p>{words} {', '.join(map(_linked, release.also))}</p>"


def _linked(also: StoryMember) -> str:
    name = escape(also.organisation)
    return f'<a href="{escape(also.url)}">{name}</a>' if also.url else name
