"""Terms of a whole site: licences that robots.txt names and RSL documents (RSL 1.0), and the reservation of
text and data mining (W3C TDMRep). Callers bound the size of what is read."""

import json

from lxml import etree

from aggregator.model.rights import UNSAID, USES, Terms, Use
from aggregator.parse.terms import Clause, stated

RSL = "https://rslstandard.org/rsl"
LICENCES_MAX = 3  # of one robots.txt
_CLAUSES = ("permits", "prohibits", "payment")


def licences(robots: bytes) -> tuple[str, ...]:
    """Return the URLs that the `License` lines of a robots.txt name, once each."""
    found = dict[str, None]()
    for line in robots.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition("#")[0].partition(":")
        if name.strip().lower() == "license" and value.strip():
            found[value.strip()] = None
    return tuple(found)[:LICENCES_MAX]


def of_rsl(body: bytes) -> Terms:
    """Return the terms that hold for everything an RSL document licenses: the strictest of each use."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:  # nothing of it can be recovered
        root = None
    contents = [] if root is None else list(root.iter(f"{{{RSL}}}content"))
    return strictest([_of_content(content) for content in contents])


def of_reservation(body: bytes) -> Terms:
    """Return the terms of a tdmrep.json: what is reserved for a part of the site counts for all of it."""
    try:
        rules = json.loads(body)
    except (ValueError, RecursionError):
        return UNSAID
    reserved = isinstance(rules, list) and any(
        isinstance(rule, dict) and rule.get("tdm-reservation") == 1 for rule in rules
    )
    return Terms(train=Use.PROHIBIT, input=Use.PROHIBIT) if reserved else UNSAID


def strictest(terms: list[Terms]) -> Terms:
    """Return terms without a licence, in which a use is prohibited if one prohibits it, and allowed if all
    that speak of it allow it."""
    return Terms(**{name: _strictest({getattr(each, name) for each in terms}) for name in USES})


def _strictest(found: set[Use]) -> Use:
    return next((use for use in (Use.PROHIBIT, Use.ALLOW) if use in found), Use.UNSAID)


def _of_content(content: etree._Element) -> Terms:
    clauses = [
        Clause(kind, element.get("type", ""), (element.text or "").strip())
        for kind in _CLAUSES
        for element in content.iterfind(f"{{{RSL}}}license/{{{RSL}}}{kind}")  # not of contents within it
    ]
    return stated("", clauses) or UNSAID
