"""Images of a release in its content and beside it: those of the origin give way to our copies, or to none.

The HTML is that of `normalise`: attributes stand in double quotes, and quotes within and "<" are escaped.
"""

import re
from collections.abc import Iterator
from html import escape, unescape

from msgspec.structs import replace

from aggregator.model.image import COPY_TYPE, Copies, Images, copy_path
from aggregator.model.item import Enclosure
from aggregator.model.release import Release

IMAGES_MAX = 20  # of one release, the first ones
ADDRESS_CHARS_MAX = 2_000
_IN_TAG = r'[^<>"]*+(?:"[^"]*+"[^<>"]*+)*'
_IMAGE = re.compile(rf"<img\b({_IN_TAG})>")
_VARIANT = re.compile(rf"</?picture\b{_IN_TAG}>|<source\b({_IN_TAG})>")
_VIDEO = re.compile(rf"<video\b{_IN_TAG}>")
_POSTER = re.compile(r' poster="[^"]*+"')
_ATTRIBUTE = re.compile(r' (src|srcset|alt|title|class)="([^"]*+)"')
# A link around an omitted image, whose name then stands in it: one without words cannot be followed by ear.
_LINK = re.compile(rf"(<a\b{_IN_TAG}>)\s*\x00([^\x00<]*)\x00\s*</a>")
_OMITTED = re.compile(r"\x00[^\x00]*\x00")
_FILE_NAME = re.compile(r"\S+\.\w{2,4}")


def of(release: Release) -> tuple[str, ...]:
    """Return the addresses of the images that a release shows at its origin, each once, the first ones."""
    enclosed = (file for file in release.enclosures if file.type.startswith("image/"))
    beside = (file.url for file in (*release.images, *enclosed))
    found = dict.fromkeys(each for each in (*_in_content(release.content), *beside) if _is_fetched(each))
    return tuple(found)[:IMAGES_MAX]


def illustrated(release: Release, images: Images, copies: Copies, url: str) -> Release:
    """Return a release with the images that are shown; `url` is that of the publication. Of files that are
    images, links stay where no copies are made."""
    if images is Images.ORIGIN:
        return release
    return replace(
        release,
        content=rewritten(release.content, copies, url),
        images=_copied(release.images, copies, url),
        enclosures=release.enclosures if images is Images.NONE else _files(release.enclosures, copies, url),
    )


def rewritten(html: str, copies: Copies, url: str) -> str:
    """Return sanitised HTML with our copies of its images, and without the images that have none: their
    descriptions stand in their place."""
    if "<img" not in html and "<source" not in html and "<video" not in html:
        return html
    html = _VARIANT.sub(_of_medium, html.replace("\x00", ""))
    html = _VIDEO.sub(lambda tag: _POSTER.sub("", tag[0]), html)
    html = _IMAGE.sub(lambda tag: _image(tag[1], copies, url), html)
    return _OMITTED.sub("", _LINK.sub(r"\1\2</a>", html))


def _of_medium(tag: re.Match[str]) -> str:
    """Return a <source> of sound or film; "" for one of a picture, and for the picture around them."""
    is_picture = tag[1] is None or "srcset" in dict(_ATTRIBUTE.findall(tag[1]))
    return "" if is_picture else tag[0]


def _image(tag: str, copies: Copies, url: str) -> str:
    attributes = dict(_ATTRIBUTE.findall(tag))
    address, alt = _address(attributes), attributes.get("alt", "").strip()
    copy = copies.get(address)
    if copy is not None:
        source, size = escape(url + copy_path(copy.digest)), f'width="{copy.width}" height="{copy.height}"'
        kept = "".join(f' {name}="{attributes[name]}"' for name in ("title", "class") if name in attributes)
        return f'<img src="{source}" alt="{alt}" {size} loading="lazy"{kept}>'
    if alt and not _FILE_NAME.fullmatch(alt):
        return f"[{alt}]"
    name = address.partition("?")[0].rstrip("/").rpartition("/")[2]
    return f"\x00{escape(name) or '…'}\x00"


def _in_content(html: str) -> Iterator[str]:
    for tag in _IMAGE.finditer(html):
        yield _address(dict(_ATTRIBUTE.findall(tag[1])))


def _address(attributes: dict[str, str]) -> str:
    """Return the address of an image, "" for none; of several sizes the first."""
    source = attributes.get("src") or attributes.get("srcset", "").partition(" ")[0].rstrip(",")
    return unescape(source)


def _is_fetched(address: str) -> bool:
    return address.startswith(("https://", "http://")) and len(address) <= ADDRESS_CHARS_MAX


def _files(files: tuple[Enclosure, ...], copies: Copies, url: str) -> tuple[Enclosure, ...]:
    """Return enclosures with our copies of those that are images, and without images that have none."""
    return tuple(
        each
        for file in files
        for each in (_copied((file,), copies, url) if file.type.startswith("image/") else (file,))
    )


def _copied(files: tuple[Enclosure, ...], copies: Copies, url: str) -> tuple[Enclosure, ...]:
    found = (copies[file.url] for file in files if file.url in copies)
    return tuple(Enclosure(url + copy_path(each.digest), COPY_TYPE, each.size) for each in found)
