"""Reading of a response's body: decoded, within a cap, and held in the byte budget (backpressure)."""

import httpx

from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import redacted
from aggregator.fetch.decode import Decoding
from aggregator.fetch.memory import Budget, Share
from aggregator.fetch.responses import first

# A body in tiny packets costs its receiver more than its sender: beyond PARTS_MAX their mean has a minimum.
PARTS_MAX, PART_BYTES_MIN = 10_000, 64


async def read_body(
    url: str, response: httpx.Response, *, budget: Budget, max_bytes: int
) -> tuple[bytes, int]:
    """Return the decoded body and its size in bytes as sent.

    FetchError (limit) beyond `max_bytes`, as sent or decoded; Rejected by the decoder or the budget.
    """
    message = f"{redacted(url)} is larger than {max_bytes} bytes"
    too_large = FetchError(message, cause=Cause.LIMIT, status=response.status_code)
    length = first(response.headers, "content-length")
    if length.isdecimal() and len(length) < 20 and int(length) > max_bytes:
        raise too_large
    decoding = Decoding(response.headers.get("content-encoding", ""), max_bytes=max_bytes)
    body, count, received = bytearray(), 0, 0
    with Share(budget) as share:
        async for part in response.aiter_raw():
            count, received = count + 1, received + len(part)
            if received > max_bytes or (count > PARTS_MAX and received < count * PART_BYTES_MIN):
                raise too_large
            for piece in decoding.feed(part):
                if len(body) + len(piece) > max_bytes:
                    raise too_large
                await share.grow(len(piece))
                body += piece
        decoding.finish()
    return bytes(body), received
