"""Fetches one document, or posts one form: under a deadline and caps, following redirects by hand.

The room of httpx, with `transport`. Never parses a body, never retries, never keeps a cookie.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

import httpx

from aggregator import __version__
from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import (
    as_utf8,
    basic_authorization,
    field_value,
    printable,
    public_url,
    without_credentials,
)
from aggregator.fetch.deadline import Deadline
from aggregator.fetch.decode import ACCEPTED, Decoding
from aggregator.fetch.errors import told
from aggregator.fetch.files import read_file
from aggregator.fetch.memory import Budget, Share
from aggregator.fetch.politeness import Hosts
from aggregator.fetch.responses import (
    NO_VALIDATORS,
    PERMANENT,
    REDIRECTS,
    REPEATED,
    WITH_BODY,
    Headers,
    expect_304,
    failure,
    refreshed,
)
from aggregator.fetch.transport import Resolver, Transport
from aggregator.model import Fetched, Validators
from aggregator.model.settings import Credentials, PollSettings

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
BODY_BYTES_IN_FLIGHT = 64_000_000  # bytes of bodies that all fetches together hold
MOST_REDIRECTS, LONGEST_URL = 10, 8_000  # of an address, characters
RESOLVER_THREADS = 32
# A body in tiny chunks costs us far more than its sender: beyond so many, their average must be decent.
MOST_PARTS, SMALLEST_PART = 10_000, 64


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one fetch wants of every hop; `secrets` are for `origin` alone, and gone once it is left."""

    validators: Validators
    accept: str
    cap: int
    origin: tuple[str, str, int | None]
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    form: bytes | None = None  # posted, if there is one
    form_type: str = ""


@dataclass(frozen=True, slots=True)
class _Redirect:
    """An answer that names another address."""

    url: str
    is_permanent: bool


