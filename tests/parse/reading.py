"""A program that parses files with feedparser under chosen patches and prints digests of the results, as JSON.

`python -m tests.parse.reading [PATCH…] < PATHS` prints one object of digests by view for each file. Patches
change feedparser for the whole process, so that each combination needs a process of its own.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import feedparser
import feedparser.urls

from aggregator.parse import feedparser_patches

FOUND = "https://found.example/dir/feed"
HEADERS = {"content-location": FOUND, "content-type": "application/xml"}


@dataclass(frozen=True, slots=True)
class View:
    """A projection of feedparser's output: without `ignored` keys, and with `resolved` keys as absolute URLs.

    With `kept`, of entries these keys alone.
    """

    kept: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    resolved: frozenset[str] = frozenset()

    def of(self, value: object) -> object:
        if isinstance(value, list):
            return [self.of(element) for element in value]
        if isinstance(value, dict):
            if self.kept:
                return {key: element for key, element in dict.items(value) if key in self.kept}
            return {
                key: self._resolve(element) if key in self.resolved else self.of(element)
                for key, element in dict.items(value)
                if key not in self.ignored
            }
        return value

    def _resolve(self, value: object) -> object:
        return feedparser.urls._urljoin(FOUND, value) if isinstance(value, str) else self.of(value)


URLS = frozenset(
    {
        "comments",
        "docs",
        "href",
        "icon",
        "id",
        "license",
        "link",
        "logo",
        "url",
        "wfw_comment",
        "wfw_commentrss",
    }
)
PLACES = frozenset(
    {
        "where",
        "georss_point",
        "georss_line",
        "georss_polygon",
        "georss_box",
        "georss_where",
        "geo_lat",
        "geo_long",
        "gml_pos",
        "gml_point",
    }
)
AUTHORS = frozenset({"author", "author_detail", "authors", "publisher_detail"})
DATES = frozenset(
    {
        "published_parsed",
        "updated_parsed",
        "created_parsed",
        "expired_parsed",
        "validity_start_parsed",
        "validity_end_parsed",
    }
)
LINKS = frozenset({"links", "link"})
# What feedparser takes from elements out of their place, and where it keeps what they say now.
MISPLACED = frozenset(
    {
        "feed",
        "title",
        "title_detail",
        "summary",
        "summary_detail",
        "content",
        "tags",
        "image",
        "media_group",
        "xml_base",
        "xml_lang",
        "dc_title",
        "dc_title_detail",
        "dc_description",
        "dc_description_detail",
        "dc_identifier",
        "itunes_title",
        "itunes_title_detail",
        "itunes_summary",
        "itunes_summary_detail",
        "media_title",
        "media_title_detail",
        "media_description",
        "media_description_detail",
        "feedburner_origlink",
    }
)
TERMS = frozenset({"rsl", "rsl_clause", "rsl_content", "rsl_license", "rsl_permits", "rsl_prohibits"})
WHOLE = View()
# The part of the output that each patch may change: none for a patch for speed.
VIEWS: Mapping[str, View] = {
    "use_expat_driver": WHOLE,
    "cache_base_uris": WHOLE,
    "copy_flat_dicts": WHOLE,
    "look_up_plain_keys": WHOLE,
    "repair_few_texts": WHOLE,
    "read_no_dates": View(ignored=DATES),
    "bound_tags": WHOLE,  # no document here has more tags or namespaces than are kept
    "bound_namespaces": WHOLE,
    "keep_guids": View(resolved=frozenset({"id", "link"})),
    "keep_author_names": View(ignored=AUTHORS),
    "keep_relative_links": View(resolved=URLS),
    "ignore_places": View(ignored=PLACES),
    "keep_elements_in_place": View(ignored=MISPLACED),
    "collect_rsl": View(ignored=TERMS),
    "read_links_by_their_text": View(ignored=LINKS | {"link_attributes", "guidislink"}),
    "resolve_inner_bases": WHOLE,  # no document here states a base in a text
    "start_bare_elements": WHOLE,
    "push_bare_contents": WHOLE,
    "pop_texts_of_entries": WHOLE,
    "all": View(kept=frozenset({"created"})),  # elements without a place are not read at all
    "whole": WHOLE,
}


def digests(path: Path, views: Mapping[str, View]) -> dict[str, str]:
    parsed = feedparser.parse(
        BytesIO(path.read_bytes()), response_headers=HEADERS, sanitize_html=False, resolve_relative_uris=False
    )
    parts = [dict.get(parsed, key) for key in ("version", "bozo", "feed", "entries")]
    return {
        name: hashlib.sha256(repr(view.of(parts)).encode("utf-8", "backslashreplace")).hexdigest()
        for name, view in views.items()
    }


def main(patches: list[str]) -> None:
    feedparser_patches.apply([patch for patch in feedparser_patches.PATCHES if patch.__name__ in patches])
    name = patches[0] if len(patches) == 1 else "all"
    views = {each: VIEWS[each] for each in (name, "whole")} if patches else VIEWS
    for path in sys.stdin.read().splitlines():
        print(json.dumps(digests(Path(path), views)))


if __name__ == "__main__":
    main(sys.argv[1:])
