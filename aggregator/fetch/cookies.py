"""Cookies of one fetch (RFC 6265): set by its redirects, returned on its later hops, then forgotten."""

import httpx

from aggregator.fetch.address import field_value

COOKIE_BYTES_MAX = 8_192  # of one request; servers refuse longer header lines


class Cookies:
    """The cookies of one fetch. Their domain, path and `Secure` are judged by `http.cookiejar`."""

    def __init__(self) -> None:
        self._jar: httpx.Cookies | None = None  # made at the first cookie: few fetches see one

    def take(self, request: httpx.Request, response: httpx.Response) -> None:
        """Store the cookies that a response sets."""
        if "set-cookie" in response.headers:
            self._jar = httpx.Cookies() if self._jar is None else self._jar
            response.request = request
            self._jar.extract_cookies(response)

    def field(self, url: httpx.URL) -> bytes:
        """Return the value of the Cookie field of a request to `url`, b"" for no field."""
        if self._jar is None:
            return b""
        request = httpx.Request("GET", url)
        request.headers.encoding = "latin-1"  # as cookies were received
        self._jar.set_cookie_header(request)
        value = field_value(request.headers.get("cookie", ""))
        return value if len(value) <= COOKIE_BYTES_MAX else b""
