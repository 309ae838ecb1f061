"""URLs as browsers read them (the room of ada_url): absolute, without trackers, and in the form keys use.

Nothing here raises: what is no address for the public web is "".
"""

import re

import ada_url

URL_CHARS_MAX = 4_000

# Names that only say how the reader came here. A parameter some site might use to choose what it shows
# (id, ref, source, rss) is not here: a missed tracker costs a duplicate, a false one loses a release.
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
_ESCAPED_AND = re.compile(r"&(?:(?:amp|#0?38);)+")
_WWW = re.compile(r"(?i)www\.[a-z0-9-]+\.")
# What the standard leaves as it is, so that it need not be asked: nothing to escape or fold, no port, no dot
# segments, no host that it reads as a number or as punycode.
_SETTLED = re.compile(
    r"https?://(?:[a-z0-9]++(?:-[a-z0-9]++)*+\.)+[a-z]{2,}(?=/)(?:/[A-Za-z0-9_~,;:+=!$()*&-][A-Za-z0-9_~,;:+=!$()*&.-]*+)*+/?"
    r"(?:\?[A-Za-z0-9_~,;:+=!$()*&./-]*+)?"
)
_ESCAPE = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)


def absolute(said: str, base: str = "") -> str:
    """The http(s) address a browser would go to, without userinfo; "" when there is none."""
    said = said.strip()
    if not said or len(said) > URL_CHARS_MAX:
        return ""
    if "&" in said:  # escaped twice or more; no address means these by the letter
        said = _ESCAPED_AND.sub("&", said)
    if is_settled(said):
        return said
    if _WWW.match(said):
        said = "http://" + said
    try:
        url: str = ada_url.join_url(base, said) if base else ada_url.normalize_url(said)
    except ValueError:
        return ""
    if not url.startswith(("https://", "http://")) or len(url) > URL_CHARS_MAX:
        return ""
    return _USERINFO.sub(r"\1", url) if "@" in url else url


def is_settled(said: str) -> bool:
    """Whether an address is plainly one that `absolute` would leave as it is; most are."""
    return _SETTLED.fullmatch(said) is not None


def untracked(url: str) -> str:
    """An absolute address without tracking parameters, else to the letter."""
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
    """What is compared when two addresses are asked to be the same; no address itself.

    Folded: scheme, "www.", a trailing slash and the case of escapes, which tell no two releases apart.
    Kept: the order of parameters, and fragments, which do (a page of news whose items are anchors, a `#/` or
    `#!` route): a false merge loses a release, a missed one only shows it twice.
    """
    return folded(untracked(url))


def folded(url: str) -> str:
    """`canonical` of an address that has no trackers."""
    rest = url.partition("://")[2].removeprefix("www.")
    if "%" in rest:
        rest = _ESCAPE.sub(lambda escape: escape[0].upper(), rest)
    address, mark, fragment = rest.partition("#")
    path, question, query = address.partition("?")
    return path.rstrip("/") + (question + query if query else "") + (mark + fragment if fragment else "")
