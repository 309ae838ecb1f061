"""Fetch of one document or post of one form, under a deadline and byte caps, following redirects itself.

Bodies are not parsed, requests not retried, cookies not kept beyond one fetch. Uses httpx.
"""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import httpx
from msgspec import Struct
from msgspec.structs import replace

from aggregator import __version__
from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import SHOWN_CHARACTERS_MAX, as_utf8, field_value, printable, redacted
from aggregator.fetch.body import read_body
from aggregator.fetch.cookies import Cookies
from aggregator.fetch.deadline import Deadline
from aggregator.fetch.decode import ACCEPTED
from aggregator.fetch.errors import Rejected
from aggregator.fetch.files import read_file
from aggregator.fetch.memory import Budget
from aggregator.fetch.politeness import Hosts
from aggregator.fetch.proxy import proxy_of
from aggregator.fetch.resolver import Resolver
from aggregator.fetch.responses import (
    METHOD_KEPT,
    NO_VALIDATORS,
    PERMANENT,
    REDIRECTS,
    WITH_BODY,
    expect_304,
    failure,
    first,
    kept,
    refreshed,
)
from aggregator.fetch.target import is_at_home, web_url
from aggregator.fetch.transport import ALLOWED, Transport
from aggregator.model.credentials import Credentials
from aggregator.model.document import Fetched, Validators
from aggregator.model.push_settings import Network
from aggregator.model.settings import PollSettings

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
BODY_BYTES_IN_FLIGHT = 64_000_000  # of the bodies that all fetches together hold
REDIRECTS_MAX = 10
RESOLVER_THREADS = 32
DECODER_THREADS = 2  # a step is bounded, so that costly bodies take turns with all others
_NO_CONTENT = httpx.ByteStream(b"")


class _Transfer(Struct, frozen=True):
    """One fetch or post over all of its hops. `credentials` are None after a redirect to another origin."""

    accept: str
    validators: Validators = NO_VALIDATORS
    max_bytes: int = 0
    credentials: Credentials | None = None
    limits_host: bool = False  # a 429 is that of a configured address, not of a redirect's target or a hub
    networks: tuple[Network, ...] = ()  # private ones that may be reached
    content: bytes | None = None  # of a POST; None for a GET
    content_type: str = ""


class _Redirect(Struct, frozen=True):
    """A response that names another URL."""

    url: str
    is_permanent: bool
    response: httpx.Response  # closed; it may set cookies


