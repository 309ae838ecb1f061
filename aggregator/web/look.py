"""The look of pages as served: the operator's logo, colours and templates, read with the configuration.

A file that cannot be used is a mistake for the operator, and pages are as they are without it.
"""

import os
import stat
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from aggregator.editorial.blocks import BlockTemplate, BlockValues, compiled
from aggregator.editorial.sandbox import TemplateMistake
from aggregator.log import log
from aggregator.model.look import Block, Brand, Colour, Colours, LinkKind
from aggregator.model.settings import Config
from aggregator.parse.image_type import ImageType, image_type
from aggregator.policy import palette
from aggregator.publish.document import Published
from aggregator.web.statics import own_feed_style

FILE_BYTES_MAX = 200_000  # of a logo, and of a template
STYLE = "look.css"
# An SVG opened on its own runs and loads nothing. Browsers that apply the policy to images, too, would drop
# the styles that drawing programs write into the elements.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
PROPERTIES: Mapping[Colour, str] = {
    Colour.BACKGROUND: "--paper",
    Colour.SURFACE: "--card",
    Colour.TINT: "--tint",
    Colour.TEXT: "--ink",
    Colour.MUTED: "--soft",
    Colour.ACCENT: "--link",
    Colour.ALARM: "--alarm",
    Colour.BORDER: "--line",
}
_LOGO_STYLE = (
    ".logo{display:block;height:3.25rem;width:auto;max-width:100%;object-fit:contain;object-position:left}"
    "[dir=rtl] .logo{object-position:right}.logo+.name{margin-top:.6rem}"
)
_LOGOS: Mapping[ImageType, str] = {
    ImageType.PNG: "logo.png",
    ImageType.JPEG: "logo.jpg",
    ImageType.WEBP: "logo.webp",
    ImageType.SVG: "logo.svg",
}


class Look(Struct, frozen=True):
    """Look of the pages: `files` by their names below static/, `logo` and `style` their paths, ""
    for none. `mistakes` are of files, a sentence each; `failed` of templates that could not be filled in."""

    links: tuple[tuple[LinkKind, str], ...] = ()
    files: Mapping[str, Published] = field(default_factory=dict)
    logo: str = ""
    style: str = ""
    blocks: Mapping[Block, BlockTemplate] = field(default_factory=dict)
    mistakes: tuple[str, ...] = ()
    failed: dict[Block, str] = field(default_factory=dict)

    def filled(self, block: Block, values: BlockValues) -> str:
        """Return a block as safe HTML; "" where the operator has no template for it, or it fails."""
        template = self.blocks.get(block)
        if template is None:
            return ""
        to = dict(self.links)
        imprint, privacy, terms = (to.get(kind, "") for kind in LinkKind)
        try:
            return template.render(replace(values, imprint=imprint, privacy=privacy, terms=terms))
        except ValueError as error:
            if block not in self.failed:
                log.error("template left out", template=f"{block}.html", error=str(error))
            self.failed[block] = f"{block}.html: {error}"
            return ""

    def problems(self) -> tuple[str, ...]:
        """Return a sentence for each file or template that is not shown."""
        return (*self.mistakes, *self.failed.values())


PLAIN = Look()


class Looks:
    """The look of the configuration in force; its files are read again with it. Thread-safe."""

    def __init__(self, config: Callable[[], Config]) -> None:
        self._config = config
        self._of: weakref.ref[Config] | None = None
        self._look = PLAIN
        self._lock = threading.Lock()

    def current(self) -> Look:
        """Return the look of the configuration in force."""
        config = self._config()
        with self._lock:
            if self._of is None or config is not self._of():
                look, self._of = read(config.brand), weakref.ref(config)
                self._look = replace(look, files={**look.files, **own_feed_style(config.publication)})
                for mistake in self._look.mistakes:
                    log.error("own look not shown", problem=mistake)
            return self._look


def read(brand: Brand) -> Look:
    """Return the look that a configuration says, with its files."""
    if brand == Brand():
        return PLAIN
    mistakes: list[str] = []
    files: dict[str, Published] = {}
    logo = _logo(brand.logo, files, mistakes) if brand.logo else ""
    if logo or brand.colours or brand.dark:
        text = f"{_colours(brand)}{_LOGO_STYLE if logo else ''}\n"
        files[STYLE] = Published(text.encode(), "text/css; charset=utf-8", None)
    style = _address(STYLE, files) if STYLE in files else ""
    blocks = dict(_blocks(brand.templates, mistakes)) if brand.templates else {}
    return Look(brand.links, files, logo, style, blocks, tuple(mistakes))


def headers(name: str) -> Mapping[str, str]:
    """Return the header fields of one of the files."""
    return {"Content-Security-Policy": SVG_POLICY} if name == _LOGOS[ImageType.SVG] else {}


def _address(name: str, files: Mapping[str, Published]) -> str:
    return f"static/{name}?{files[name].etag[1:9]}"  # a new file has a new address


def _logo(path: Path, files: dict[str, Published], mistakes: list[str]) -> str:
    """Add the logo to the files; returns its path, "" for none."""
    try:
        body = _bytes(path)
        kind = image_type(body)
        if kind is None or kind not in _LOGOS:
            raise ValueError("is no PNG, JPEG, WebP or SVG image; save it as one of these")
    except ValueError as error:
        mistakes.append(f"{path}: {error}")
        return ""
    files[_LOGOS[kind]] = Published(body, kind.value, None)
    return _address(_LOGOS[kind], files)


def _blocks(directory: Path, mistakes: list[str]) -> Iterator[tuple[Block, BlockTemplate]]:
    try:
        names = sorted(each.name for each in directory.iterdir() if each.suffix == ".html")
    except OSError as error:
        mistakes.append(f"{directory}: cannot be read: {error.strerror}; see publication.templates")
        return
    known = {f"{block}.html": block for block in Block}
    for name in names:
        if name not in known:
            mistakes.append(f"{directory / name}: is no block of pages; there are {', '.join(known)}")
            continue
        try:
            yield known[name], compiled(known[name], _text(directory / name))
        except TemplateMistake as error:
            mistakes.append(f"{directory / name}:{error.line}: {error.reason}")
        except ValueError as error:
            mistakes.append(f"{directory / name}: {error}")


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8; save the file as UTF-8") from None


def _bytes(path: Path) -> bytes:
    """Return a regular file. ValueError with the reason when it is none, or too large."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)  # a pipe would wait
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise ValueError("is not a regular file")
            body = stream.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if len(body) > FILE_BYTES_MAX:
        raise ValueError(f"is larger than {FILE_BYTES_MAX // 1000} KB")
    return body


def _colours(brand: Brand) -> str:
    """Return the colours as custom properties of screens: print keeps those of the stylesheet."""
    if not brand.colours and not brand.dark:
        return ""
    light, dark = _declared(palette.light(brand)), _declared(palette.dark(brand))
    return (
        f"@media screen{{:root{{{light}}}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    )


def _declared(colours: Colours) -> str:
    return ";".join(f"{PROPERTIES[each]}:{colours[each]}" for each in Colour)
