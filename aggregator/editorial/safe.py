"""Strings that come from configuration or from the head of a feed, made fit to be published. Items have
been through `normalise`; these have not."""

import re
from urllib.parse import urlsplit, urlunsplit

# What no XML document can hold (XML 1.0 section 2.2; lone surrogates among it); the C1 controls, which
# readers turn into Windows-1252 letters and terminals obey; overrides of direction, which would turn
# the text around a name
_ILLEGAL = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_BLANKS = re.compile("[ \t\n\r\u2028\u2029]+")
_SECRET = re.compile(r"(?i)(?:^|[_-])(?:api_?key|key|token|secret|pass(?:word|wd)?|auth|sig(?:nature)?)$")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def line(text: str) -> str:
    """A text on one line, without characters XML cannot hold. Spaces that do not break stay as they are."""
    return _BLANKS.sub(" ", _ILLEGAL.sub("", text)).strip()


def web_address(url: str) -> str:
    """An http(s) address that is safe to link to, without credentials; "" for all else (javascript:,
    file:, relative, broken)."""
    url = line(url)
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or " " in url:
        return ""
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def feed_address(url: str) -> str:
    """As `web_address`, and without parameters that look like secrets: a feed may be polled with a key
    that its readers must not learn."""
    url = web_address(url)
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if not _SECRET.search(pair.partition("=")[0])]
    return urlunsplit(parts._replace(query="&".join(kept)))


def language_tag(tag: str) -> str:
    """A language tag in the shape of BCP 47, or ""."""
    return tag if _LANGUAGE.fullmatch(tag) else ""
