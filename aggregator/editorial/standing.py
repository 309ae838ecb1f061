"""The standing text of a release: whole, in one line, and once for all releases of a page."""

from aggregator.editorial import disclaimer
from aggregator.editorial.safe import language_tag
from aggregator.editorial.safe import line as one_line
from aggregator.editorial.wording import DEFAULT, LINE
from aggregator.model.settings import Publication, Text

Rendered = tuple[str, str]  # as HTML and as text


def of_item(
    own: Text | None,
    publication: Publication,
    language: str,
    words: disclaimer.Variables,
    *,
    is_long: bool,
) -> tuple[Rendered, Rendered, Rendered]:
    """Return the disclaimer of an item, the one in one line, and what stands before its content: that line
    where it is long and the publication wants it, else ("", "")."""
    tag = language or language_tag(publication.language)
    template = publication.disclaimer_line.in_language(tag) or LINE.in_language(tag) or ""
    line = disclaimer.compile(template).render(words)
    lead = line if is_long and publication.disclaimer_lead else ("", "")
    return _whole(own, publication, language, words), line, lead


def of_page(publication: Publication, organisation: str) -> str:
    """Return the publication's disclaimer for all releases of a page, as HTML: in its own language, without
    the title and address of any release. `organisation` are words in place of a name."""
    nothing = disclaimer.ItemVariables("", "", "", "", "")
    words = disclaimer.Variables(one_line(publication.name), organisation, "", nothing)
    return _whole(None, publication, "", words)[0]


def _whole(
    own: Text | None, publication: Publication, language: str, words: disclaimer.Variables
) -> Rendered:
    """Return the source's own disclaimer, else the publication's, else the default; each in the item's
    language before its text for all others."""
    language = language or language_tag(publication.language)
    special = own.in_language(language) if own else None
    template = special or publication.disclaimer.in_language(language) or DEFAULT.in_language(language) or ""
    return disclaimer.compile(template).render(words)
