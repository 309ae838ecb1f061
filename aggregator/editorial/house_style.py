"""The house style applied to an item: which of its texts are shown otherwise. Runs in the killable workers.

The item itself stays as its origin said it: identity, fingerprint, stories and revisions know no house style.
The order: elements are dropped, texts replaced, then the dateline, the length, the capitals of the headline.
"""

from msgspec import Struct

from aggregator.editorial import cutting, datelines, headlines, replacements, selectors
from aggregator.editorial.safe import web_address
from aggregator.model.house_style import UNSTYLED, HouseStyle, Styled
from aggregator.model.item import Item
from aggregator.normalise import html, plain, text

TITLE_CHARS_MAX = 1_000
DERIVED_TITLE_CHARS_MAX = 80


class _Body(Struct, frozen=True):
    """Safe HTML of an item."""

    content: str
    summary: str


def styled(said: Item, kept: Item, style: HouseStyle) -> Styled:
    """Return what is shown of an item; `kept` is the item of its entry without what the selectors match, the
    same one if they match nothing.

    Selectors that would leave nothing of a content are not applied: after a redesign of the origin they would
    empty all its releases.
    """
    if not style.is_shown:
        return Styled(rules=style.digest)
    before, after = _Body(said.content, said.summary), _Body(kept.content, kept.summary)
    if before.content and not after.content:
        after = before
    return _applied(said, after, style, drops=style.drop_digest)


def restyled(stored: Item, style: HouseStyle) -> Styled:
    """Return what is shown of a stored item under other rules. The HTML that its origin sent is not kept: it
    begins with what the same selectors have left, and other ones are applied to the stored content, which has
    neither classes nor ids."""
    if not style.is_shown:
        return Styled(rules=style.digest) if style else UNSTYLED
    before = stored.styled
    if before.drops == style.drop_digest:
        kept = _Body(before.kept_content, before.kept_summary)
        return _applied(
            stored,
            kept if before.is_dropped else _Body(stored.content, stored.summary),
            style,
            drops=style.drop_digest,
        )
    left = [_safe(selectors.without(each, style.drop), each) for each in (stored.content, stored.summary)]
    content = left[0].html or stored.content
    return _applied(stored, _Body(content, left[1].html), style, drops="")


def _applied(said: Item, kept: _Body, style: HouseStyle, *, drops: str) -> Styled:
    """Return an item in the house style, of which `kept` is left to show."""
    own = _Body(said.content, said.summary)
    content = replacements.of_body(style.replace, kept.content)
    content = datelines.applied(content, style.dateline)
    is_long = bool(style.max_words and web_address(said.url))  # what is cut is read on at the origin
    beginning = cutting.cut(content, style.max_words) if is_long else None
    body = _safe(content if beginning is None else beginning, kept.content)
    summary = _safe(replacements.of_body(style.replace, kept.summary), kept.summary)
    is_body = (body.html, summary.html) != (own.content, own.summary)
    is_dropped = bool(drops) and kept != own
    title = _title(said, body.text, style)
    return Styled(
        rules=style.digest,
        title=title if title != said.title else "",
        is_body=is_body,
        is_cut=beginning is not None,
        content=body.html if is_body else "",
        summary=summary.html if is_body else "",
        text=body.text if is_body else "",
        drops=drops,
        is_dropped=is_dropped,
        kept_content=kept.content if is_dropped else "",
        kept_summary=kept.summary if is_dropped else "",
    )


def _safe(value: str, otherwise: str) -> html.Safe:
    """Return HTML sanitised again, or else HTML that is safe: no rule makes markup of its own."""
    if value != otherwise and (safe := html.fixed_point(value, "")) is not None:
        return safe
    return html.Safe(otherwise, plain.read(otherwise).text)


def _title(said: Item, body: str, style: HouseStyle) -> str:
    """Return a headline in the house style; one that was derived from the text is derived anew."""
    if said.untitled:
        return text.shortened(" ".join(body.split()), DERIVED_TITLE_CHARS_MAX) or said.title
    replaced = replacements.of_title(style.replace, said.title)
    spelled = " ".join(rule.new for rule in style.replace if rule.new in replaced)
    title = headlines.cased(replaced, style.headline, text=said.text, language=said.language, spelled=spelled)
    return text.line(title, TITLE_CHARS_MAX) or said.title
