"""Adding a source changes nothing else in the file."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.config import Addition, add_source, add_user, parse
from aggregator.errors import ConfigError, UsageError
from aggregator.model.user import Role, User

FEED = "https://new.example/feed.xml"
NEW = Addition(
    feed=FEED,
    id="new",
    organisation="New: the “Institute” #1",
    topics=("science", "sea"),
    republish="excerpt",
)
BARE = Addition(feed=FEED)


def lines(indent: int, *, end: str = "\n") -> str:
    """Return NEW as YAML at an indentation."""
    written = [
        "- id: new",
        '  organisation: "New: the “Institute” #1"',
        f"  feed: {FEED}",
        "  topics: [science, sea]",
        "  rights: {republish: excerpt}",
    ]
    return "".join(" " * indent + line + end for line in written)


EDITS = [
    (
        "# yaml-language-server: $schema=a.json\n\nsources:\n  - https://a.example/\n",
        "# yaml-language-server: $schema=a.json\n\nsources:\n  - https://a.example/\n" + lines(2),
    ),
    ("sources:\n  - https://a.example/\n", "sources:\n  - https://a.example/\n" + lines(2)),
    ("sources:\n- https://a.example/", "sources:\n- https://a.example/\n" + lines(0)),
    (
        "sources:\r\n  - https://a.example/\r\n",
        "sources:\r\n  - https://a.example/\r\n" + lines(2, end="\r\n"),
    ),
    ("listen: 127.0.0.1:9000 # x", "listen: 127.0.0.1:9000 # x\nsources:\n" + lines(2)),
    ("sources:   # none yet\nstore: x\n", "sources:   # none yet\n" + lines(2) + "store: x\n"),
    (
        "# top\nsources:\n    -   id: a   # the first\n        feed: 'https://a.example/'\n        # topics: [x]\n\n    # the rest\n    # to come\n\n# end\nstore:   x\n",
        "# top\nsources:\n    -   id: a   # the first\n        feed: 'https://a.example/'\n        # topics: [x]\n"
        + lines(4)
        + "\n    # the rest\n    # to come\n\n# end\nstore:   x\n",
    ),
    (
        "sources:\n  - feed: https://a.example/\n    disclaimer: |\n      One.\n\n      # Two.\n\n\nstore: x\n",
        "sources:\n  - feed: https://a.example/\n    disclaimer: |\n      One.\n\n      # Two.\n"
        + lines(2)
        + "\n\nstore: x\n",
    ),
    (
        "sources:\n  - {feed: https://a.example/,\n     topics: [x]}\nstore: x\n",
        "sources:\n  - {feed: https://a.example/,\n     topics: [x]}\n" + lines(2) + "store: x\n",
    ),
    (
        "sources:\n  - feed: https://a.example/\n    organisation: A\n      long name\nstore: x\n",
        "sources:\n  - feed: https://a.example/\n    organisation: A\n      long name\n"
        + lines(2)
        + "store: x\n",
    ),
    ("sources: []  # none\nstore: x\n", "sources:  # none\n" + lines(2) + "store: x\n"),
    (
        "sources:\n  - feed: https://a.example/\n    topics:\n      - x\n...\n",
        "sources:\n  - feed: https://a.example/\n    topics:\n      - x\n" + lines(2) + "...\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), EDITS)
def test_a_source_is_written_at_the_end_of_the_list_and_all_else_stays(before: str, after: str) -> None:
    assert add_source(before, NEW) == after


def test_the_inserted_source_is_read_back_unchanged() -> None:
    source = parse(add_source("sources: []\n", NEW), Path("sources.yaml")).sources[-1]
    assert (source.id, source.organisation, source.feed, source.topics) == (
        NEW.id,
        NEW.organisation,
        NEW.feed,
        NEW.topics,
    )


@pytest.mark.parametrize(
    "name",
    [
        "A & B",
        "yes",
        "~",
        "null",
        "- x",
        "a: b",
        "a #b",
        "a:",
        "#a",
        "{a}",
        "*a",
        "'a'",
        '"a" b\\',
        "Ärzte, e.V.",
        "a, b] c",
        "x @y",
        "%a",
        "? a",
        "!a",
        "2026",
    ],
)
def test_any_name_comes_back_as_it_was(name: str) -> None:
    text = add_source("sources: []\n", Addition(feed=FEED, organisation=name))
    assert parse(text, Path("sources.yaml")).sources[-1].organisation == name


def test_a_name_over_two_lines_becomes_one() -> None:
    text = add_source("sources: []\n", Addition(feed=FEED, organisation="A\n  B "))
    assert text == f"sources:\n  - organisation: A B\n    feed: {FEED}\n"


def test_a_source_needs_no_more_than_its_feed() -> None:
    assert add_source("sources: []\n", BARE) == f"sources:\n  - feed: {FEED}\n"


@pytest.mark.parametrize(
    ("text", "addition", "message"),
    [
        (
            "sources: []\n",
            Addition(feed="file:a.xml"),
            "a file: source is only ever written into sources.yaml by hand",
        ),
        (
            "sources: []\n",
            Addition(feed="a.example"),
            "the address of the feed `a.example` is not a URL; it starts with https://, http:// or file:",
        ),
        (
            "sources:\n  - {id: a, feed: http://new.example/feed.xml}\n",
            BARE,
            "this feed is already there, as source a",
        ),
        (
            "sources:\n  - {id: new, feed: https://a.example/}\n",
            NEW,
            "there is already a source with the id new; choose another with --id",
        ),
        (
            "sources: [https://a.example/]\n",
            BARE,
            "sources.yaml lists its sources in brackets; write each on a line `  - address` first",
        ),
        (
            "{sources: [], store: x}\n",
            BARE,
            "sources.yaml lists its sources in brackets; write each on a line `  - address` first",
        ),
        (
            "sources: []\n",
            Addition(feed=FEED, id="N W", topics=("Sea",)),
            "sources.0.id: may hold a-z, 0-9 and -, start with a letter or digit and have up to 60 characters; "
            "write `n-w`; sources.0.topics.0: may hold a-z, 0-9 and -, start with a letter or digit and have up to 60 "
            "characters; write `sea`",
        ),
    ],
)
def test_a_source_that_cannot_be_added_is_refused_with_the_reason(
    text: str, addition: Addition, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        add_source(text, addition)
    assert str(caught.value) == message


def test_an_invalid_file_is_not_edited() -> None:
    with pytest.raises(ConfigError):
        add_source("colour: red\n", NEW)


HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b/dWRWJTmaaJObG"
ANA = User("Ana", Role.ADMIN, HASH)
WRITTEN = f'- name: Ana\n    role: admin\n    password: "{HASH}"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("store: x # here\n", f"store: x # here\nusers:\n  {WRITTEN}"),
        ("users: []  # none\nstore: x\n", f"users:  # none\n  {WRITTEN}store: x\n"),
        (
            f"users:\n  - {{name: Jo, role: editor, password: {HASH!r}}}\n  # more\nstore: x\n",
            f"users:\n  - {{name: Jo, role: editor, password: {HASH!r}}}\n  {WRITTEN}  # more\nstore: x\n",
        ),
    ],
)
def test_a_user_is_written_at_the_end_of_the_list_and_all_else_stays(before: str, after: str) -> None:
    assert add_user(before, ANA) == after


@pytest.mark.parametrize(
    ("text", "user", "message"),
    [
        (f"users:\n  {WRITTEN}", ANA, "there is a user Ana in sources.yaml already"),
        ("store: x\n", replace(ANA, name="A\nB"), "NAME must be a name"),
        (
            f"users: [{{name: Jo, role: editor, password: {HASH!r}}}]\n",
            ANA,
            "lists its users in brackets; write each on a line `  - name: …` first",
        ),
    ],
)
def test_a_user_that_cannot_be_added_is_refused(text: str, user: User, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        add_user(text, user)
