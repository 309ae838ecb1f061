"""The keys of the desk in sources.yaml: users, their proxy, the address of the admin side."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from aggregator.config import addresses, values
from aggregator.config.section import Section
from aggregator.model.settings import Address
from aggregator.model.user import AdminProxy, Role, User

NAME_CHARS_MAX = 60
HEADER = "X-Remote-User"
_ALL_INTERFACES = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, never bound to
_NAME = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]+(?: [^\s\x00-\x1f\x7f-\x9f]+)*")
_HASH = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{4,6}),t=([1-9]),p=[1-9]\$[A-Za-z0-9+/]{11,64}\$[A-Za-z0-9+/]{22,86}"
)
HASH_KIB_MAX, HASH_KIB_PASSES_MAX = (
    262_144,
    1_048_576,
)  # of one attempt to log in; ours has 65,536 and 3 passes
_PATH = re.compile(r"(?:/[a-z0-9-]+)*/?")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")


def users(top: Section, proxy: AdminProxy | None) -> tuple[User, ...]:
    """Return the users. One without a password needs the proxy; no two have the same name."""
    sections = top.sections("users", "name")
    found = [_user(section, has_proxy=proxy is not None) for section in sections]
    _check_distinct(sections, found)
    return tuple(found)


def admin_proxy(top: Section) -> AdminProxy | None:
    """Return the proxy that authenticates users, None for none."""
    section = top.section("admin_proxy")
    if not top.has("admin_proxy"):
        return None
    header = section.one("header", _header, HEADER)
    networks = section.many("networks", addresses.network)
    if not networks and not section.has("networks"):
        section.fault("", "`networks` is missing; add the networks of the proxy, such as [127.0.0.0/8]")
    section.close()
    return AdminProxy(header, networks)


def admin_url(top: Section, admin: Address) -> str:
    """Return the address of the admin side as browsers reach it, without a final slash."""
    return top.one("admin_url", _place, default_admin_url(admin))


def default_admin_url(admin: Address) -> str:
    """Return the address of an admin side for which none is given."""
    reachable = Address("127.0.0.1", admin.port) if admin.host in _ALL_INTERFACES else admin
    return f"http://{reachable}"


def user_name(value: str) -> str:
    """Return the name of a user: one line, up to 60 characters."""
    if len(value) > NAME_CHARS_MAX or not _NAME.fullmatch(value):
        raise ValueError(
            f"must be a name of up to {NAME_CHARS_MAX} characters, such as Ana or ana@example.org"
        )
    return value


def _user(section: Section, *, has_proxy: bool) -> User:
    user = User(
        name=section.need("name", user_name),
        role=Role(section.need("role", values.choice(*Role)) or Role.EDITOR),
        password=section.one("password", _password, ""),
    )
    if not has_proxy and not section.has("password"):
        section.fault("", "`password` is missing; `publicwire user add NAME` writes the user with its hash")
    section.close()
    return user


def _check_distinct(sections: Sequence[Section], found: Sequence[User]) -> None:
    first: dict[str, int] = {}
    for index, (section, user) in enumerate(zip(sections, found, strict=True)):
        if user.name and first.setdefault(user.name, index) != index:
            section.fault("name", f"is the name of users.{first[user.name]}, too; remove one")


def _password(value: str) -> str:
    """Return an Argon2id hash. A password itself is refused, and not repeated in the message."""
    found = _HASH.fullmatch(value)
    if found is None:
        raise ValueError("must be an Argon2id hash, $argon2id$v=19$…, which `publicwire user add` writes")
    if int(found[1]) > HASH_KIB_MAX or int(found[1]) * int(found[2]) > HASH_KIB_PASSES_MAX:
        raise ValueError(
            f"is an Argon2id hash of more than {HASH_KIB_MAX} KiB, or of too many passes, which every "
            "attempt to log in would cost; `publicwire user add` writes one"
        )
    return value


def _header(value: str) -> str:
    if not _HEADER.fullmatch(value):
        raise ValueError(f"must be the name of a header field, such as {HEADER}")
    return value


def _place(value: str) -> str:
    """Return an origin (RFC 6454) with a path or without. The path becomes a part of cookie names."""
    url = addresses.webhook(value)
    parts = urlsplit(url)
    if parts.query or parts.fragment or not _PATH.fullmatch(parts.path):
        raise ValueError(
            "must be an address with a path of a-z, 0-9 and - or without one, such as "
            "https://desk.example.org or https://intranet.example.org/newsroom"
        )
    return url.rstrip("/")
