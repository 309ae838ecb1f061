"""Items as their house style shows them, and the link under a text that it has cut. Neither applies a rule
nor loads what does: the publisher starts without the sanitiser."""

from collections.abc import Mapping
from html import escape

from msgspec.structs import replace

from aggregator.editorial import rights, videos
from aggregator.editorial.rights import Permitted
from aggregator.model.item import Item
from aggregator.model.settings import Republish

CONTINUED: Mapping[str, str] = {
    "en": "Continue reading at {organisation}",
    "fr": "Lire la suite chez {organisation}",
    "de": "Weiterlesen bei {organisation}",
    "es": "Seguir leyendo en {organisation}",
}


def item(said: Item) -> Item:
    """Return an item with the texts of its house style in place of its origin's."""
    styled = said.styled
    if not styled.rules:
        return said
    title = styled.title or said.title
    if not styled.is_body:
        return replace(said, title=title)
    return replace(said, title=title, content=styled.content, summary=styled.summary, text=styled.text)


def permitted(item: Item, republish: Republish, *, organisation: str, url: str, language: str) -> Permitted:
    """Return the part of an item as shown that the rights permit, with the link to the rest of it if the
    house style has cut its text: an excerpt is a beginning in any case. Raises ValueError for `no`."""
    allowed = rights.permitted(item, republish)
    allowed = replace(allowed, content=videos.pictured(allowed.content))
    if not item.styled.is_cut or republish is not Republish.FULL or not url:
        return allowed
    words = CONTINUED.get(language.partition("-")[0], CONTINUED["en"]).format(organisation=organisation)
    link = f'<p><a href="{escape(url)}" rel="noopener">{escape(words, quote=False)}</a></p>'
    text = "\n\n".join(filter(None, (allowed.text, f"{words}: {url}")))
    return replace(allowed, content=allowed.content + link, text=text)
