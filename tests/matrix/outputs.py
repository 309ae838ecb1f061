"""Outputs of a site, each as a function of what was read: a word for what it tells of the release.

`old` and `new` are the text of its first and second version, `shown` that which the house style or its page has
in place of the first, `gale` the desk's headline, `bare` its title and link alone; `+` behind it: it names the
release in another language; `^` behind it: a current document begins with it, but for tombstone entries. `stub` is a tombstone entry, `moved`
one that names the release in whose place it stood, `shown` a line of a list, a status that of its page, `-`
nothing, `LEAK` words of a release of which none may be left.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import httpx
from lxml import etree

from aggregator.model.format import Format
from tests.matrix.site import CHANNELS, FIRST, HEADLINE, SECOND, SHOWN, TITLE, Seen, Site

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "mi": "http://schemas.ingestion.microsoft.com/common/",
}
NOTHING, STUB = "-", "stub"
Output = Callable[[Site, Seen], str]
Entry = tuple[str, bool, datetime | None]  # as written, whether it is a tombstone entry, its update


def entries(body: bytes, kind: str) -> Mapping[str, Entry]:
    """Return the entries of a document by public id, in their order."""
    if kind == Format.JSON:
        items = json.loads(body)["items"]
        return {each["id"]: (json.dumps(each), "_withdrawn" in each, _time(each)) for each in items}
    root = etree.fromstring(body)
    if kind == Format.RSS:
        return {
            str(each.findtext("guid")): (
                _written(each),
                each.find("mi:expirationDate", NAMES) is not None,
                _moment(each.findtext("a:updated", namespaces=NAMES)),
            )
            for each in root.iter("item")
        }
    deleted = {str(each.get("ref")): _written(each) for each in root.iterfind("at:deleted-entry", NAMES)}
    found = {}
    for each in root.iterfind("a:entry", NAMES):
        name = str(each.findtext("a:id", namespaces=NAMES))
        is_gone = each.find("mi:expirationDate", NAMES) is not None
        assert is_gone is (name in deleted), "a stub stands beside its tombstone"
        updated = _moment(each.findtext("a:updated", namespaces=NAMES))
        found[name] = (_written(each) + deleted.get(name, ""), is_gone, updated)
    return found


def _written(element: etree._Element) -> str:
    return etree.tostring(element, encoding="unicode")


def _time(item: Mapping[str, str]) -> datetime | None:
    return _moment(item.get("date_modified"))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def words(text: str) -> str:
    """Return the word for what a text says of the release, `-` for nothing."""
    for word, found in (
        (HEADLINE, "gale"),
        (SHOWN, "shown"),
        (SECOND, "new"),
        (FIRST, "old"),
        (TITLE, "bare"),
    ):
        if word in text:
            return found
    return NOTHING


def told(site: Site, body: bytes, kind: str, *, in_order: bool = False) -> str:
    """Return the word for what a document tells of the release; `in_order`: and whether it begins with it."""
    found = entries(body, kind)
    if site.public_id not in found:
        return NOTHING
    text, is_gone, _ = found[site.public_id]
    if is_gone:
        is_moved = bool(site.twin) and f"/items/{site.twin}" in text
        return "LEAK" if words(text) != NOTHING else "moved" if is_moved else STUB
    first = next((name for name, (_, is_gone, _) in found.items() if not is_gone), "")
    named = "+" if _names_translation(site, text) else ""
    return f"{words(text)}{named}{'^' if in_order and first == site.public_id else ''}"


def _names_translation(site: Site, text: str) -> bool:
    return site.translation != "" and f"/items/{site.translation}" in text


def _document(path: str, kind: str, site: Site, seen: Seen) -> str:
    response = seen.responses[path.replace("{of}", site.of).replace("{after}", str(site.cursor))]
    if response.status_code != 200:
        return str(response.status_code)
    return told(site, response.content, kind, in_order="/feed." in path)


def _list(path: str, site: Site, seen: Seen) -> str:
    response = seen.responses[path.replace("{of}", site.of)]
    if response.status_code != 200:
        return str(response.status_code)
    return "shown" if f"items/{site.id}/" in response.text else NOTHING  # without a slug it is only named


def _page(site: Site, response: httpx.Response) -> str:
    found = words(response.text)
    if response.status_code == 200:
        return found + ("+" if _names_translation(site, response.text) else "")
    return "LEAK" if found != NOTHING else str(response.status_code)


def _api(site: Site, seen: Seen) -> str:
    """Return what a new copy is told of the release."""
    page = json.loads(seen.responses["/api/items?since=0&limit=100"].content)
    found = next((json.dumps(each) for each in page["items"] if each["id"] == site.public_id), "")
    if found:
        return words(found) + ("+" if _names_translation(site, found) else "")
    return STUB if any(each["id"] == site.public_id for each in page["withdrawn"]) else NOTHING


def _history(site: Site, seen: Seen) -> str:
    """Return the versions that are listed, not the title of the present one."""
    response = seen.responses[f"/items/{site.id}/history"]
    if response.status_code != 200:
        return _page(site, response)
    _, _, versions = response.text.partition('<section class="revision">')
    own = re.sub(r'<div class="changes">.*?</div>', "", versions, flags=re.DOTALL)  # also what came after
    return words(own) if "removed by" not in versions else "struck"


def _exported_page(site: Site, seen: Seen) -> str:
    """Return what the page says, `410` for the notice that stands in its place."""
    pages = {name: words(body.decode()) for name, body in seen.exported.items() if name.startswith("items/")}
    said = {found for name, found in pages.items() if "/history" not in name}
    if not said:
        return NOTHING
    return "410" if said == {NOTHING} else next(iter(sorted(said - {NOTHING})))


def _exported(name: str, site: Site, seen: Seen) -> str:
    if name not in seen.exported:
        return NOTHING
    return told(site, seen.exported[name], Format.ATOM, in_order=name == "feed.atom")


def _delivered(path: str, kind: str, site: Site, seen: Seen) -> str:
    if path not in seen.delivered:
        return NOTHING
    return told(site, seen.delivered[path], kind, in_order=path == "/atom")


def _webhook(site: Site, seen: Seen) -> str:
    return ",".join(seen.told) or NOTHING


def _remembered(site: Site, seen: Seen) -> str:
    return told(site, seen.remembered, Format.JSON) if seen.remembered else NOTHING


def _of_channels(prefix: str, kinds: Sequence[str], path: str, names: Sequence[str]) -> dict[str, Output]:
    """Return the output of each channel in each format."""
    found: dict[str, Output] = {}
    for name in names:
        directory = f"/{CHANNELS[name]}{'{of}' if name == 'source' else ''}".rstrip("/")
        for kind in kinds:
            address = f"{directory}{path.format(kind=kind)}"
            found[f"{prefix} {name} {kind}"] = partial(_document, address, kind)
    return found


def _lists(names: Sequence[str]) -> dict[str, Output]:
    paths = {name: f"/{CHANNELS[name]}{'{of}' if name == 'source' else ''}" for name in names}
    return {f"list {name}": partial(_list, path.rstrip("/") or "/") for name, path in paths.items()}


FEEDS, CHANGES = ("rss", "atom", "json"), ("atom", "json")
TOPIC, LANGUAGE, SHARED, OWN = ("topic",), ("language",), ("all", "topic", "language"), ("source",)

# By the columns of the table: outputs that hold the same by the same rule.
COLUMNS: Mapping[str, Mapping[str, Output]] = {
    "all": _of_channels("feed", FEEDS, "/feed.{kind}", ("all",)),
    "topic": _of_channels("feed", FEEDS, "/feed.{kind}", TOPIC),
    "lang": _of_channels("feed", FEEDS, "/feed.{kind}", LANGUAGE),
    "own": _of_channels("feed", FEEDS, "/feed.{kind}", OWN),
    "archive": _of_channels("archive", CHANGES, "/archive/1.{kind}", SHARED),
    "own-archive": _of_channels("archive", CHANGES, "/archive/1.{kind}", OWN),
    "list": _lists(SHARED),
    "own-list": _lists(OWN),
    "withdrawals": {
        f"withdrawals {kind}": partial(_document, f"/withdrawals.{kind}", kind) for kind in CHANGES
    },
    "after": {
        f"withdrawals after a cursor {kind}": partial(_document, f"/withdrawals.{kind}?after={{after}}", kind)
        for kind in CHANGES
    },
    "page": {"item page": lambda site, seen: _page(site, seen.responses[f"/items/{site.id}"])},
    "history": {"history": _history},
    "embed": {"embed": partial(_list, "/embed/all")},
    "found": {"search page": partial(_list, "/search?q=storm")},
    "api": {"api": _api},
    "search": {"search": lambda site, seen: words(seen.searched)},
    "sitemap": {"sitemap": partial(_list, "/sitemap.xml")},
    "news": {"news sitemap": partial(_list, "/news-sitemap.xml")},
    "exp-page": {"exported page": _exported_page},
    "exp-feed": {"exported feed": partial(_exported, "feed.atom")},
    "exp-arch": {"exported archive": partial(_exported, "archive/1.atom")},
    "hub": {"hub, feed": partial(_delivered, "/atom", Format.ATOM)},
    "hub-told": {"hub, withdrawals": partial(_delivered, "/told", Format.JSON)},
    "hook": {"webhook": _webhook},
    "away": {"while the database is away": _remembered},
}
OUTPUTS: Mapping[str, Output] = {
    name: output for outputs in COLUMNS.values() for name, output in outputs.items()
}

# Addresses of the public side that no column reads, each with its reason.
LISTED = "the lists of the column `list`, from the same reading, behind a cursor"
NO_RELEASE = "says nothing of a release"
APART: Mapping[str, str] = {
    "/before/{cursor}": LISTED,
    "/{section}/{choice}/before/{cursor}": LISTED,
    "/page/{number}": "leads to the first page",
    "/{section}/{choice}/page/{number}": "leads to the first page",
    "/organisations": "counts releases and names none",
    "/topics": "counts releases and names none",
    "/licences": "counts releases and names none",
    "/search/feed.{kind}": "the releases of `search page`, from the same search",
    "/embed/{section}/{choice}": "the embed of all, of one channel",
    "/withdrawals/archive/{number}.{kind}": "the pages that `withdrawals after a cursor` has, closed",
    "/items/{id}/history/{before}": "the page `history`, further back",
    "/items/{id}/{slug}": "the item page, whose address without a slug is read",
    "/images/{digest}.webp": "copies leave the store in the transaction of the trigger: tests/web/test_images.py",
    "/report": NO_RELEASE,
    "/report/{id}": "names a release that is public: tests/web/test_report.py",
    "/api/openapi.json": NO_RELEASE,
    "/sources.opml": NO_RELEASE,
    "/robots.txt": NO_RELEASE,
    "/license.xml": NO_RELEASE,
    "/.well-known/tdmrep.json": NO_RELEASE,
    "/.well-known/security.txt": NO_RELEASE,
    "/static/{name}": NO_RELEASE,
    "/healthz": NO_RELEASE,
}
