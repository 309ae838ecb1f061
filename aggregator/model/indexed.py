"""Items that search engines may list, as sitemaps have them."""

from datetime import datetime

from msgspec import Struct


class Indexed(Struct, frozen=True):
    """An item whose page search engines may list, with its title and language as shown; the title is "" where
    rights forbid what it was derived from. `translations` are languages and ids, with its own."""

    number: int
    id: str
    title: str
    shown: datetime
    updated: datetime
    language: str
    translations: tuple[tuple[str, str], ...] = ()
