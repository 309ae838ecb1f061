"""Feed documents that hold payloads: in one field or in all, escaped, as CDATA, or raw."""

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import chain

FORMATS = ("rss", "atom", "json")
# What an attacker who owns a feed can write into, by format; "feed …" is said once a document.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "rss": (
        *("title", "author", "creator", "link", "guid", "category", "description", "content", "pubDate"),
        *("comments", "enclosure url", "enclosure type", "enclosure length", "image", "source title"),
        *(
            "source url",
            "rights",
            "feed title",
            "feed link",
            "feed language",
            "feed description",
            "feed rights",
        ),
    ),
    "atom": (
        *("title", "author", "author uri", "link", "id", "category", "category label", "summary", "content"),
        *("published", "updated", "enclosure url", "enclosure type", "source title", "source id", "rights"),
        *("xml:lang", "xml:base", "feed title", "feed link", "feed subtitle", "feed rights", "feed author"),
    ),
    "json": (
        *("title", "author", "author url", "url", "id", "external_url", "tag", "summary", "content_html"),
        *("content_text", "date_published", "date_modified", "attachment url", "attachment type", "image"),
        *("banner_image", "language", "feed title", "feed url", "feed language", "feed description"),
    ),
}
Quote = Callable[[str], str]


def legal(text: str) -> str:
    """Without what no well-formed XML document can hold."""
    return "".join(
        c
        for c in text
        if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff" and not 0xD800 <= ord(c) < 0xE000)
    )


def escaped(text: str) -> str:
    return escape(legal(text))


def cdata(text: str) -> str:
    return f"<![CDATA[{legal(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def raw(text: str) -> str:
    """As the attacker wrote it: the document is hardly ever well-formed then."""
    return text


def document(
    form: str, fields: Sequence[str], payloads: Sequence[str], *, quote: Quote = escaped, first: int = 0
) -> bytes:
    """A document with one entry a payload, which stands in these fields; the feed's own take the first."""
    told = {name: payloads[0] for name in fields if name.startswith("feed ")}
    said = [dict.fromkeys(fields, payload) for payload in payloads]
    write = {"rss": _rss, "atom": _atom, "json": _json}[form]
    return write(told, said, quote, first)


def _rss(feed: Mapping[str, str], said: Sequence[Mapping[str, str]], quote: Quote, first: int) -> bytes:
    def item(number: int, fields: Mapping[str, str]) -> str:
        here = f"https://origin.example/{number}"
        text, attribute = _quoting(fields, quote)
        return (
            f"<item><title>{text('title', f'Release {number}')}</title><link>{text('link', here)}</link>"
            f"<guid isPermaLink='false'>{text('guid', here)}</guid><author>{text('author', 'A. Author')}</author>"
            f"<dc:creator>{text('creator', 'C. Creator')}</dc:creator><category>{text('category', 'sea')}</category>"
            f"<description>{text('description', f'Body {number}.')}</description>"
            f"<content:encoded>{text('content', f'All of body {number}.')}</content:encoded>"
            f"<pubDate>{text('pubDate', 'Mon, 02 Mar 2026 11:00:00 GMT')}</pubDate>"
            f"<comments>{text('comments', here)}</comments><dc:rights>{text('rights', 'Free')}</dc:rights>"
            f'<enclosure url="{attribute("enclosure url", f"{here}.pdf")}" length="{attribute("enclosure length", "9")}"'
            f' type="{attribute("enclosure type", "application/pdf")}"/>'
            f"<media:content medium='image' url=\"{attribute('image', f'{here}.jpg')}\"/>"
            f'<source url="{attribute("source url", here)}">{text("source title", "Source")}</source></item>'
        )

    text, _ = _quoting(feed, quote)
    items = "".join(item(number, fields) for number, fields in enumerate(said, first))
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'"
        " xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:media='http://search.yahoo.com/mrss/'>"
        f"<channel><title>{text('feed title', 'Feed')}</title><link>{text('feed link', 'https://origin.example/')}</link>"
        f"<language>{text('feed language', 'en')}</language><description>{text('feed description', 'All')}</description>"
        f"<copyright>{text('feed rights', 'Free')}</copyright>{items}</channel></rss>"
    ).encode("utf-8", "surrogatepass")


