"""Translation of the exceptions of one request to a FetchError that names its URL and its cause."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

import httpx

from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import SHOWN_CHARACTERS_MAX, printable, public_url
from aggregator.fetch.decode import Undecodable
from aggregator.fetch.exchange import ResponseTooLarge
from aggregator.fetch.guard import AddressRefused
from aggregator.fetch.memory import Evicted
from aggregator.fetch.politeness import HostLimited


@contextmanager
def as_fetch_errors(url: str) -> Iterator[None]:
    """Raise exceptions of the other modules of `fetch` within the block as FetchErrors."""
    try:
        yield
    except HostLimited as error:
        message = f"{public_url(url)} was not asked: {error}"
        raise FetchError(message, cause=Cause.RATE_LIMITED, retry_after=str(ceil(error.seconds))) from error
    except AddressRefused as error:
        raise FetchError(f"{public_url(url)} is refused: {error}", cause=Cause.REFUSED) from error
    except Undecodable as error:
        raise FetchError(f"{public_url(url)} cannot be read: {error}", cause=error.cause) from error
    except httpx.TransportError as error:
        reason = printable(str(error))[:SHOWN_CHARACTERS_MAX]
        raise FetchError(f"{public_url(url)} failed: {reason}", cause=Cause.NETWORK) from error
    except ResponseTooLarge as error:
        raise FetchError(f"{public_url(url)} is refused: {error}", cause=Cause.LIMIT) from error
    except Evicted as error:
        raise FetchError(f"{public_url(url)} is given up: {error}", cause=Cause.LIMIT) from error
