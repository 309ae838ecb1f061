"""Signed URLs: parameters that storage services and CDNs compute anew at each request.

Those of AWS (Signature V2 and V4, CloudFront), Google Cloud Storage, Azure SAS, Akamai EdgeAuth, Alibaba OSS,
Tencent COS, the CDN of Facebook, and the `token` and `expires` that others share.
"""

from collections.abc import Iterable
from hashlib import blake2b

from aggregator.model.item import ADDRESSES, PARAMETER, SHAPE

PREFIXES = ("x-amz-", "x-goog-", "x-oss-", "x-cos-", "q-sign-", "_nc_")
_NAMES = """
    awsaccesskeyid googleaccessid ossaccesskeyid key-pair-id policy signature expires
    se sp sv sr st sip spr ses skoid sktid skt ske sks skv sig hdnts hdnea __token__ __gda__
    q-ak q-header-list q-key-time q-signature q-url-param-list
    oh oe ccb edm token access_token auth_key auth_token expiry exp sign hmac wssecret wstime verify
"""
NAMES = frozenset(_NAMES.split())
# With another of these parameters beside it, one of a signature beyond doubt.
_SURE_NAMES = """
    x-amz-signature x-goog-signature x-oss-signature q-signature signature sig hmac oh token auth_token
    hdnts hdnea __token__ wssecret
"""
SURE = frozenset(_SURE_NAMES.split())
# Parameters of one item that are compared, and the length of their names; beyond, any difference is an edit.
PARAMETERS_MAX, NAME_CHARS_MAX = 32, 100


def is_signature(name: str) -> bool:
    """Return whether a query parameter of this name belongs to a signature."""
    name = name.lower()
    return name in NAMES or name.startswith(PREFIXES)


def unsigned(url: str) -> str:
    """Return a URL without the parameters of signatures, if one is sure: `?policy=2` alone is content."""
    path, question, rest = url.partition("?")
    if not question or SURE.isdisjoint(name.lower() for name, _ in _parameters(url)):
        return url
    query, mark, fragment = rest.partition("#")
    kept = "&".join(part for part in query.split("&") if not is_signature(part.partition("=")[0]))
    return path + (question + kept if kept else "") + mark + fragment


def masked(url: str) -> str:
    """Return a URL without the values of its signature: the names of the parameters stay."""
    path, question, rest = url.partition("?")
    query, mark, fragment = rest.partition("#")
    parts = (part.partition("=") for part in query.split("&"))
    kept = "&".join(name if is_signature(name) else name + sign + value for name, sign, value in parts)
    return path + question + kept + mark + fragment


def valueless(url: str) -> str:
    """Return a URL without the values in its query; one without a name, as `?1733000000`, is a value."""
    path, question, rest = url.partition("?")
    query, mark, fragment = rest.partition("#")
    parts = (part.partition("=") for part in query.split("&"))
    return path + question + "&".join(name if sign else "" for name, sign, _ in parts) + mark + fragment


def identifying(url: str) -> str:
    """Return a URL without its signature, if that is sure: alone, a parameter may select the release."""
    if "?" not in url:
        return url
    names = {name.lower() for name, _ in _parameters(url) if is_signature(name)}
    return unsigned(url) if len(names) > 1 and not names.isdisjoint(SURE) else url


def digests(substance: str, urls: Iterable[str], shown: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return digests by which a change of query values alone is recognised; () if no URL has a query.

    SHAPE digests the substance and the `urls` without the values in their queries, ADDRESSES all that is
    `shown`, PARAMETER and a name the values of that parameter, but for those of signatures.
    """
    shown = tuple(shown)
    if not any("?" in url for url in shown):
        return ()
    shape, values = [substance], dict[str, list[str]]()
    for url in urls:
        path, _, rest = url.partition("?")
        shape += path, rest.partition("#")[2]
        for name, value in _parameters(url):
            if not is_signature(name):
                shape.append(name)
                values.setdefault(PARAMETER + name, []).append(value)
    found = {ADDRESSES: shown}
    if len(values) <= PARAMETERS_MAX and max(map(len, values), default=0) <= NAME_CHARS_MAX:
        found |= {SHAPE: tuple(shape), **{name: tuple(each) for name, each in values.items()}}
    return tuple((name, _digest(parts)) for name, parts in found.items())


def _parameters(url: str) -> Iterable[tuple[str, str]]:
    query = url.partition("?")[2].partition("#")[0]
    return ((name, value) for name, _, value in (part.partition("=") for part in query.split("&") if part))


def _digest(parts: Iterable[str]) -> str:
    joined = "\x1f".join(parts)
    return blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
