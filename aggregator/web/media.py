"""Pictures, sound, films, files and tables on pages."""

import re

# The sanitiser writes attributes in double quotes, and escapes quotes within and "<" everywhere.
_MEDIUM = re.compile(r'<(?:img|source|video|audio)\b[^<>"]*+(?:"[^"]*+"[^<>"]*+)*>')
_ADDRESSES = re.compile(r' (?:src|srcset|poster)="[^"]*+"')
_INSECURE = re.compile(r'(?<=["\s,])http://')  # also of the candidates of a srcset

# A tag of a table, or of preformatted text; both may be wider than the page.
_WIDE = re.compile(r"<(/?)(table|pre)\b([^<>]*+)>")
_FILE_KINDS = {
    "application/pdf": "PDF",
    "application/epub+zip": "EPUB",
    "application/msword": "Word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.ms-excel": "Excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "application/vnd.ms-powerpoint": "PowerPoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "application/zip": "ZIP",
    "text/csv": "CSV",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "audio/mpeg": "MP3",
    "video/mp4": "MP4",
}


def file_kind(media_type: str) -> str:
    """Return the usual name of a type of files, else the type itself."""
    return _FILE_KINDS.get(media_type, media_type)


def scrollable(html: str, name: str) -> str:
    """Return sanitised HTML whose outermost tables stand in boxes that scroll by keyboard, too, each a region
    with this name, which needs no escape; preformatted text scrolls by itself."""
    if "<table" not in html and "<pre" not in html:
        return html
    depth = 0
    region = f'<div class="wide-table" role="region" aria-label="{name}" tabindex="0">'

    def boxed(tag: re.Match[str]) -> str:
        nonlocal depth
        if tag[2] == "pre":
            return tag[0] if tag[1] else f'<pre tabindex="0"{tag[3]}>'
        depth += -1 if tag[1] else 1
        if depth == (0 if tag[1] else 1):
            return f"{tag[0]}</div>" if tag[1] else f"{region}{tag[0]}"
        return tag[0]

    return _WIDE.sub(boxed, html)


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
