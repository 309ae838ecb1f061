"""The URL of one request: what may be fetched, and to which origin credentials belong. Sends nothing."""

from functools import lru_cache
from urllib.parse import urlsplit

import httpx

from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import redacted
from aggregator.model.credentials import Credentials

FETCHED_URL_CHARS_MAX = 8_000
HOST_CHARS_MAX = 253  # of a name in the DNS (RFC 1035 section 2.3.4, without the length octets)


@lru_cache(1024)  # parsed at every poll, as the target and as the origin of secrets
def web_url(url: str, *, found_at: str, base: httpx.URL | None = None) -> httpx.URL:
    """Return the parsed URL without userinfo and fragment. FetchError unless it is an http or https one."""
    try:
        urlsplit(url)  # raises ValueError where httpx would escape a broken host
        parsed = httpx.URL(url) if base is None else base.join(url)
        if parsed.userinfo or parsed.fragment:
            parsed = parsed.copy_with(userinfo=b"", fragment=None)
        host = parsed.host  # raises UnicodeError for an invalid IDNA label
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(
            f"{redacted(found_at)} leads to an unreadable address", cause=Cause.REFUSED
        ) from error
    is_web = parsed.scheme in ("http", "https") and host and 0 <= (parsed.port or 0) < 65_536
    if not is_web or len(url) > FETCHED_URL_CHARS_MAX or len(host) > HOST_CHARS_MAX:
        raise FetchError(
            f"{redacted(found_at)} leads to {redacted(url)}, which is no web address", cause=Cause.REFUSED
        )
    return parsed


def is_at_home(credentials: Credentials | None, url: httpx.URL) -> bool:
    """Return whether credentials belong to the origin (scheme, host, port) of a URL; None to every one."""
    if credentials is None:
        return True
    home = web_url(credentials.home, found_at=credentials.home)
    return (url.scheme, url.host, url.port) == (home.scheme, home.host, home.port)
