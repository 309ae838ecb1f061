"""Extraction of the text of a page by trafilatura, of the extra `fulltext`, and the job around it.

Runs in a worker that has loaded trafilatura before it was confined: 0.8 s and 60 MB that no other worker has.
"""

import logging
from functools import cache
from importlib import import_module
from types import ModuleType

from msgspec.structs import replace

from aggregator.model.domains import is_within
from aggregator.model.entry import Markup
from aggregator.model.house_style import UNSTYLED, Styled
from aggregator.model.page import PageJob, PageState, PageText, RobotsJob
from aggregator.model.settings import Embargo
from aggregator.normalise import embargo_lines, headline, html, links
from aggregator.normalise.item import own_address
from aggregator.normalise.text import printable
from aggregator.parse import page
from aggregator.policy import page_doubts

# trafilatura is quadratic in paragraphs: 100,000 of them take 9 s. Real pages have some 5,000 tags.
TAGS_MAX = 30_000
_PARAGRAPH = "<p>The harbour bridge opens to traffic on Monday, and the ferry goes on as before.</p>"
_SAMPLES = (
    f"<html><body><article><h1>Bridge</h1>{_PARAGRAPH * 20}</article></body></html>",
    "<html><body><p>Bridge</p></body></html>",  # so short that jusText is asked: its word lists are read then
)


@cache
def extractor() -> ModuleType:
    """Return trafilatura, which has read its files then: a confined worker cannot."""
    module = import_module("trafilatura")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL + 1)  # it logs what pages lack
    for sample in _SAMPLES:
        module.extract(sample)
    return module


@cache
def robots() -> ModuleType:
    """Return protego."""
    return import_module("protego")


def load() -> None:
    """Load the extra, before the worker is confined."""
    extractor()
    robots()


def allowed(job: RobotsJob) -> PageText:
    """Return WAITS if a robots.txt allows the fetch of an address, else ROBOTS (RFC 9309).

    Its patterns may take any time: `protego` makes regular expressions of them.
    """
    rules = robots().Protego.parse(job.body.decode("utf-8", "replace"))
    return PageText(PageState.WAITS if rules.can_fetch(job.url, job.agent) else PageState.ROBOTS)


def extracted(job: PageJob) -> PageText:
    """Return the text of a page, normalised as the body of an entry, or the reason why it is not taken."""
    if job.body.count(b"<") > TAGS_MAX:
        return PageText(PageState.LARGE)
    read = page.read(job.body, job.content_type, job.url)
    if read is None:
        return PageText(PageState.EMPTY)
    if read.is_reserved:
        return PageText(PageState.RESERVED)
    if read.canonical and not is_within(read.canonical, job.source.domains):
        return PageText(PageState.ELSEWHERE)
    markup = _markup(_left(read, job), job.url)
    if not markup:
        return PageText(PageState.EMPTY)
    safe = html.sanitise(Markup(markup, is_html=True), read.base)
    if safe.degraded:
        return PageText(PageState.LARGE)
    own = own_address(job.source, job.source.feed)
    content, text = own.text(safe.html), own.text(safe.text)
    if _is_embargoed(job, text):
        return PageText(PageState.EMBARGOED)
    if job.source.link_domains and links.foreign(links.of_body(content), job.source.link_domains):
        return PageText(PageState.FOREIGN)  # no operator has read it
    state = page_doubts.doubt(job.said, text, content, read.headline)
    if state is not PageState.TAKEN:
        return PageText(state)
    content, text = headline.without(job.said.title, content, text)
    return PageText(state, content, text, _styled(job, content, text))


def _left(read: page.Page, job: PageJob) -> page.Page:
    """Return a page without the elements that the house style drops: selectors know the classes of the page,
    which its text has not."""
    style = job.source.house_style
    if not style.drop:
        return read
    from aggregator.editorial import selectors  # see `job.load_styles`

    whole = page.text_of(job.body, job.content_type)
    left = selectors.without(whole, style.drop)
    without = None if left is whole else page.read(left.encode("utf-8", "replace"), "text/html", job.url)
    return read if without is None else replace(read, tree=without.tree)


def _styled(job: PageJob, content: str, text: str) -> Styled:
    """Return what the house style of the source makes of the text of a page; `drop` has been applied."""
    if not job.source.house_style:
        return UNSTYLED
    from aggregator.editorial import house_style  # see `job.load_styles`

    said = replace(job.said, content=content, text=text, summary="", styled=UNSTYLED)
    return house_style.styled(said, said, job.source.house_style)


def _markup(read: page.Page, url: str) -> str:
    """Return the text that trafilatura finds in a page, as HTML; "" for none."""
    found = extractor().extract(
        read.tree,
        url=url,
        output_format="html",
        favor_precision=True,
        include_comments=False,
        include_formatting=True,
        include_images=True,
        include_links=True,
        include_tables=True,
    )
    return printable(found or "")


def _is_embargoed(job: PageJob, text: str) -> bool:
    """Return whether a text begins with an embargo that has not ended, or whose end cannot be read."""
    if job.source.embargo is not Embargo.HOLD:
        return False
    line = embargo_lines.find(
        job.said.title,
        text,
        zone=job.source.timezone,
        language=job.source.language or job.said.language,
        month_first=None,
        now=job.now,
    )
    return line is not None and (line.until is None or line.until > job.now)
