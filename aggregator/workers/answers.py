"""Wire format of a worker's answers: MessagePack of declared types, so that decoding executes nothing.

A worker reads hostile documents. Unpickling its answers would run any code that a document that took the
worker over puts into them. Jobs travel the other way, from the trusted side, and stay pickled.
"""

from dataclasses import replace
from datetime import timedelta

import msgspec

from aggregator.dedupe import similar
from aggregator.errors import Cause, ParseError
from aggregator.model import ReadResult
from aggregator.model.document import ENTRIES_MAX

DIGEST_BYTES = 16
PERIOD_MAX, TTL_MAX = timedelta(days=36_500), 1 << 31


class Success(msgspec.Struct, frozen=True, tag=True):
    """The document was read."""

    result: ReadResult


class Failure(msgspec.Struct, frozen=True, tag=True):
    """An exception ended the job. `kind` is its class, `cause` that of a ParseError, else "crash"."""

    kind: str
    cause: Cause
    message: str


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Success | Failure] = msgspec.msgpack.Decoder(Success | Failure)


def encode(answer: ReadResult | Exception) -> bytes:
    """Return the answer in wire format."""
    if isinstance(answer, ReadResult):
        return _encoder.encode(Success(answer))
    cause = answer.cause if isinstance(answer, ParseError) else Cause.CRASH
    # A message may quote a lone surrogate of the document, which UTF-8 does not hold.
    message = str(answer).encode(errors="replace").decode()
    return _encoder.encode(Failure(type(answer).__name__, cause, message))


def decode(answer: bytes) -> ReadResult | Failure:
    """Return the answer; raises ValueError for bytes of any other form."""
    try:
        decoded = _decoder.decode(answer)
    except RecursionError as error:  # nested in a field that is not ours
        raise ValueError(str(error)) from error
    if isinstance(decoded, Failure):
        return decoded
    if not _is_sound(decoded.result):
        raise ValueError("a digest, a period or a number of items is out of bounds")
    return replace(decoded.result, size=len(answer))


def _is_sound(read: ReadResult) -> bool:
    """Return whether values that the store unpacks again are in bounds: an honest worker's always are."""
    document = read.document
    digests = [*document.listed, *(key.digest for item in read.items for key in item.keys)]
    return (
        len(read.items) + len(read.invalid) <= ENTRIES_MAX
        and all(len(digest) == DIGEST_BYTES for digest in digests)
        and all(len(item.digest) in (0, DIGEST_BYTES) for item in read.items)
        and all(similar.is_sound(item.signature) for item in read.items)
        and timedelta(0) <= (document.hints.update_period or timedelta(0)) <= PERIOD_MAX
        and 0 <= (document.hints.ttl or 0) <= TTL_MAX
    )
