"""Pictures, sound and films on pages: shown in place, and asked for by https."""

import re

# The sanitiser writes attributes in double quotes, and escapes quotes within and "<" everywhere.
_MEDIUM = re.compile(r'<(?:img|source|video|audio)\b[^<>"]*+(?:"[^"]*+"[^<>"]*+)*>')
_ADDRESSES = re.compile(r' (?:src|srcset|poster)="[^"]*+"')
_INSECURE = re.compile(r'(?<=["\s,])http://')  # also of the candidates of a srcset


def kind(media_type: str) -> str:
    """Return the element that shows a file of a type in place, "image" for a picture; "" for a link alone."""
    top = media_type.partition("/")[0]
    return top if top in ("image", "audio", "video") else ""


def secure(html: str) -> str:
    """Return sanitised HTML, or one address, with pictures and media at https: the Content-Security-Policy of
    pages allows no other. Links stay as they are."""
    if html.startswith("http://"):
        return "https" + html.removeprefix("http")
    if "http://" not in html:
        return html
    return _MEDIUM.sub(
        lambda tag: _ADDRESSES.sub(lambda each: _INSECURE.sub("https://", each[0]), tag[0]), html
    )
