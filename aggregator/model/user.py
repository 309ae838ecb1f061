"""Users of the desk, their sessions, and the proxy that may name them."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from aggregator.model.hidden import hiding
from aggregator.model.push_settings import Network


class Role(StrEnum):
    """Permissions of a user. An editor decides on releases; an admin also erases them and edits sources."""

    EDITOR = "editor"
    ADMIN = "admin"


class User(Struct, frozen=True):
    """One user of sources.yaml. `password` is an Argon2id hash in PHC string format; "": only a proxy
    authenticates this user."""

    name: str
    role: Role
    password: str = ""

    __repr__ = hiding("password")


class AdminProxy(Struct, frozen=True):
    """A reverse proxy that authenticates users: its header, believed from `networks` only."""

    header: str
    networks: tuple[Network, ...]


class Session(Struct, frozen=True):
    """A session in the store, found by the digest of its token. `credential` is a digest of the user's role
    and password at log-in: a change of either ends the session."""

    user: str
    credential: bytes
    made: datetime
    seen: datetime
