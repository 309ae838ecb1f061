"""Findings about a feed: rules that it breaks, with examples, for its origin to repair."""

from enum import StrEnum

from msgspec import Struct


class Rule(StrEnum):
    """Rules that a feed should keep."""

    READ = "read"
    WHOLE = "whole"
    ENTRIES = "entries"
    ADDRESS = "address"
    VALIDATORS = "validators"
    CONTENT_TYPE = "content-type"
    IDS = "ids"
    UNIQUE_IDS = "unique-ids"
    LINKS = "links"
    OWN_LINKS = "own-links"
    DATES = "dates"
    VALID_DATES = "valid-dates"
    ZONES = "zones"
    TITLES = "titles"
    TEXTS = "texts"
    LANGUAGE = "language"
    MARKUP = "markup"


class Finding(Struct, frozen=True):
    """A rule that a feed breaks: in `count` of `total` items (0: in the feed as a whole), with an example."""

    rule: Rule
    count: int = 0
    total: int = 0
    example: str = ""


class ObservedItem(Struct, frozen=True):
    """An item as its feed lists it. Whatever is not known counts as right."""

    title: str
    flags: tuple[str, ...] = ()
    is_dated: bool = True
    has_id: bool = True
    has_link: bool = True
    has_title: bool = True
    has_text: bool = True


class Observed(Struct, frozen=True):
    """A feed as it was read, or the reason why it was not in `error`."""

    items: tuple[ObservedItem, ...] = ()
    error: str = ""
    is_cut_off: bool = False
    invalid: tuple[str, ...] = ()  # entries that could not be read, each with the reason
    moved_to: str = ""  # by permanent redirects
    has_validators: bool = True
    content_type: str = ""  # "" if it is not known
    are_ids_shared: bool = False
    are_links_shared: bool = False