class Client:
    """All fetches of one service; they share its connections, slots and memory."""

    def __init__(
        self,
        settings: PollSettings,
        *,
        contact: str,
        publication_url: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._resolver = Resolver(RESOLVER_THREADS)
        self._transport = transport or Transport(settings.allow_networks, resolve=self._resolver)
        self.hosts = Hosts(
            per_host=settings.per_host,
            in_all=settings.concurrency,
            gap=settings.host_gap.total_seconds(),
        )
        self.budget = Budget(BODY_BYTES_IN_FLIGHT)
        agent = f"publicwire/{__version__} (+{publication_url}; {contact})"
        self._agent = printable(agent).encode()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._transport.aclose()
        self._resolver.close()

    async def fetch(
        self,
        url: str,
        *,
        validators: Validators = NO_VALIDATORS,
        accept: str = FEED_TYPES,
        max_bytes: int | None = None,
        credentials: Credentials | None = None,
    ) -> Fetched:
        """The document at `url`, or None for its body when it is as `validators` say.

        `credentials` are shown to their own origin, until a redirect leaves it.
        `Fetched.url` and its validators never hold userinfo. The deadline counts while it has a slot,
        so that a long queue fails nobody. FetchError on anything that is not a usable body.
        """
        cap = self._settings.max_bytes if max_bytes is None else max_bytes
        if url[:5].lower() == "file:":  # only as first address: redirects never come here
            return await asyncio.to_thread(read_file, url, max_bytes=cap, validators=validators)
        home = url if credentials is None else credentials.home
        origin = _origin(_readable(home, seen_at=home))
        secrets = _userinfo(url) if credentials is None else credentials.fields
        return await self._in_time(url, _Asked(validators, accept, cap, origin, secrets))

    async def post(self, url: str, form: Sequence[tuple[str, str]]) -> int:
        """Post a form, as to a hub, and return the status of success; the answer's body is not read.

        Sent again only where a 307 or 308 leads, and never from https to http. FetchError otherwise.
        """
        return await self._post(url, urlencode(form).encode(), "application/x-www-form-urlencoded")

    async def post_json(self, url: str, value: object) -> int:
        """Post a value as JSON, in the same way."""
        return await self._post(url, json.dumps(value, ensure_ascii=False).encode(), "application/json")

    async def _post(self, url: str, body: bytes, content_type: str) -> int:
        origin = _origin(_readable(url, seen_at=url))
        asked = _Asked(NO_VALIDATORS, "*/*", 0, origin, form=body, form_type=content_type)
        return (await self._in_time(url, asked)).status

    async def _in_time(self, url: str, asked: _Asked) -> Fetched:
        seconds = self._settings.timeout.total_seconds()
        try:
            async with asyncio.timeout(None) as timeout:
                return await self._follow(url, asked, deadline=Deadline(timeout, seconds))
        except TimeoutError as error:
            message = f"{public_url(url)} did not finish within {seconds:g} s"
            raise FetchError(message, cause=Cause.NETWORK) from error

    async def _follow(self, url: str, asked: _Asked, *, deadline: Deadline) -> Fetched:
        parsed = _readable(url, seen_at=url)
        target = without_credentials(url)
        visited, first = list[str](), (urlsplit(url).hostname or "").lower()  # as the store calls it
        permanent, was = True, None
        while len(visited) <= MOST_REDIRECTS:
            visited.append(target)
            self.hosts.leads(first, parsed.host)
            if _origin(parsed) != asked.origin:  # for good: who leads back here chose what is asked
                asked = replace(asked, secrets=())
            goes_on = was is not None and was.host == parsed.host
            answer = await self._hop(target, parsed, asked, deadline=deadline, goes_on=goes_on)
            if isinstance(answer, Fetched):
                return replace(answer, permanent=permanent and len(visited) > 1)
            permanent = permanent and answer.is_permanent
            was, parsed = parsed, _readable(answer.url, seen_at=target, base=parsed)
            if asked.form is not None and (was.scheme, parsed.scheme) == ("https", "http"):
                raise FetchError(f"{public_url(target)} leads from https to http", cause=Cause.REFUSED)
            target = str(parsed)
            if target in visited:
                raise FetchError(f"{public_url(url)} redirects in a circle", cause=Cause.HTTP)
        raise FetchError(f"{public_url(url)} redirects more than {MOST_REDIRECTS} times", cause=Cause.LIMIT)

    async def _hop(
        self, url: str, parsed: httpx.URL, asked: _Asked, *, deadline: Deadline, goes_on: bool
    ) -> Fetched | _Redirect:
        """One request and what its answer means."""
        with told(url):
            async with self.hosts.slot(parsed.host, goes_on=goes_on):
                with deadline.running():
                    response = await self._transport.handle_async_request(self._request(url, parsed, asked))
                    try:
                        if response.status_code == 429:  # before anybody else gets the slot
                            self.hosts.rest(parsed.host)
                        return await self._understood(url, response, asked)
                    finally:
                        await response.aclose()

    def _request(self, url: str, parsed: httpx.URL, asked: _Asked) -> httpx.Request:
        headers = [
            (b"User-Agent", self._agent),
            (b"Accept", field_value(asked.accept)),
            (b"Accept-Encoding", ACCEPTED.encode()),
        ]
        if asked.validators.url == url:  # they say nothing of any other document
            if asked.validators.etag:
                headers.append((b"If-None-Match", field_value(asked.validators.etag)))
            if asked.validators.last_modified:
                headers.append((b"If-Modified-Since", field_value(asked.validators.last_modified)))
        headers.extend((name.encode(), value.encode()) for name, value in asked.secrets)
        if asked.form is not None:
            headers.append((b"Content-Type", asked.form_type.encode()))
            return httpx.Request("POST", parsed, headers=headers, content=asked.form)
        return httpx.Request("GET", parsed, headers=headers)

    async def _understood(self, url: str, response: httpx.Response, asked: _Asked) -> Fetched | _Redirect:
        status, headers = response.status_code, Headers.of(response.headers.raw)
        location = headers.first("location")
        if status in (REDIRECTS if asked.form is None else REPEATED) and location:
            return _Redirect(as_utf8(location), status in PERMANENT)
        if asked.form is not None and status // 100 == 2:
            return Fetched(url, status, None)
        body, received = None, 0
        if status == 304:
            expect_304(url, asked.validators)
            async for _ in response.aiter_raw():  # nothing comes, and then the connection is free again
                pass
            fresh = refreshed(url, headers, asked.validators)
        elif status in WITH_BODY:
            body, received = await self._body(url, response, headers, cap=asked.cap)
            fresh = refreshed(url, headers)
        else:
            raise failure(url, status, headers)
        return Fetched(
            url=url,
            status=status,
            body=body,
            content_type=headers.first("content-type"),
            validators=fresh,
            headers=headers.kept(),
            received=received,
        )

    async def _body(
        self, url: str, response: httpx.Response, headers: Headers, *, cap: int
    ) -> tuple[bytes, int]:
        """The decoded body and how many bytes it was on the wire."""
        too_large = FetchError(
            f"{public_url(url)} is larger than {cap} bytes", cause=Cause.LIMIT, status=response.status_code
        )
        length = headers.first("content-length")
        if length.isdecimal() and len(length) < 20 and int(length) > cap:
            raise too_large
        decoding = Decoding(headers.get("content-encoding"), most=cap)
        body, parts, received = bytearray(), 0, 0
        with Share(self.budget) as share:
            async for part in response.aiter_raw():
                parts, received = parts + 1, received + len(part)
                if received > cap or (parts > MOST_PARTS and received < parts * SMALLEST_PART):
                    raise too_large
                for piece in decoding.feed(part):
                    if len(body) + len(piece) > cap:
                        raise too_large
                    await share.grow(len(piece))
                    body += piece
            decoding.finish()
        return bytes(body), received


@lru_cache(1024)  # the same ones come with every round, each as first address and as where secrets may go
def _readable(url: str, *, seen_at: str, base: httpx.URL | None = None) -> httpx.URL:
    """The address as httpx takes it, without userinfo and fragment."""
    try:
        urlsplit(url)  # is stricter: raises ValueError where httpx escapes a broken host
        parsed = httpx.URL(url) if base is None else base.join(url)
        if parsed.userinfo or parsed.fragment:
            parsed = parsed.copy_with(userinfo=b"", fragment=None)
        host = parsed.host  # raises what IDNA says of an xn-- that stands for nothing
    except (httpx.InvalidURL, ValueError) as error:
        message = f"{public_url(seen_at)} leads to an unreadable address"
        raise FetchError(message, cause=Cause.REFUSED) from error
    is_web = parsed.scheme in ("http", "https") and host and 0 <= (parsed.port or 0) < 65_536
    if not is_web or len(url) > LONGEST_URL:
        raise FetchError(
            f"{public_url(seen_at)} leads to {public_url(url)}, which is no web address", cause=Cause.REFUSED
        )
    return parsed


def _userinfo(url: str) -> tuple[tuple[str, str], ...]:
    """What the userinfo of an address is sent as."""
    login = basic_authorization(url)
    return (("Authorization", login),) if login else ()


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
