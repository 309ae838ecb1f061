"""Passwords of users: Argon2id hashes (RFC 9106) with the parameters of its section 4, second choice."""

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX = 10, 256  # NIST SP 800-63B: a phrase, and a bound on work
_HASHER = PasswordHasher()  # 64 MiB and about 50 ms each


def hashed(password: str) -> str:
    """Return the Argon2id hash of a password with a random salt, in PHC string format."""
    return _HASHER.hash(password)


def is_password(password: str, stored: str) -> bool:
    """Return whether a password is the one of a hash. Takes the memory and the time that the hash names."""
    if not password or len(password) > PASSWORD_CHARS_MAX:
        return False
    try:
        return _HASHER.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False
