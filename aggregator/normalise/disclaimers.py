"""Find the disclaimers that another Publicwire put around a body."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.model.entry import DISCLAIMER_CLASS

# A tree of so few characters is cheap to build, even of hostile HTML.
DISCLAIMER_CHARS_MAX = 20_000
_END = "</div>"  # of a disclaimer, in which there is no other <div>


def without(value: str) -> str:
    """Return HTML without another Publicwire's disclaimers: a first and a last block of DISCLAIMER_CLASS."""
    return _without_last(_without_first(value))


def _without_first(value: str) -> str:
    start = value[:DISCLAIMER_CHARS_MAX].lstrip()
    end = start.find(_END)
    if end < 0 or DISCLAIMER_CLASS not in start[:end]:
        return value
    end += len(_END)
    return value[len(value) - len(value.lstrip()) + end :] if _is_disclaimer(start[:end]) else value


def _without_last(value: str) -> str:
    mention = value.rfind(DISCLAIMER_CLASS)
    start = value.rfind("<", 0, max(mention, 0))
    if start < 0 or len(value) - start > DISCLAIMER_CHARS_MAX:
        return value
    return value[:start] if _is_disclaimer(value[start:]) else value


def _is_disclaimer(value: str) -> bool:
    """Return whether HTML is one element of DISCLAIMER_CLASS."""
    body = LexborHTMLParser(value.encode("utf-8", "replace").decode()).body
    nodes = [] if body is None else [node for node in body.iter(include_text=True) if not _is_blank(node)]
    return len(nodes) == 1 and DISCLAIMER_CLASS in (nodes[0].attributes.get("class") or "").split()


def _is_blank(node: LexborNode) -> bool:
    return node.tag == "-comment" or (node.tag == "-text" and not (node.text_content or "").strip())
