"""Keep words apart where elements stand that sanitised HTML does not keep: each becomes a generic one."""

import re

_GENERIC_NAMES = """
    center div dialog div fieldset div form div hgroup div legend div main div marquee div nav div search div
    dir ul menu ul listing pre textarea pre select div optgroup div option div button span
"""
_WORDS = _GENERIC_NAMES.split()
_GENERIC = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
NAMES = frozenset(_GENERIC)
# No elements of raw text (HTML standard 13.1.2): the content of `xmp` would be markup under another name.
_TAG = re.compile(rf"<(/?)({'|'.join(sorted(NAMES))})(?=[ >])([^<>]*+)>")


def renamed(clean: str) -> str:
    """Return nh3's output with generic elements for those of NAMES."""
    return _TAG.sub(_renamed, clean)


def _renamed(tag: re.Match[str]) -> str:
    closing, name, attributes = tag.groups()
    attributes = attributes.replace(' open=""', "")  # of a dialog
    generic = f"<{closing}{_GENERIC[name]}{attributes}>"
    if name != "button":
        return generic
    return generic + " " if closing else " " + generic
