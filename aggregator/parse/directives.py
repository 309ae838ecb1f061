"""Directives that a page gives to machines, in a <meta> or in a header of its response."""

AGENT = "publicwire"  # product token of our User-Agent, as robots.txt and <meta> name it
_CLOSED = frozenset({"noindex", "noarchive", "nosnippet", "none", "max-snippet:0"})


def is_closed(name: str, value: str) -> bool:
    """Return whether a <meta> of this name, or a header, forbids to take the text of its page: directives of
    robots, and the reservation of text and data mining (W3C TDMRep)."""
    name = name.strip().lower()
    if name == "tdm-reservation":
        return value.strip() == "1"
    if name not in ("robots", "x-robots-tag", AGENT):
        return False
    return not _CLOSED.isdisjoint(map(_directive, value.split(",")))


def _directive(written: str) -> str:
    """Return a directive of robots; one that a header gives to another crawler keeps its name."""
    agent, _, value = written.strip().lower().rpartition(":")
    if agent.strip() in ("", AGENT):
        return value.strip()
    return f"{agent.strip()}:{value.strip()}"
