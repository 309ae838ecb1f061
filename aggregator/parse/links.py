"""Link header fields (RFC 8288): targets, relation types, media types and titles."""

import re
from collections.abc import Iterable

from msgspec import Struct

LINKS_MAX = 50  # of all fields of a response
LINK_HEADER_CHARS_MAX = 16_384
_LINK = re.compile(r"""<([^<>]*)>((?:\s*;\s*[^\s"=;,<>]+\s*(?:=\s*(?:"[^"]*"|[^\s";,<>]*))?)*)""")
_PARAMETER = re.compile(r""";\s*([^\s"=;,<>]+)\s*=\s*(?:"([^"]*)"|([^\s";,<>]*))""")


class Link(Struct, frozen=True):
    """A link of a response; its target may be relative."""

    target: str
    relations: tuple[str, ...]  # lower case
    media_type: str = ""  # lower case, without parameters
    title: str = ""


def read_links(headers: Iterable[tuple[str, str]]) -> tuple[Link, ...]:
    """Return the links with a relation type among kept header fields; the first `rel` counts."""
    values = ", ".join(value for name, value in headers if name == "link")
    header = " ".join(values[:LINK_HEADER_CHARS_MAX].split())  # runs of blanks backtrack quadratically
    found = []
    for number, link in enumerate(_LINK.finditer(header)):
        given = dict[str, str]()
        for name, quoted, token in _PARAMETER.findall(link[2]):
            given.setdefault(name.lower(), quoted or token)
        if number < LINKS_MAX and "rel" in given:
            kind = given.get("type", "").partition(";")[0].strip().lower()
            relations = tuple(given["rel"].lower().split())
            found.append(Link(link[1], relations, kind, given.get("title", "")))
    return tuple(found)