class Client:
    """The HTTP client of one service. Its fetches share per-host rate limits, slots and the byte budget."""

    def __init__(
        self,
        settings: PollSettings,
        *,
        contact: str,
        publication_url: str,
        proxy: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
        hosts: Hosts | None = None,
    ) -> None:
        self._settings = settings
        self._resolver = Resolver(RESOLVER_THREADS)
        self._transport = transport or Transport(resolve=self._resolver, proxy=proxy_of(proxy))
        self.hosts = hosts or Hosts(
            per_host=settings.per_host, in_all=settings.concurrency, gap=settings.host_gap.total_seconds()
        )
        self.budget = Budget(BODY_BYTES_IN_FLIGHT)
        self._decoders = ThreadPoolExecutor(DECODER_THREADS, "decoder")
        agent = f"publicwire/{__version__} (+{publication_url}; {contact})"
        self._agent = printable(agent).encode()

    async def aclose(self) -> None:
        """Close the transport, the resolver and the decoders."""
        await self._transport.aclose()
        self._resolver.close()
        self._decoders.shutdown(wait=False, cancel_futures=True)

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators = NO_VALIDATORS,
        accept: str = FEED_TYPES,
        max_bytes: int | None = None,
        credentials: Credentials | None = None,
        is_configured: bool = True,
        networks: tuple[Network, ...] = (),
    ) -> Fetched:
        """Return the document at `url`; its body is None after a 304 to a conditional request.

        `validators` make the request conditional (RFC 9110 section 13). `credentials` are sent to their own
        origin until a redirect leaves it; userinfo in a URL is not sent. The deadline is suspended while the
        fetch waits for a slot. `is_configured`: the operator wrote this URL, so that a 429 it answers itself
        rate-limits its host. `networks` are private networks that this fetch may reach. FetchError for
        anything but a usable body or that 304.
        """
        cap = self._settings.max_bytes if max_bytes is None else max_bytes
        if url[:5].lower() == "file:":  # a configured URL only: redirects never come here
            return await asyncio.to_thread(read_file, url, max_bytes=cap, validators=validators)
        transfer = _Transfer(accept, validators, cap, credentials, is_configured, networks)
        return await self._within_deadline(url, transfer)

    async def post(
        self, url: str, form: Sequence[tuple[str, str]], networks: tuple[Network, ...] = ()
    ) -> int:
        """Post a form, as to a WebSub hub, and return the 2xx status; the body of the response is not read.

        It is repeated only where a 307 or 308 leads, and never from https to http. FetchError otherwise.
        """
        return await self._post(url, urlencode(form).encode(), "application/x-www-form-urlencoded", networks)

    async def post_json(self, url: str, value: object, networks: tuple[Network, ...] = ()) -> int:
        """Post a value as JSON, as a webhook does, in the same way."""
        body = json.dumps(value, ensure_ascii=False).encode()
        return await self._post(url, body, "application/json", networks)

    async def _post(self, url: str, body: bytes, content_type: str, networks: tuple[Network, ...]) -> int:
        transfer = _Transfer("*/*", networks=networks, content=body, content_type=content_type)
        return (await self._within_deadline(url, transfer)).status

    async def _within_deadline(self, url: str, transfer: _Transfer) -> Fetched:
        seconds = self._settings.timeout.total_seconds()
        try:
            return await self._follow(url, transfer, deadline=Deadline(seconds))
        except TimeoutError as error:
            message = f"{redacted(url)} did not finish within {seconds:g} s"
            raise FetchError(message, cause=Cause.NETWORK) from error

    async def _follow(self, url: str, transfer: _Transfer, *, deadline: Deadline) -> Fetched:
        target, parsed = url, web_url(url, found_at=url)
        visited, first_host = list[tuple[str, bytes]](), urlsplit(url).hostname or ""  # as stored
        cookies = Cookies()
        permanent, previous = True, None
        while len(visited) <= REDIRECTS_MAX:
            step = target, cookies.field(parsed)
            if step in visited:  # with another cookie the same URL may answer otherwise
                raise FetchError(f"{redacted(url)} redirects in a circle", cause=Cause.HTTP)
            visited.append(step)
            self.hosts.record_redirect(first_host, parsed.host)
            if not is_at_home(transfer.credentials, parsed):
                # For good: the other host chose the URL of a redirect back.
                transfer = replace(transfer, credentials=None)
            goes_on = previous is not None and previous.host == parsed.host
            request = self._request(target, parsed, transfer, cookie=step[1])
            answer = await self._hop(target, request, transfer, deadline=deadline, goes_on=goes_on)
            if isinstance(answer, Fetched):
                return replace(answer, permanent=permanent) if len(visited) > 1 else answer
            cookies.take(request, answer.response)
            permanent, transfer = permanent and answer.is_permanent, replace(transfer, limits_host=False)
            previous, parsed = parsed, web_url(answer.url, found_at=target, base=parsed)
            if transfer.content is not None and (previous.scheme, parsed.scheme) == ("https", "http"):
                raise FetchError(f"{redacted(target)} leads from https to http", cause=Cause.REFUSED)
            target = str(parsed)
        raise FetchError(f"{redacted(url)} redirects more than {REDIRECTS_MAX} times", cause=Cause.LIMIT)

    async def _hop(
        self, url: str, request: httpx.Request, transfer: _Transfer, *, deadline: Deadline, goes_on: bool
    ) -> Fetched | _Redirect:
        """Send one request and interpret its response."""
        host = request.url.host
        try:
            async with self.hosts.slot(host, goes_on=goes_on), deadline.running():
                response = await self._transport.handle_async_request(request)
                try:
                    if response.status_code == 429 and transfer.limits_host:  # before the slot is free
                        self.hosts.limit(host)
                    return await self._interpret(url, response, transfer)
                finally:
                    await response.aclose()
        except Rejected as error:
            message = f"{redacted(url)} {error}"
            raise FetchError(message, cause=error.cause, retry_after=error.retry_after) from error
        except httpx.TransportError as error:
            reason = printable(str(error))[:SHOWN_CHARACTERS_MAX]
            raise FetchError(f"{redacted(url)} failed: {reason}", cause=Cause.NETWORK) from error

    def _request(self, url: str, parsed: httpx.URL, transfer: _Transfer, *, cookie: bytes) -> httpx.Request:
        headers = [
            (b"Host", parsed.netloc),
            (b"User-Agent", self._agent),
            (b"Accept", field_value(transfer.accept)),
            (b"Accept-Encoding", ACCEPTED.encode()),
        ]
        if transfer.validators.url == url:  # validators belong to one URL
            if transfer.validators.etag:
                headers.append((b"If-None-Match", field_value(transfer.validators.etag)))
            if transfer.validators.last_modified:
                headers.append((b"If-Modified-Since", field_value(transfer.validators.last_modified)))
        if transfer.credentials is not None:
            headers.extend((name.encode(), value.encode()) for name, value in transfer.credentials.fields)
        if cookie:  # in one field with the operator's own (RFC 6265 section 5.4)
            own = [value for name, value in headers if name.lower() == b"cookie"]
            headers = [field for field in headers if field[0].lower() != b"cookie"]
            headers.append((b"Cookie", b"; ".join((*own, cookie))))
        if transfer.content is not None:
            headers.append((b"Content-Type", transfer.content_type.encode()))
            extensions = {ALLOWED: transfer.networks}
            return httpx.Request(
                "POST", parsed, headers=headers, content=transfer.content, extensions=extensions
            )
        # With content= instead of stream= httpx takes four times as long.
        extensions = {ALLOWED: transfer.networks}
        return httpx.Request("GET", parsed, headers=headers, stream=_NO_CONTENT, extensions=extensions)

    async def _interpret(
        self, url: str, response: httpx.Response, transfer: _Transfer
    ) -> Fetched | _Redirect:
        status, headers = response.status_code, response.headers
        headers.encoding = "latin-1"  # which loses no byte
        location = first(headers, "location")
        if status in (REDIRECTS if transfer.content is None else METHOD_KEPT) and location:
            return _Redirect(as_utf8(location), status in PERMANENT, response)
        if transfer.content is not None and status // 100 == 2:
            return Fetched(url, status, None)
        body, received = None, 0
        if status == 304:
            expect_304(url, transfer.validators)
            fresh = refreshed(url, headers, transfer.validators)
        elif status in WITH_BODY:
            body, received = await read_body(
                url, response, budget=self.budget, max_bytes=transfer.max_bytes, decoders=self._decoders
            )
            fresh = refreshed(url, headers)
        else:
            host = (urlsplit(url).hostname or "") if transfer.limits_host else ""
            raise failure(url, status, headers, host=host)
        return Fetched(
            url=url,
            status=status,
            body=body,
            content_type=first(headers, "content-type"),
            validators=fresh,
            headers=kept(headers),
            received=received,
        )
