"""Documents and fetches for the tests of the client."""

from aggregator.fetch.client import Client
from aggregator.model import Fetched, Validators
from tests.fetch.origin import (
    Answers,
    Origin,
    polling,
)

FEED = b"<rss version='2.0'/>"


def fetched(answers: Answers, path: str = "/", stored: tuple[str, str] | None = None) -> Fetched:
    """What fetching a path comes to; `stored` are the ETag and Last-Modified we have of it."""

    async def scenario(origin: Origin, fetcher: Client) -> Fetched:
        url = origin.url(path)
        return await fetcher.fetch(url, validators=Validators(url, *stored) if stored else Validators())

    return polling(answers, scenario)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
