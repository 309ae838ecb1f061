"""Header fields with secrets that are sent to one origin."""

from msgspec import Struct


class Credentials(Struct, frozen=True):
    """Header fields with secrets, for the origin (scheme, host, port) of the URL `home` only.

    Kept apart from sources, which are sent to workers and written to the store; pickling raises TypeError.
    """

    home: str
    fields: tuple[tuple[str, str], ...]

    __repr__ = object.__repr__

    def __reduce__(self) -> str:
        raise TypeError("credentials stay in the process that read them")
