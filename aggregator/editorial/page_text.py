"""The text of an item's page in place of the summary that its feed carries. Pure."""

from msgspec.structs import replace

from aggregator.editorial import shown
from aggregator.model.item import Item
from aggregator.model.page import PageState
from aggregator.model.stored import FeedInfo, Stored


def item(stored: Stored, feed: FeedInfo) -> Item:
    """Return what an item says, with the text of its page if that was taken and its source still wants it;
    what the feed says is the summary then. Everything else of it stays: rights are applied to the result. The
    house style is that of each text."""
    said, page = stored.item, stored.page
    if not feed.full_text or page is None or page.state is not PageState.TAKEN:
        return said
    of_feed, own = shown.item(said), page.styled
    summary = of_feed.summary or of_feed.content
    styled = replace(
        said.styled,
        rules=said.styled.rules or own.rules,
        is_body=own.is_body,
        is_cut=own.is_cut,
        content=own.content,
        summary=summary if own.is_body else "",
        text=own.text,
    )
    return replace(said, content=page.content, text=page.text, summary=summary, styled=styled)
