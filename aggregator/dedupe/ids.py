"""The ids an item gets for good: its own, and whether the origin's may be published. Changing either changes
what is published.
"""

import re
from base64 import b32encode
from hashlib import blake2b

from aggregator.model.item import Key

IRI_BYTES_MAX = 2_000  # in UTF-8: an entry of PostgreSQL's B-trees has at most 2,704
# RFC 3987: what may stand in an IRI, with whole escapes; RFC 8141 urn:, RFC 4151 tag:.
_CHARACTERS = (
    r"(?:[^\x00-\x20\x7f-\xa0\"<>\\^`{}|%\s\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\uf8ff\ufff0-\uffff]"
    r"|%[0-9A-Fa-f]{2})"
)
_IRI = re.compile(  # without IGNORECASE, which takes 3 ms more to compile at each start
    rf"[hH][tT][tT][pP][sS]?://(?:(?:[\w.~!$&'()*+,;=:-]|%[0-9A-Fa-f]{{2}})+|\[[0-9A-Fa-f:.]+\](?::\d*)?)(?:[/?#]{_CHARACTERS}*)?"
    rf"|[uU][rR][nN]:[A-Za-z0-9][A-Za-z0-9-]{{0,30}}[A-Za-z0-9]:{_CHARACTERS}+"
    rf"|[tT][aA][gG]:[\w.@-]+,\d{{4}}(?:-\d\d(?:-\d\d)?)?:{_CHARACTERS}*"
)


def item_id(source_id: str, first: Key, attempt: int = 0) -> str:
    """Return 13 base32 characters: the same for the same source and first key, wherever and whenever
    imported.

    `attempt` counts ids that were taken.
    """
    named = "\x1f".join(
        (source_id, str(int(first.kind)), first.digest.hex(), *([str(attempt)] * bool(attempt)))
    )
    return b32encode(blake2b(named.encode(), digest_size=16).digest())[:13].decode().lower()


def minted(authority: str, own: str) -> str:
    """Return the tag: IRI (RFC 4151) of an item without a usable id of its origin."""
    return f"tag:{authority}:{own}"


def valid_iri(guid: str) -> bool:
    """Return whether an origin's id may be published as it is: an absolute http(s), urn: or tag: IRI."""
    return len(guid) <= 1_000 and _IRI.fullmatch(guid) is not None and len(guid.encode()) <= IRI_BYTES_MAX
