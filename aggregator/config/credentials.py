"""`auth` and `headers` of a source → Credentials.

Secret values are taken from environment variables that the file names; no error text contains a value.
"""

import re
from base64 import b64encode
from collections.abc import Mapping

from aggregator.config import values
from aggregator.config.section import Section
from aggregator.model.credentials import Credentials

Environment = Mapping[str, str]

# Capitals only, so that a password that happens to start with $ is not quoted in an error as a name.
_VARIABLE = re.compile(r"\$([A-Z_][A-Z0-9_]*)")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 9110 section 5.1
_FIELD = re.compile(r"[!-~]+(?: +[!-~]+)*")  # a field value in ASCII (RFC 9110 section 5.5)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 section 2.1
_PASSWORD = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # RFC 7617 section 2, encoded as UTF-8
# Fields that the fetch itself sends, or that would change how the response is to be read.
_RESERVED = re.compile(
    r"accept|accept-encoding|connection|expect|host|keep-alive|max-forwards|range|te|trailer|"
    r"transfer-encoding|upgrade|user-agent|via|(?:content|if|proxy)-.*",
    re.IGNORECASE,
)


def credentials(section: Section, feed: str, environment: Environment | None) -> Credentials | None:
    """Return the header fields for the origin of `feed`; None if there are none.

    Without an environment no variable is read and the result is None: commands that do not fetch need none.
    """
    if not (section.owns("auth") or section.owns("headers")):
        return None
    auth = section.section("auth")
    authorization = _authorization(auth, environment)
    auth.close(quote_keys=False)  # `password:secret` without a blank is one key
    headers = section.entries("headers", lambda name, value: _header(name, value, environment))
    fields = (("Authorization", authorization), *headers) if authorization else headers
    names = [name.lower() for name, _ in fields]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        section.fault("headers", f"{twice} is given twice, here or by `auth`; keep one of the two")
    if fields and feed.startswith("file:"):
        section.fault("feed", "is a file, which needs neither `auth` nor `headers`; remove them")
    return Credentials(feed, fields) if fields and environment is not None else None


def _authorization(auth: Section, environment: Environment | None) -> str:
    """Return the value of the Authorization header field; "" if there is none."""
    user = auth.one("user", lambda value: _user(value, environment), "")
    password = auth.one("password", lambda value: _secret(value, environment, _PASSWORD), "")
    bearer = auth.one("bearer", lambda value: _secret(value, environment, _TOKEN), "")
    basic = [key for key in ("user", "password") if auth.has(key)]
    if auth.has("bearer"):
        if basic:
            auth.fault("bearer", f"conflicts with `{basic[0]}`; keep one of the two")
        return f"Bearer {bearer}"
    if len(basic) == 1:
        missing = "user" if basic == ["password"] else "password"
        auth.fault("", f"`{missing}` is missing; add it")
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode() if basic else ""


def _user(value: str, environment: Environment | None) -> str:
    if value.startswith("$"):
        value = _secret(value, environment, _PASSWORD)
    if ":" in value or values.CONTROL.search(value):
        raise ValueError("must not hold a colon or a control character")
    return value


def _header(name: str, value: object, environment: Environment | None) -> tuple[str, str]:
    if not _NAME.fullmatch(name):  # not quoted: without a blank after the colon it holds the value too
        raise ValueError("a name of a header field holds letters, digits and -, such as X-Api-Key: $API_KEY")
    if _RESERVED.fullmatch(name):
        raise ValueError(f"`{name}` is sent by the fetch itself; remove it")
    try:
        return name, _secret(values.text(value), environment, _FIELD)
    except ValueError as error:
        raise ValueError(f"`{name}` {error}") from None


def secret(value: str, environment: Environment | None) -> str:
    """Return the secret in the variable that `value` names; "" without an environment."""
    return _secret(value, environment, _PASSWORD)


def _secret(value: str, environment: Environment | None, form: re.Pattern[str]) -> str:
    """Return the value of the named variable; "" without an environment."""
    variable = _VARIABLE.fullmatch(value)
    if variable is None:
        raise ValueError(
            "must name the environment variable that holds it, in capitals, such as $PRESS_KEY; "
            "secrets do not belong in this file"
        )
    if environment is None:
        return ""
    secret = environment.get(variable[1], "")
    if not secret:
        raise ValueError(f"names ${variable[1]}, which is not set; set it where publicwire is started")
    if not form.fullmatch(secret):
        raise ValueError(f"names ${variable[1]}, whose value holds a character that cannot be sent")
    return secret
