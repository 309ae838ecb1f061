"""What can go wrong with one request, as the FetchError that says so of its address. Asks nobody itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

import httpx

from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import LONGEST_SHOWN, printable, public_url
from aggregator.fetch.decode import Undecodable
from aggregator.fetch.guard import AddressRefused
from aggregator.fetch.memory import CutOff
from aggregator.fetch.politeness import HostRests
from aggregator.fetch.transport import HeadersTooLarge

ENDLESS = "Receive buffer too long"  # what h11 says of a chunk's line or of trailers beyond 16 KiB


@contextmanager
def told(url: str) -> Iterator[None]:
    """Errors of the rooms below as FetchErrors."""
    try:
        yield
    except HostRests as error:
        message = f"{public_url(url)} was not asked: {error}"
        raise FetchError(message, cause=Cause.RATE_LIMITED, retry_after=str(ceil(error.seconds))) from error
    except AddressRefused as error:
        raise FetchError(f"{public_url(url)} is refused: {error}", cause=Cause.REFUSED) from error
    except Undecodable as error:
        raise FetchError(f"{public_url(url)} cannot be read: {error}", cause=error.cause) from error
    except httpx.TransportError as error:
        if str(error) == ENDLESS:
            message = f"{public_url(url)} is refused: what stands around its chunks does not end"
            raise FetchError(message, cause=Cause.LIMIT) from error
        # What follows quotes a line of the answer, and who echoes a request echoes its credentials.
        reason = printable(str(error).partition(": bytearray(")[0])[:LONGEST_SHOWN]
        raise FetchError(f"{public_url(url)} failed: {reason}", cause=Cause.NETWORK) from error
    except HeadersTooLarge as error:
        raise FetchError(f"{public_url(url)} is refused: {error}", cause=Cause.LIMIT) from error
    except CutOff as error:
        raise FetchError(f"{public_url(url)} is given up: {error}", cause=Cause.LIMIT) from error
