"""The file of `publication.words`: words of pages in another language, in TOML, one text for each key."""

from pathlib import Path

from aggregator.editorial import words

WORDS_BYTES_MAX = 100_000

Pairs = tuple[tuple[str, str], ...]


def read(name: str, beside: Path) -> Pairs:
    """Return keys and texts of the file `name` in the directory of sources.yaml, `beside`, sorted by key.

    Raises ValueError for a file that cannot be read, or with a text that pages cannot show.
    """
    try:
        with (beside.absolute().parent / name).open("rb") as file:
            body = file.read(WORDS_BYTES_MAX + 1)
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}") from None
    if len(body) > WORDS_BYTES_MAX:
        raise ValueError(
            f"{name} is larger than {WORDS_BYTES_MAX // 1000} kB; keep one text for each key in it"
        )
    import tomllib  # 13 ms, which the start of a command without such a file saves

    try:
        found = tomllib.loads(body.decode())
    except ValueError as error:  # of the encoding, too
        raise ValueError(f'{name} is not TOML in UTF-8: {error}; write lines such as older = "…"') from None
    try:
        return tuple((key, words.check(key, text)) for key, text in sorted(found.items()))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
