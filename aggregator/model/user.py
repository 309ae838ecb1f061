"""Users of the desk, their sessions, and the proxy that may name them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from aggregator.model.push_settings import Network


class Role(StrEnum):
    """Permissions of a user. An editor decides on releases; an admin also erases them and edits sources."""

    EDITOR = "editor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class User:
    """One user of sources.yaml. `password` is an Argon2id hash in PHC string format; "": only a proxy
    authenticates this user."""

    name: str
    role: Role
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AdminProxy:
    """A reverse proxy that authenticates users: its header, believed from `networks` only."""

    header: str
    networks: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A session in the store, found by the digest of its token. `credential` is a digest of the user's role
    and password at log-in: a change of either ends the session."""

    user: str
    credential: bytes
    made: datetime
    seen: datetime