def _atom(feed: Mapping[str, str], said: Sequence[Mapping[str, str]], quote: Quote, first: int) -> bytes:
    def entry(number: int, fields: Mapping[str, str]) -> str:
        here = f"https://origin.example/{number}"
        text, attribute = _quoting(fields, quote)
        return (
            f'<entry xml:lang="{attribute("xml:lang", "en")}" xml:base="{attribute("xml:base", here)}">'
            f"<title type='html'>{text('title', f'Release {number}')}</title><id>{text('id', here)}</id>"
            f'<link href="{attribute("link", here)}"/><author><name>{text("author", "A. Author")}</name>'
            f"<uri>{text('author uri', here)}</uri></author>"
            f'<category term="{attribute("category", "sea")}" label="{attribute("category label", "Sea")}"/>'
            f"<summary type='html'>{text('summary', f'Body {number}.')}</summary>"
            f"<content type='html'>{text('content', f'All of body {number}.')}</content>"
            f"<published>{text('published', '2026-03-02T11:00:00Z')}</published>"
            f"<updated>{text('updated', '2026-03-02T11:00:00Z')}</updated><rights>{text('rights', 'Free')}</rights>"
            f"<link rel='enclosure' href=\"{attribute('enclosure url', f'{here}.pdf')}\""
            f' type="{attribute("enclosure type", "application/pdf")}"/>'
            f"<source><title>{text('source title', 'Source')}</title><id>{text('source id', here)}</id></source></entry>"
        )

    text, attribute = _quoting(feed, quote)
    entries = "".join(entry(number, fields) for number, fields in enumerate(said, first))
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom'><title>{text('feed title', 'Feed')}</title>"
        f'<link href="{attribute("feed link", "https://origin.example/")}"/><id>urn:example:feed</id>'
        f"<updated>2026-03-02T11:00:00Z</updated><subtitle>{text('feed subtitle', 'All')}</subtitle>"
        f"<rights>{text('feed rights', 'Free')}</rights><author><name>{text('feed author', 'F')}</name></author>"
        f"{entries}</feed>"
    ).encode("utf-8", "surrogatepass")


def _quoting(
    fields: Mapping[str, str], quote: Quote
) -> tuple[Callable[[str, str], str], Callable[[str, str], str]]:
    """How the payload, or the harmless text where there is none, is written as text and as an attribute."""

    def text(name: str, harmless: str) -> str:
        return quote(fields[name]) if name in fields else harmless

    def attribute(name: str, harmless: str) -> str:
        form = escaped if quote is cdata else quote  # there is no CDATA in attributes
        return form(fields[name]) if name in fields else harmless

    return text, attribute


def _json(feed: Mapping[str, str], said: Sequence[Mapping[str, str]], quote: Quote, first: int) -> bytes:
    def item(number: int, fields: Mapping[str, str]) -> dict[str, object]:
        here = f"https://origin.example/{number}"

        def text(name: str, harmless: str) -> str:
            return fields.get(name, harmless)

        return {
            "id": text("id", here),
            "url": text("url", here),
            "external_url": text("external_url", here),
            "title": text("title", f"Release {number}"),
            "summary": text("summary", f"Body {number}."),
            **(
                {}
                if "content_text" in fields
                else {"content_html": text("content_html", f"<p>All of {number}.</p>")}
            ),
            "content_text": text("content_text", f"All of {number}."),
            "date_published": text("date_published", "2026-03-02T11:00:00Z"),
            "date_modified": text("date_modified", "2026-03-02T11:00:00Z"),
            "image": text("image", f"{here}.jpg"),
            "banner_image": text("banner_image", f"{here}.png"),
            "language": text("language", "en"),
            "tags": [text("tag", "sea")],
            "authors": [{"name": text("author", "A. Author"), "url": text("author url", here)}],
            "attachments": [
                {
                    "url": text("attachment url", f"{here}.pdf"),
                    "mime_type": text("attachment type", "application/pdf"),
                }
            ],
        }

    told = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.get("feed title", "Feed"),
        "home_page_url": feed.get("feed url", "https://origin.example/"),
        "language": feed.get("feed language", "en"),
        "description": feed.get("feed description", "All"),
        "items": [item(number, fields) for number, fields in enumerate(said, first)],
    }
    return json.dumps(told).encode()


def tries(payloads: Sequence[str], forms: Sequence[str] = FORMATS) -> int:
    """How many payloads in fields that makes."""
    return len(payloads) * len(list(chain.from_iterable(FIELDS[form] for form in forms)))
