"""`auth` and `headers` of a source → Credentials.

The file names environment variables where a value is secret, and no message ever holds a value.
"""

import re
from base64 import b64encode
from collections.abc import Mapping

from aggregator.config import values
from aggregator.config.section import Section
from aggregator.model.settings import Credentials

Environment = Mapping[str, str]

# Capitals only, so that a password that happens to start with $ is not taken for a name and told.
_VARIABLE = re.compile(r"\$([A-Z_][A-Z0-9_]*)")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 9110 section 5.1
# What a field may hold, in ASCII (section 5.5); a bearer token (RFC 6750 section 2.1); a password (RFC 7617).
_FIELD, _TOKEN = re.compile(r"[!-~]+(?: +[!-~]+)*"), re.compile(r"[A-Za-z0-9._~+/-]+=*")
_PASSWORD = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
# What the fetch itself sends, or what would change how its answer is to be read.
_OURS = re.compile(
    r"accept|accept-encoding|connection|expect|host|keep-alive|max-forwards|range|te|trailer|"
    r"transfer-encoding|upgrade|user-agent|via|(?:content|if|proxy)-.*",
    re.IGNORECASE,
)


def credentials(section: Section, feed: str, environment: Environment | None) -> Credentials | None:
    """What the origin of `feed` is to be shown; None when that is nothing.

    Without an environment no variable is looked up: whoever fetches nothing needs none.
    """
    auth = section.section("auth")
    shown = _authorization(auth, environment)
    auth.close(told=False)  # a blank forgotten in `password:secret` makes a key of both
    headers = section.entries("headers", lambda name, value: _header(name, value, environment))
    fields = (("Authorization", shown), *headers) if shown else headers
    names = [name.lower() for name, _ in fields]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        section.fault("headers", f"{twice} is given twice, here or by `auth`; keep one of the two")
    if fields and feed.startswith("file:"):
        section.fault("feed", "is a file, which needs neither `auth` nor `headers`; remove them")
    return Credentials(feed, fields) if fields and environment is not None else None


def _authorization(auth: Section, environment: Environment | None) -> str:
    """The value of the Authorization header; "" when there is none."""
    user = auth.one("user", lambda value: _user(value, environment), "")
    password = auth.one("password", lambda value: _secret(value, environment, _PASSWORD), "")
    bearer = auth.one("bearer", lambda value: _secret(value, environment, _TOKEN), "")
    named = [key for key in ("user", "password") if auth.has(key)]
    if auth.has("bearer"):
        if named:
            auth.fault("bearer", f"stands beside `{named[0]}`; keep one of the two")
        return f"Bearer {bearer}"
    if len(named) == 1:
        missing = "user" if named == ["password"] else "password"
        auth.fault("", f"`{missing}` is missing; add it")
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode() if named else ""


def _user(value: str, environment: Environment | None) -> str:
    if value.startswith("$"):
        value = _secret(value, environment, _PASSWORD)
    if ":" in value or values.CONTROL.search(value):
        raise ValueError("must not hold a colon or a control character")
    return value


def _header(name: str, value: object, environment: Environment | None) -> tuple[str, str]:
    if not _NAME.fullmatch(name):  # perhaps "Name value", so it is not repeated
        raise ValueError("a name of a header holds letters, digits and -, such as X-Api-Key: $API_KEY")
    if _OURS.fullmatch(name):
        raise ValueError(f"`{name}` is for the fetch itself to send; remove it")
    try:
        return name, _secret(values.text(value), environment, _FIELD)
    except ValueError as error:
        raise ValueError(f"`{name}` {error}") from None


def _secret(value: str, environment: Environment | None, form: re.Pattern[str]) -> str:
    """The value of the variable that is named; "" without an environment."""
    named = _VARIABLE.fullmatch(value)
    if named is None:
        raise ValueError(
            "must name the environment variable that holds it, in capitals, such as $PRESS_KEY; "
            "a secret has no place in this file"
        )
    if environment is None:
        return ""
    found = environment.get(named[1], "")
    if not found:
        raise ValueError(f"names ${named[1]}, which is not set; set it where publicwire is started")
    if not form.fullmatch(found):
        raise ValueError(f"names ${named[1]}, whose value holds a character that cannot be sent")
    return found
