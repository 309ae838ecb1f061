"""Resolve URLs as browsers do (WHATWG URL, by ada_url), strip tracking parameters, canonicalise for keys.

Nothing raises: anything but an http(s) URL becomes "".
"""

import re
from functools import lru_cache
from urllib.parse import urlsplit

import ada_url

URL_CHARS_MAX = 4_000

# Parameters that only track a visit. Names by which some site may select its content (id, ref, source, rss)
# are left out: a missed tracker costs a duplicate, a false one loses a release.
_TRACKERS_NAMES = """
    fbclid gclid gclsrc dclid wbraid gbraid msclkid yclid ysclid twclid ttclid li_fat_id igshid igsh
    mc_cid mc_eid _hsenc _hsmi __hssc __hstc __hsfp hsctatracking mkt_tok vero_id vero_conv oly_anon_id
    oly_enc_id wickedid __s rb_clickid ml_subscriber ml_subscriber_hash _openstat xtor at_medium
    at_campaign at_link_origin at_link_id at_link_type at_ptr_name at_bbc_team at_format ns_mchannel
    ns_source ns_campaign ns_linkname ns_fee ftag wt.mc_id wt_mc wt_zmc fb_action_ids fb_action_types
    fb_ref fb_source __twitter_impression _ga _gl echobox srsltid
"""
_TRACKERS = frozenset(_TRACKERS_NAMES.split())
_TRACKER_PREFIXES = ("utm_", "pk_campaign", "pk_kwd", "pk_source", "pk_medium", "mtm_", "hsa_", "at_custom")
_TRACKING_FRAGMENT = re.compile(r"(?i)(?:utm_|xtor=|echobox=|ftag=|rss$|comments$|respond$|:~:text=)")
_USERINFO = re.compile(r"^(https?://)[^/?#]*@")
_ESCAPED_AMPERSAND = re.compile(r"&(?:(?:amp|#0?38);)+")
_WWW = re.compile(r"(?i)www\.[a-z0-9-]+\.")
# URLs that WHATWG normalisation leaves unchanged, so that ada_url need not be called: nothing to escape or
# fold, no port, no dot segments, no host that is a number or punycode.
_SETTLED = re.compile(
    r"https?://(?:[a-z0-9]++(?:-[a-z0-9]++)*\.)+[a-z]{2,}(?=/)(?:/[A-Za-z0-9_~,;:+=!$()*&-][A-Za-z0-9_~,;:+=!$()*&.-]*+)*/?"
    r"(?:\?[A-Za-z0-9_~,;:+=!$()*&./-]*+)?"
)
_ESCAPE = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]++(?::[0-9]++)?(?=[/?#])")  # neither user nor escape
PLAIN_CHARS_MAX = URL_CHARS_MAX // 3  # of a URL that is not too long when each character is escaped


def absolute(reference: str, base: str = "") -> str:
    """Return the http(s) URL a browser would open, without userinfo; "" when there is none.

    A base that ends with "#" has no fragments to refer to.
    """
    reference = reference.strip()
    if not reference or len(reference) > URL_CHARS_MAX:
        return ""
    if "&" in reference:  # escaped twice or more; no URL means "&amp;" literally
        reference = _ESCAPED_AMPERSAND.sub("&", reference)
    if is_settled(reference):
        return reference
    if _WWW.match(reference):
        reference = "http://" + reference
    if reference.startswith("#") and base.endswith("#"):
        return ""
    try:
        url: str = ada_url.join_url(base, reference) if base else ada_url.normalize_url(reference)
    except ValueError:
        return ""
    if not url.startswith(("https://", "http://")) or len(url) > URL_CHARS_MAX:
        return ""
    return _USERINFO.sub(r"\1", url) if "@" in url else url


def authority(iri: str) -> str | None:
    """Return the host that an http(s) or tag: IRI (RFC 4151 section 2.1) speaks for, as a browser reads it:
    in ASCII and lower case, without a final dot; "" for other IRIs, None when it cannot be read."""
    scheme, _, rest = iri.partition(":")
    match scheme.lower():
        case "tag":
            url = absolute(f"http://{rest.partition(',')[0].rpartition('@')[2]}/")
        case "http" | "https":
            plain = _PLAIN.match(iri) if iri.isascii() and len(iri) < PLAIN_CHARS_MAX else None
            if plain is not None:
                return _host_at(plain[0])
            url = absolute(iri)
        case _:
            return ""
    return _host(url)


@lru_cache(maxsize=512)
def _host_at(root: str) -> str | None:
    """Return the host of a URL without path: the guids of a document have the same one."""
    return _host(absolute(f"{root}/"))


def _host(url: str) -> str | None:
    return (urlsplit(url).hostname or "").rstrip(".") or None


def is_settled(url: str) -> bool:
    """Return whether `absolute` leaves this URL unchanged, by one pattern; most URLs of feeds pass."""
    return _SETTLED.fullmatch(url) is not None


def untracked(url: str) -> str:
    """Return an absolute URL without tracking parameters and fragments, otherwise unchanged."""
    if "?" not in url and "#" not in url:
        return url
    address, mark, fragment = url.partition("#")
    if mark and _TRACKING_FRAGMENT.match(fragment):
        mark = fragment = ""
    path, question, query = address.partition("?")
    if not question:
        return path + mark + fragment
    parts = query.split("&")
    kept = [part for part in parts if not _is_tracker(part)]
    if len(kept) == len(parts):
        return address + mark + fragment
    return path + ("?" + "&".join(kept) if kept else "") + mark + fragment


def _is_tracker(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower().removeprefix("amp;")
    return name in _TRACKERS or name.startswith(_TRACKER_PREFIXES)


def canonical(url: str) -> str:
    """Return the form in which two URLs are compared; it is not itself a URL.

    Folded: scheme, "www.", a trailing slash and the case of escapes, which distinguish no two releases.
    Kept: the order of parameters, and fragments, which do (news pages whose items are anchors, `#/` and `#!`
    routes): a false merge loses a release, a missed one only shows it twice.
    """
    return folded(untracked(url))


def folded(url: str) -> str:
    """Return `canonical` of a URL without tracking parameters."""
    rest = url.partition("://")[2].removeprefix("www.")
    if "%" in rest:
        rest = _ESCAPE.sub(lambda escape: escape[0].upper(), rest)
    address, mark, fragment = rest.partition("#")
    path, question, query = address.partition("?")
    return path.rstrip("/") + (question + query if query else "") + (mark + fragment if fragment else "")
