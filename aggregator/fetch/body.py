"""Reading of a response's body: decoded, within a cap, and held in the byte budget (backpressure).

Decoders are native code that hostile bytes reach, and 39 bytes can cost them seconds: they run in threads, in
bounded steps, and never in the event loop.
"""

import asyncio
from concurrent.futures import Executor

import httpx

from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import redacted
from aggregator.fetch.decode import Decoding, step
from aggregator.fetch.memory import Budget, Share
from aggregator.fetch.responses import first

# A body in tiny packets costs its receiver more than its sender: beyond PARTS_MAX their mean has a minimum.
PARTS_MAX, PART_BYTES_MIN = 10_000, 64
# Encoded bytes gathered for one step: it costs 0.1 ms of CPU to hand over, and most feeds are smaller.
GATHERED_BYTES = 65_536


async def read_body(
    url: str, response: httpx.Response, *, budget: Budget, max_bytes: int, decoders: Executor
) -> tuple[bytes, int]:
    """Return the decoded body and its size in bytes as sent.

    `decoders` runs the steps of an encoded body. FetchError (limit) beyond `max_bytes`, as sent or decoded;
    Rejected by the decoder or the budget.
    """
    message = f"{redacted(url)} is larger than {max_bytes} bytes"
    too_large = FetchError(message, cause=Cause.LIMIT, status=response.status_code)
    length = first(response.headers, "content-length")
    if length.isdecimal() and len(length) < 20 and int(length) > max_bytes:
        raise too_large
    decoding = Decoding(response.headers.get("content-encoding", ""), max_bytes=max_bytes)
    body, encoded, count, received = bytearray(), bytearray(), 0, 0
    with Share(budget) as share:

        async def append(piece: bytes) -> None:
            if len(body) + len(piece) > max_bytes:
                raise too_large
            await share.grow(len(piece))
            body.extend(piece)

        async def decode() -> None:
            pieces, is_more = decoding.feed(bytes(encoded)), True
            while is_more:
                piece, is_more = await asyncio.get_running_loop().run_in_executor(decoders, step, pieces)
                await append(piece)
            share.take(-len(encoded))
            encoded.clear()

        async for part in response.aiter_raw():
            count, received = count + 1, received + len(part)
            if received > max_bytes or (count > PARTS_MAX and received < count * PART_BYTES_MIN):
                raise too_large
            decoding.look(bytes(encoded[:2]) + part[:2])
            if decoding.is_identity and not encoded:
                await append(part)
                continue
            await share.grow(len(part))
            encoded += part
            if len(encoded) >= GATHERED_BYTES:
                await decode()
        if encoded:
            await decode()
        decoding.finish()
    return bytes(body), received
