"""The page of an item in words and in JSON, as `show` prints it."""

from collections.abc import Mapping

from aggregator.model.page import PageState
from aggregator.model.stored import FeedInfo, Stored

WORDS: Mapping[PageState, str] = {
    PageState.WAITS: "its page is still to be fetched",
    PageState.TAKEN: "from its page",
    PageState.EMPTY: "none: no text was found in its page",
    PageState.SHORT: "none: its page says hardly more than the summary",
    PageState.APART: "none: the text of its page does not hold the summary",
    PageState.LINKS: "none: the text of its page is mostly links",
    PageState.LARGE: "none: its page is too large",
    PageState.ELSEWHERE: "none: its page leads out of the domains of its source",
    PageState.RESERVED: "none: its page forbids to be indexed, archived or mined",
    PageState.EMBARGOED: "none: its page states an embargo",
    PageState.FOREIGN: "none: its page links to hosts outside `domains` and `links_to`",
    PageState.COPY: "none: its page has the text of a release that was withdrawn",
    PageState.ROBOTS: "none: robots.txt forbids the fetch of its page, or cannot be read",
    PageState.REFUSED: "none: its page is not there, or may not be read",
    PageState.FAILED: "none: its page did not answer in time, or could not be read",
}


def in_words(item: Stored, feed: FeedInfo) -> str:
    """Return where the text of an item comes from; "" if its page was never wanted."""
    if item.page is None:
        return ""
    is_off = item.page.state is PageState.TAKEN and not feed.full_text
    return "none: its source has no `full_text: true` any more" if is_off else WORDS[item.page.state]


def in_json(item: Stored) -> dict[str, object] | None:
    """Return the state of an item's page and its text; None if it was never wanted."""
    if item.page is None:
        return None
    return {"state": item.page.state, "content": item.page.content, "text": item.page.text}
