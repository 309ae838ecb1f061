"""Sessions of the desk's users: how long one is valid, whom it names, which requests are its own. Pure."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlsplit

from aggregator.model.user import Session, User

IDLE_MAX = timedelta(hours=12)  # without a request
AGE_MAX = timedelta(days=7)
TOUCH_AFTER = timedelta(minutes=5)  # between two writes of the last request
_DIGEST_BYTES = 32
SAME_ORIGIN = "same-origin"  # of Sec-Fetch-Site


def digest(token: str) -> bytes:
    """Return the digest under which a token is stored: a copy of the store opens no session."""
    return blake2b(token.encode(errors="replace"), digest_size=_DIGEST_BYTES).digest()


def credential(user: User) -> bytes:
    """Return the digest of what a session depends on: the role and the password of its user."""
    said = f"{user.role}\0{user.password}".encode()
    return blake2b(said, digest_size=_DIGEST_BYTES).digest()


def opened(user: User, now: datetime) -> Session:
    """Return the session that a log-in begins."""
    return Session(user.name, credential(user), made=now, seen=now)


def user_of(session: Session | None, users: Sequence[User], now: datetime) -> User | None:
    """Return the user of a session as configured now; None when it has expired, and when the user was removed
    or has another role or password since."""
    if session is None or now - session.seen > IDLE_MAX or now - session.made > AGE_MAX:
        return None
    user = next((each for each in users if each.name == session.user), None)
    return user if user is not None and credential(user) == session.credential else None


def is_to_touch(session: Session, now: datetime) -> bool:
    """Return whether the last request of a session is old enough to be written anew."""
    return now - session.seen >= TOUCH_AFTER


def form_token(identity: str, key: bytes = b"") -> str:
    """Return the CSRF token of all forms of a session, given by its token, or of a user that a proxy names,
    with a secret key: neither can be known to another site."""
    said = identity.encode(errors="replace")
    return blake2b(said, key=key, person=b"desk form", digest_size=_DIGEST_BYTES).hexdigest()


def is_form_token(given: str, expected: str) -> bool:
    """Return whether a form holds its CSRF token; in constant time."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


def is_same_origin(fetch_site: str, origin: str, hosts: Sequence[str]) -> bool:
    """Return whether a POST comes from a page of ours, by Sec-Fetch-Site (Fetch Metadata), else by Origin
    (RFC 6454 section 7), whose host and port must be one of `hosts`. Every browser sends one of both."""
    if fetch_site:
        return fetch_site == SAME_ORIGIN
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return False
    return host != "" and host.lower() in {each.lower() for each in hosts}
