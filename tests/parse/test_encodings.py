"""Labels of legacy encodings mean what the WHATWG Encoding Standard says, not what Python's codecs of a name do."""

import pytest

from aggregator.parse import parse
from aggregator.parse.encodings import decoded


def title(text: bytes, label: str, content_type: str = "") -> str:
    head = f'<?xml version="1.0" encoding="{label}"?>'.encode() if label else b""
    body = head + b"<rss version='2.0'><channel><title>\xe9 " + text + b"</title></channel></rss>"
    if "2022" in label or "2022" in content_type:
        body = body.replace(b"\xe9 ", b"")
    return parse(body, content_type=content_type, url="https://found.example/feed").title.partition(" ")[2]


@pytest.mark.parametrize(
    ("label", "written", "read"),
    [
        ("shift_jis", "髙 ① ㈱".encode("cp932"), "髙 ① ㈱"),
        ("Shift-JIS", "髙".encode("cp932"), "髙"),
        ("x-sjis", "㈱".encode("cp932"), "㈱"),
        ("sjis", "～".encode("cp932"), "～"),
        ("windows-31j", "髙".encode("cp932"), "髙"),
        ("cp932", "髙".encode("cp932"), "髙"),
        ("euc-kr", "펲 뷁".encode("cp949"), "펲 뷁"),
        ("ks_c_5601-1987", "뷁".encode("cp949"), "뷁"),
        ("windows-949", "뷁".encode("cp949"), "뷁"),
        ("korean", "뷁".encode("cp949"), "뷁"),
        ("big5", "嘅 噉 喺".encode("big5hkscs"), "嘅 噉 喺"),
        ("x-x-big5", "嘅".encode("big5hkscs"), "嘅"),
        ("big5-hkscs", "嘅".encode("big5hkscs"), "嘅"),
        ("euc-jp", b"\xad\xa1 \xad\xea \xfc\xe2 \xa1\xc1", "① ㈱ 髙 ～"),
        ("x-euc-jp", b"\xc6\xfc\xcb\xdc", "日本"),
        ("gb2312", "镕 €".encode("gb18030"), "镕 €"),
        ("x-gbk", "镕".encode("gb18030"), "镕"),
        ("iso-8859-1", b"\x80 \x96 \x93", "€ – “"),
        ("latin-1", b"\x80", "€"),
        ("iso-8859-9", b"\x80 \xfe", "€ ş"),
        ("latin5", b"\x80 \xdd", "€ İ"),
        ("tis-620", b"\x80 \xa1", "€ ก"),
        ("iso-8859-11", b"\xa1", "ก"),
        ("x-cp1251", b"\xcf", "П"),
        ("macintosh", b"\x8e", "é"),
        ("us-ascii", b"\x96", "–"),
    ],
)
def test_a_label_means_what_browsers_take_it_for(label: str, written: bytes, read: str) -> None:
    assert title(written, label).split() == read.split()
    assert title(written, "", f"text/xml; charset={label}").split() == read.split()


def test_vendor_characters_of_iso_2022_jp_are_read() -> None:
    assert title(b"x \x1b$B-!\x1b(B", "iso-2022-jp") == "①"


def test_bytes_of_no_character_cost_themselves() -> None:
    assert title(b"\xc6\xfc \xff\xfd \xcb\xdc", "euc-jp").split() == ["日", "\ufffd\ufffd", "本"]


@pytest.mark.parametrize("half", [b"\xad", b"\xad\xfe", b"\xa9\xa1"])
def test_a_vendor_character_that_is_none_costs_itself(half: bytes) -> None:
    assert title(b"\xc6\xfc " + half, "euc-jp").startswith("日 \ufffd")
    assert "\ufffd" in (decoded(half, "euc-jp") or "")
