"""Wire format of a worker's answers: MessagePack of declared types, so that decoding executes nothing.

A worker reads hostile documents. Unpickling its answers would run any code that a document that took the
worker over puts into them. Jobs travel the other way, from the trusted side, and stay pickled.
"""

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec.structs import replace

from aggregator.dedupe import similar
from aggregator.errors import Cause, ParseError
from aggregator.model.deleted import TOMBSTONES_MAX
from aggregator.model.document import ENTRIES_MAX, ReadResult
from aggregator.model.image import COPY_BYTES_MAX, COPY_PIXELS_MAX, Drawn, ImageState
from aggregator.model.item import KeyKind
from aggregator.model.page import CONTENT_CHARS_MAX, TEXT_CHARS_MAX, PageText
from aggregator.model.translation import STATED_MAX
from aggregator.parse.image_type import ImageType, image_type

DIGEST_BYTES = 16
PERIOD_MAX, TTL_MAX = timedelta(days=36_500), 1 << 31
LABELS_MAX = 100  # authors, categories, files, hubs, flags, skipped hours: parse and normalise keep fewer

Digest = Annotated[bytes, msgspec.Meta(min_length=DIGEST_BYTES, max_length=DIGEST_BYTES)]
Keys = Annotated[tuple[tuple[int, Digest], ...], msgspec.Meta(max_length=len(KeyKind))]
Labels = Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(max_length=LABELS_MAX)]
Entries = Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(max_length=ENTRIES_MAX)]


class HintsBounds(msgspec.Struct, frozen=True):
    """Bounds of `Hints`."""

    skip_hours: Labels = ()
    skip_days: Labels = ()


class DocumentBounds(msgspec.Struct, frozen=True):
    """Bounds of `Document`."""

    authors: Labels = ()
    hubs: Labels = ()
    entries: Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(max_length=0)] = ()
    listed: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=ENTRIES_MAX)] = ()
    deleted: Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(max_length=0)] = ()
    hints: HintsBounds = HintsBounds()


class OriginBounds(msgspec.Struct, frozen=True):
    """Bounds of `Origin`."""

    authors: Labels = ()


class StyledBounds(msgspec.Struct, frozen=True):
    """Bounds of `Styled`."""

    topics: Labels = ()


class ItemBounds(msgspec.Struct, frozen=True):
    """Bounds of `Item`."""

    keys: Keys = ()
    signature: Annotated[bytes, msgspec.Meta(max_length=similar.SIGNATURE_BYTES_MAX)] = b""
    authors: Labels = ()
    categories: Labels = ()
    enclosures: Labels = ()
    images: Labels = ()
    flags: Labels = ()
    queries: Labels = ()
    unmarked: Digest | None = None
    alternates: Annotated[bytes, msgspec.Meta(max_length=DIGEST_BYTES * STATED_MAX)] | None = None
    styled: StyledBounds = StyledBounds()
    origin: OriginBounds | None = None


class TombstoneBounds(msgspec.Struct, frozen=True):
    """Bounds of `OriginTombstone`."""

    key: Digest


class ResultBounds(msgspec.Struct, frozen=True):
    """Bounds of `ReadResult`: of everything in it that may have any number of members.

    An answer is checked against them before it is decoded: of 61 MB of short values Python makes 429 MB of
    objects, and an array that is too long is refused by its length alone.
    """

    document: DocumentBounds
    items: Annotated[tuple[ItemBounds, ...], msgspec.Meta(max_length=ENTRIES_MAX)] = ()
    invalid: Entries = ()
    tombstones: Annotated[tuple[TombstoneBounds, ...], msgspec.Meta(max_length=TOMBSTONES_MAX)] = ()


class SuccessBounds(msgspec.Struct, frozen=True, tag="Success"):
    """Bounds of `Success`."""

    result: ResultBounds


class Success(msgspec.Struct, frozen=True, tag=True):
    """The document was read."""

    result: ReadResult


class Extracted(msgspec.Struct, frozen=True, tag=True):
    """The page was read."""

    page: PageText


class Redrawn(msgspec.Struct, frozen=True, tag=True):
    """The image was drawn, or refused."""

    image: Drawn


class Failure(msgspec.Struct, frozen=True, tag=True):
    """An exception ended the job. `kind` is its class, `cause` that of a ParseError, else "crash"."""

    kind: str
    cause: Cause
    message: str


_encoder = msgspec.msgpack.Encoder()
_bounds: msgspec.msgpack.Decoder[SuccessBounds | Extracted | Redrawn | Failure] = msgspec.msgpack.Decoder(
    SuccessBounds | Extracted | Redrawn | Failure
)
_decoder: msgspec.msgpack.Decoder[Success | Extracted | Redrawn | Failure] = msgspec.msgpack.Decoder(
    Success | Extracted | Redrawn | Failure
)


def encode(answer: ReadResult | PageText | Drawn | Exception) -> bytes:
    """Return the answer in wire format."""
    if isinstance(answer, ReadResult):
        return _encoder.encode(Success(answer))
    if isinstance(answer, PageText):
        return _encoder.encode(Extracted(answer))
    if isinstance(answer, Drawn):
        return _encoder.encode(Redrawn(answer))
    cause = answer.cause if isinstance(answer, ParseError) else Cause.CRASH
    # A message may quote a lone surrogate of the document, which UTF-8 does not hold.
    message = str(answer).encode(errors="replace").decode()
    return _encoder.encode(Failure(type(answer).__name__, cause, message))


def decode(answer: bytes) -> ReadResult | PageText | Drawn | Failure:
    """Return the answer; raises ValueError for bytes of any other form."""
    try:
        _bounds.decode(answer)
        decoded = _decoder.decode(answer)
    except RecursionError as error:  # nested in a field that is not ours
        raise ValueError(str(error)) from error
    if isinstance(decoded, Failure):
        return decoded
    if isinstance(decoded, Extracted):
        return _bounded(decoded.page)
    if isinstance(decoded, Redrawn):
        return _drawn(decoded.image)
    if not _is_sound(decoded.result):
        raise ValueError("a digest, a period or a number of items is out of bounds")
    return replace(decoded.result, size=len(answer))


def _bounded(page: PageText) -> PageText:
    if len(page.content) > CONTENT_CHARS_MAX or len(page.text) > TEXT_CHARS_MAX:
        raise ValueError("the text of a page is out of bounds")
    return page


def _drawn(image: Drawn) -> Drawn:
    sides = (image.width, image.height)
    is_copy = image.state is ImageState.COPIED
    if len(image.body) > COPY_BYTES_MAX or (
        is_copy
        and (
            image_type(image.body) is not ImageType.WEBP
            or not 0 < min(sides) <= max(sides) <= COPY_PIXELS_MAX
        )
    ):
        raise ValueError("an image is out of bounds, or no WebP")
    return image


def _is_sound(read: ReadResult) -> bool:
    """Return whether values that the store unpacks again are in bounds: an honest worker's always are."""
    hints = read.document.hints
    return (
        len(read.items) + len(read.invalid) <= ENTRIES_MAX
        and all(len(item.digest) in (0, DIGEST_BYTES) for item in read.items)
        and all(similar.is_sound(item.signature) for item in read.items)
        and timedelta(0) <= (hints.update_period or timedelta(0)) <= PERIOD_MAX
        and 0 <= (hints.ttl or 0) <= TTL_MAX
    )
