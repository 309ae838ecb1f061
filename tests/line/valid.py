"""Validation of published documents: RELAX NG for Atom, JSON Schema for JSON Feed, rules of RSS 2.0."""

import json
from functools import cache

import jsonschema
from lxml import etree

from tests.corpus import SCHEMAS
from tests.pristine import feedparser

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@cache
def _atom() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))


@cache
def _json() -> jsonschema.Draft7Validator:
    schema = json.loads((SCHEMAS / "jsonfeed-1.1.schema.json").read_bytes())
    return jsonschema.Draft7Validator(schema)


def atom_mistakes(body: bytes) -> list[str]:
    """Return violations of the RELAX NG schema of RFC 4287 and of its two Schematron rules."""
    root = etree.fromstring(body)
    found = [] if _atom().validate(root) else [str(_atom().error_log)]
    for entry in root.iterfind("a:entry", ATOM):
        if not entry.xpath("a:author or ../a:author or a:source/a:author", namespaces=ATOM):
            found.append("an entry has no author, nor has its feed")
        if not entry.xpath("a:link[@rel='alternate'] or a:link[not(@rel)] or a:content", namespaces=ATOM):
            found.append("an entry has neither an alternate link nor content")
    return found


def json_mistakes(body: bytes) -> list[str]:
    """Return violations of the JSON Schema of JSON Feed 1.1."""
    return [error.message for error in _json().iter_errors(json.loads(body))]


def rss_mistakes(body: bytes) -> list[str]:
    """Return violations of well-formedness and of RSS 2.0, and complaints of feedparser."""
    channel = etree.fromstring(body).find("channel")
    if channel is None:
        return ["there is no channel"]
    found = [
        f"the channel has no {name}"
        for name in ("title", "link", "description")
        if channel.find(name) is None
    ]
    guids = [item.findtext("guid") for item in channel.iterfind("item")]
    if len(set(guids)) != len(guids) or None in guids:
        found.append("items do not have a guid each")
    read = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    if read.bozo:
        found.append(f"feedparser: {read.get('bozo_exception')}")
    if read.version != "rss20" or len(read.entries) != len(guids):
        found.append(f"feedparser reads {len(read.entries)} of {len(guids)} items of {read.version!r}")
    return found
