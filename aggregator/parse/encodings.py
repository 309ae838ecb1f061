"""Decode legacy encodings by labels of the WHATWG Encoding Standard; Python's codecs of a name differ.

`shift_jis` means Windows-31J, `euc-kr` code page 949, `big5` includes HKSCS, Latin-1 is Windows-1252.
"""

import codecs

import webencodings

_CODECS = {
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "gbk": "gb18030",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "iso-2022-jp": "iso2022_jp_ext",
}
_ASCII = ("ascii", "us-ascii", "ansi_x3.4-1968")  # says nothing of a body that is not ASCII
_NO_TEXT = (
    "x-user-defined",
    "utf-16le",
    "utf-16be",
)  # the byte order mark of UTF-16 is seen before a label is
_JAPANESE = ("euc-jp", "iso2022_jp_ext")
_HOST_NAME_CODECS = ("punycode", "idna")  # not for documents, and quadratic: 15 s for 500 kB
# Characters of JIS X 0208 that Python maps otherwise than the standard does.
_OF_JIS = str.maketrans("\u301c\u2016\u2212\xa2\xa3\xac", "\uff5e\u2225\uff0d\uffe0\uffe1\uffe2")
_VENDOR_JIS = "vendor-jis"  # error handler


def _vendor_character(error: UnicodeError) -> tuple[str, int]:
    """Return a character of NEC's and IBM's rows, which the standard takes from Windows-31J."""
    assert isinstance(error, UnicodeDecodeError)
    pair = error.object[error.start : error.start + 2]
    if len(pair) == 2 and not (pair[0] ^ pair[1]) & 0x80:  # half a character takes nothing of the mark-up
        row, cell = ((byte & 0x7F) - 0x20 for byte in pair)
        if 1 <= row <= 94 and 1 <= cell <= 94:
            lead = (row - 1) // 2 + (0x81 if row <= 62 else 0xC1)
            trail = cell + (0x9E if row % 2 == 0 else 0x3F if cell < 64 else 0x40)
            try:
                return bytes((lead, trail)).decode("cp932"), error.start + 2
            except UnicodeDecodeError:
                pass
    return "\ufffd", max(error.end, error.start + 1)


codecs.register_error(_VENDOR_JIS, _vendor_character)


def decoded(body: bytes, label: str) -> str | None:
    """Return a body as a label says it is encoded, None for a label of no legacy encoding of text."""
    codec = _codec(label)
    if codec is None:
        return None
    try:
        if codec in _JAPANESE:
            return body.decode(codec, _VENDOR_JIS).translate(_OF_JIS)
        return body.decode(codec, "replace")
    except (LookupError, UnicodeError):  # a codec of no text
        return None


def _name(label: str) -> str | None:
    found = webencodings.lookup(label)
    return None if found is None else found.name


def _codec(label: str) -> str | None:
    if label in _ASCII:
        return None
    name = _name(label)
    if name is None or name == "replacement":  # names of Python: cp932, iso-2022-kr
        try:
            name = codecs.lookup(label).name
        except (LookupError, ValueError):
            return None
        name = _name(name) or name
    if (
        name in _HOST_NAME_CODECS
        or name in _NO_TEXT
        or name.startswith(("utf-8", "utf-16"))
        or "escape" in name
    ):
        return None
    return _CODECS.get(name, name)
