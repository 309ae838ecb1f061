"""Checks of published output, with parsers that the renderer does not use."""

import json
from collections.abc import Iterator
from unicodedata import category
from xml.etree.ElementTree import Element

import html5lib
from lxml import etree

from aggregator import render
from aggregator.model.release import Channel, Release
from aggregator.render import Format, body
from aggregator.web.pages import Site, item_page
from tests.normalise.allowed import ADDRESSES, ELEMENTS, PLAIN, faults

# The search of the masthead and the address of the feed, which stand outside all that a release brings.
SEARCH = [["form", "label", "input", "button"]]
SUBSCRIBE = [["section", "h2", "p", "p", "input", "p", "a", "a", "a"]]
SKELETON = ["a", "header", "main", "footer"]
PAGES_OWN = {"html", "head", "meta", "title", "link", "body", "main", "nav"}
IN_HEAD = PAGES_OWN - {"main", "nav", "body"}
PAGES_ATTRIBUTES = {
    *("class", "id", "charset", "http-equiv", "content", "name", "property", "hreflang"),
    *("referrerpolicy", "role", "tabindex", "aria-label", "aria-labelledby", "aria-current", "data-label"),
    *("itemscope", "itemtype", "itemprop"),  # microdata; bodies have none, as their judge knows none
}
SHOWN_AS_HTML = (
    "description",
    "{http://purl.org/rss/1.0/modules/content/}encoded",
    "{http://www.w3.org/2005/Atom}content",
)
TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # bidirectional controls
LOCAL = ("https://", "http://", "/", "#main", "mailto:", "tel:")


def release_faults(release: Release, channel: Channel, around: Site, *, standing: str) -> Iterator[str]:
    """Yield every fault of a release as page, RSS, Atom and JSON; `standing` is the text of its disclaimer."""
    lead = f"Released by {release.organisation}, not by {around.publication.name}." if release.lead else ""
    original = " Original." if release.url or release.source.link else ""
    yield from body_faults(body.html(release), standing, lead=f"{lead}{original}" if lead else "")
    yield from page_faults(item_page(release, around).body.decode(), standing)
    for kind in (Format.RSS, Format.ATOM):
        try:
            root = etree.fromstring(render.document(channel, [render.entry(release, kind)], kind))
        except etree.XMLSyntaxError as error:
            yield f"{kind}: {error}"
        else:
            yield from _entry_faults(root, release, standing)
    (item,) = json.loads(render.document(channel, [render.entry(release, Format.JSON)], Format.JSON))["items"]
    if (item["content_html"], item["title"]) != (body.html(release), release.title):
        yield "json: another body or title"
    yield from _unprintable(release)


def _entry_faults(root: etree._Element, release: Release, standing: str) -> Iterator[str]:
    """Yield elements that readers show as HTML, other than the body, and a paragraph of escaped text above
    the disclaimer."""
    said = [each for each in root.iter(*SHOWN_AS_HTML) if not _is_of_channel(each)]
    whole = [each for each in said if each.text == body.html(release)]
    if not whole:
        yield f"{root.tag}: no body"
    for each in said:
        if each not in whole:
            yield from summary_faults(each.text or "", standing)


def summary_faults(html: str, standing: str) -> Iterator[str]:
    """Yield faults of the summary of an RSS item: one paragraph of text, then the disclaimer."""
    yield from body_faults(html, standing)
    summary, *rest = html5lib.parseFragment(html, namespaceHTMLElements=False)
    if summary.tag != "p" or len(summary) or len(rest) != 1:
        yield f"summary {html}"


def _is_of_channel(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == "channel"


def body_faults(html: str, standing: str, *, lead: str = "") -> Iterator[str]:
    """Yield faults of the body in feeds: content, then the disclaimer once, last and at the top level.

    `lead` is the text of the disclaimer in one line that stands first, before a long content.
    """
    found = faults(html)
    parts = list(html5lib.parseFragment(html, namespaceHTMLElements=False))
    if lead:
        yield from _disclaimer(parts.pop(0), lead)
        found = found[1:]  # the first is the class of that line
    yield from found[:-1]  # the last is the class of the disclaimer
    if len(parts) > 2 or found[-1:] != ["attribute class"]:
        yield f"{len(parts)} parts in the body"
    yield from _disclaimer(parts[-1], standing)


def page_faults(html: str, standing: str) -> Iterator[str]:
    """Yield faults of a page: elements outside the template, and a disclaimer that is not in its place."""
    root = html5lib.parse(html, namespaceHTMLElements=False)
    head, shown = root
    yield from (f"{each.tag} in head" for each in head.iter() if each.tag not in IN_HEAD)
    yield from [f"skeleton {each}" for each in [[e.tag for e in shown]] if each != SKELETON]
    searches = shown.findall("header//form[@class='search']")
    yield from [
        f"search of {parts}"
        for parts in [[[e.tag for e in form.iter()] for form in searches]]
        if parts != SEARCH
    ]
    feeds = shown.findall("footer//section[@class='subscribe']")
    yield from [
        f"feeds of {parts}"
        for parts in [[[e.tag for e in section.iter()] for section in feeds]]
        if parts != SUBSCRIBE
    ]
    ours = {id(each) for part in (*searches, *feeds) for each in part.iter()}
    for element in root.iter():
        if id(element) in ours:
            continue
        if element.tag not in ELEMENTS | PAGES_OWN:
            yield f"element {element.tag}"
        for name, value in element.items():
            if name in ADDRESSES:
                yield from () if value.startswith(LOCAL) else [f"address {value}"]
            elif name not in PLAIN | PAGES_ATTRIBUTES | {"srcset"}:
                yield f"attribute {name}"
    found = [each for each in root.iter() if "pw-disclaimer" in each.get("class", "")]
    placed = root.findall("body/main/article/aside/div")
    if found != placed or len(found) != 1:
        yield f"{len(found)} disclaimers, {len(placed)} in their place"
    yield from (fault for each in found for fault in _disclaimer(each, standing))


def _disclaimer(element: Element, standing: str) -> Iterator[str]:
    if element.get("class") != "pw-disclaimer" or "".join(element.itertext()) != standing:
        yield f"no disclaimer but {''.join(element.itertext())}"


def _unprintable(release: Release) -> Iterator[str]:
    """Yield single-line texts with control, surrogate, line-separator or bidirectional characters."""
    lines = (release.title, release.organisation, release.url, release.public_id, release.language)
    for line in (*lines, *release.authors, *release.categories, *(file.type for file in release.enclosures)):
        if any(category(each) in ("Cc", "Cs", "Zl", "Zp") or each in TURNS for each in line):
            yield f"a line of {line!r}"
