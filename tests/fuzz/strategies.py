"""Hypothesis strategies: mutated feed documents, and dates, addresses and HTML put together from a dictionary."""

from pathlib import Path

from hypothesis import strategies as st

from tests.dictionaries import dictionary

HERE = Path(__file__).parent
SEEDS = tuple(path.read_bytes() for path in sorted((HERE / "seeds").iterdir()))
TOKENS = (*dictionary(HERE / "documents.dict"), b"9" * 400, b"[" * 300, b"<a>" * 300)
TYPES = st.sampled_from(dictionary(HERE / "content-types.dict"))


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Return a seed with pieces deleted, repeated, moved, overwritten and inserted."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 8))):
        start, length = draw(st.integers(0, len(body))), draw(st.integers(0, 60))
        piece, rest = body[start : start + length], body[start + length :]
        match draw(st.integers(0, 4)):
            case 0:
                body = body[:start] + rest
            case 1:
                body = body[:start] + piece * draw(st.integers(2, 20)) + rest
            case 2:
                body = body[:start] + draw(st.sampled_from(TOKENS)) + piece + rest
            case 3:
                body = body[:start] + draw(st.binary(max_size=12)) + rest
            case _:
                at = draw(st.integers(0, len(rest)))
                body = body[:start] + rest[:at] + piece + rest[at:]
    return body


def _from_dictionary(name: str, *, other: int, length: int, text: int) -> st.SearchStrategy[str]:
    """Return any text, or tokens of the dictionary between texts of at most `other` characters."""
    tokens = st.sampled_from(dictionary(HERE / f"{name}.dict"))
    joined = st.lists(st.one_of(tokens, st.text(max_size=other)), max_size=length).map("".join)
    return st.one_of(st.text(max_size=text), joined)


addresses = _from_dictionary("addresses", other=4, length=12, text=40)
dates = _from_dictionary("dates", other=3, length=14, text=40)
bodies = _from_dictionary("markup", other=4, length=25, text=80)
