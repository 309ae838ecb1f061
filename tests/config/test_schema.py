"""The JSON Schema for editors agrees with the reader: same keys, same mistakes, same bounds, same defaults."""

import json
import re
import tomllib
from collections.abc import Iterator
from itertools import chain

import pytest
import yaml
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from aggregator.config import parse
from aggregator.errors import ConfigError
from tests.config import (
    test_credentials,
    test_edit,
    test_layers,
    test_load,
    test_mistakes,
    test_topic_rules,
    test_topics,
)
from tests.config.test_credentials import text_of
from tests.config.test_load import HERE, REPO_ROOT, listing
from tests.config.test_mistakes import of_feed, of_source

SCHEMA_FILE = REPO_ROOT / "aggregator/config/sources.schema.json"
SCHEMA = json.loads(SCHEMA_FILE.read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
CREDENTIALS = [text_of(line) for line, _ in test_credentials.MISTAKES]
MISTAKES = [
    *(text for text, _ in test_mistakes.MISTAKES),
    *(text for text, _ in test_layers.MISTAKES),
    *(text for text, _ in test_topic_rules.MISTAKES),
    *(text for text, _ in test_topics.MISTAKES),
    test_mistakes.UNKNOWN_NAME,
    test_mistakes.SEVERAL,
    *CREDENTIALS,
    *(text_of(f"headers: {{{name}: $KEY}}") for name in test_credentials.SENT_BY_THE_FETCH),
    text_of("auth: {bearer: $KEY}", "headers: {Authorization: $KEY}"),
    *(text_of(line, feed="file:press.xml") for line in ("auth: {bearer: $KEY}", "headers: {X-Key: $KEY}")),
]
VALID = [
    test_layers.LAYERED,
    test_topic_rules.RULED,
    test_topics.NAMED,
    *(test_load.FULL, test_load.ONE_ADDRESS, test_load.EMPTIED, test_load.OVER_LINES),
    *(f"listen: {listen}\n" for listen, _ in test_load.LISTENING),
    *(listing(f'feed: "{feed}"') for feed, _ in test_load.FEEDS),
    *(listing(test_load.WORDS), listing(*test_load.WITHOUT_ID)),
    *(text for text, _ in test_load.WARNED),
    *(text for pair in test_edit.EDITS for text in pair),
    (REPO_ROOT / "sources.yaml").read_text(),
    text_of("auth: {user: desk, password: $PASSWORD}", "headers: {X-Api-Key: $KEY, Cookie: $USER_NAME}"),
    text_of("auth: {user: $USER_NAME, password: $PASSWORD}"),
    text_of("auth: {bearer: $KEY}", "headers: {authorization-hint: $KEY}"),
    text_of("auth: {}", "headers:", feed="file:press.xml"),
]

# Mistakes that the schema accepts, each with the reason why JSON Schema cannot express them.
BEYOND = {
    "two values are compared": (
        test_mistakes.NO_PASSWORD[0],
        test_mistakes.TWICE[0],
        "admin: 127.0.0.1:8000\n",
        "sources:\n  - https://a.example/feed\n  - feed: http://A.EXAMPLE:80/feed#top\n",
        "sources:\n  - https://a.example/\n  - https://a.example\n",
        "sources:\n  - {id: a, feed: https://a.example/}\n  - feed: https://b.example/\n    id: a\n",
        "embed: {channels: {topics/sea: []}}\n",
        "webhooks: [{url: https://hooks.example/, format: slack, channel: topics/sea}]\n",
        "webhooks: [{url: https://hooks.example/, format: slack, channel: sources/sea}]\n",
        "webhooks: [{url: https://hooks.example/x, format: slack}, "
        "{url: https://hooks.example/x, format: teams}]\n",
        of_source("full_text: true\n    rights: {republish: excerpt}"),
        *(text for text, said in test_layers.MISTAKES if "is no group" in said),
        *(text for text, said in test_layers.MISTAKES if "needs `domains`" in said),
        text_of("headers: {X-Key: $KEY, x-key: $KEY}"),
        text_of("auth: {bearer: $KEY}", "headers: {Authorization: $KEY}"),
    ),
    "arithmetic on an address: the host bits of a network": ("websub: {allow_networks: [10.0.0.1/8]}\n",),
    "the cost of a hash": tuple(text for text, said in test_mistakes.DESK if "every attempt" in said),
    "the calendar": (
        of_source("rights: {expires: 2027-02-30}"),
        of_source("rights: {expires: 0001-01-01T00:00+01:00}"),
    ),
    "punycode is decoded": (of_feed("https://xn--ü.example/"),),
    "the time zones that the machine knows": (
        of_source("timezone: Europe"),
        of_source("timezone: Europe/Wien"),
    ),
    "a regular expression of Python is compiled": (
        of_source("skip: [{title: 'a(b'}]"),
        of_source("skip: [{title: 'a{99999999999}'}]"),
        of_source("skip: [{title: '[[:x'}]"),
        *(text for text, said in test_topic_rules.MISTAKES if "does not compile" in said),
    ),
    "a template is compiled and filled in with samples": (test_mistakes.UNKNOWN_NAME,),
    "a selector is parsed": tuple(
        of_source(f"house_style: {line}") for line, _, said in test_mistakes.HOUSE_STYLE if "no CSS" in said
    ),
    "the language of a source is compared with its house style": tuple(
        text for text, said in test_mistakes.MISTAKES if "is English" in said
    ),
    "the environment": tuple(text for text in CREDENTIALS if re.search(r"\$(NOT_SET|EMPTY)", text)),
    "the value of a variable": tuple(
        text for text in CREDENTIALS if re.search(r"\$(TWO_LINES|BLANK|NUL|SURROGATE|COLON|ACCENTS)", text)
    ),
    "a key given twice: only one is left once the YAML is read": ("store: a\nstore: b\n",),
}
# Refused by any parser of YAML before a schema is asked.
NOT_YAML = (
    "sources:\n\t- https://a.example/\n",
    "store: @x\n",
    "publication:\n  name: Press: today\n",
    "store: 'x\n",
    "sources: [a\nstore: b\n",
    "poll:\n    every: 5m\n  timeout: 3s\n",
    "%YAML 3.0\n---\nstore: x\n",
    "store: é\x07\n",
    "? [a]\n: b\n",
    "{[a]: b}\n",
    "store: a\n---\nstore: b\n",
    "store: !!python/object/apply:os.system [ls]\n",
    "store: !secret x\n",
    "*a : b\n",
    of_source("topics: [health, ]x"),
    text_of(f"headers: {{X-Key: *{test_credentials.SECRET}}}"),
    text_of(f"headers: {{X-Key: !{test_credentials.SECRET} }}"),
)


class Yaml12(yaml.SafeLoader):
    """YAML 1.2 with its core schema, as editors read it: `no` and 2026-11-24 are texts, 1:30 is no number."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  declared so by PyYAML


for tag, form in {
    "null": "~|null|Null|NULL|",
    "bool": "true|True|TRUE|false|False|FALSE",
    "int": "[-+]?[0-9]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
}.items():
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{form})$"), None)


def mistakes_of_shape(text: str) -> list[str]:
    """Errors that the schema finds in a file."""
    document = yaml.load(text, Loader=Yaml12)
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def is_read(text: str) -> bool:
    """Whether the reader accepts a file."""
    try:
        parse(text, HERE)
    except ConfigError:
        return False
    return True


def keys_of(schema: object, path: str = "") -> Iterator[tuple[str, dict[str, object]]]:
    """Path and schema of every key, definitions included; conditions only repeat keys."""
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "properties":
                yield from ((f"{path}.{key}".removeprefix("."), each) for key, each in value.items())
            if name not in ("if", "then", "else"):
                yield from keys_of(value, path if name in ("properties", "$defs") else f"{path}.{name}")


def test_the_schema_is_itself_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_of_shape_is_refused_by_the_schema_too(text: str) -> None:
    try:
        refused = bool(mistakes_of_shape(text))
    except yaml.YAMLError:
        assert text in NOT_YAML
    else:
        assert refused is (text not in chain(*BEYOND.values()))


def test_every_exception_is_one_of_the_mistakes() -> None:
    assert {*NOT_YAML, *chain(*BEYOND.values())} <= set(MISTAKES)
    assert all(BEYOND.values())


@pytest.mark.parametrize("text", VALID)
def test_a_valid_file_is_accepted_by_the_schema_too(text: str) -> None:
    assert mistakes_of_shape(text) == []


SOURCE = SCHEMA["$defs"]["source"]["properties"]
RULE = SCHEMA["$defs"]["rule"]["properties"]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("0: x\n", SCHEMA["properties"]),
        ("publication: {0: x}\n", SCHEMA["properties"]["publication"]["properties"]),
        ("poll: {0: x}\n", SCHEMA["properties"]["poll"]["properties"]),
        ("poll: {websub: 0}\n", ["true", "false"]),
        ("publication: {images: 0}\n", ["origin", "none", "proxy"]),
        ("retention: {0: x}\n", SCHEMA["properties"]["retention"]["properties"]),
        (of_source("0: x"), SOURCE),
        (of_source("rights: {0: x}"), SOURCE["rights"]["properties"]),
        (of_source("auth: {0: x}"), SOURCE["auth"]["properties"]),
        (of_source("only: [{0: x}]"), RULE),
        (of_source("skip: [{0: x}]"), RULE),
        (of_source("publish: 0"), SOURCE["publish"]["anyOf"][0]["enum"]),
        (of_source("embargo: 0"), SOURCE["embargo"]["enum"]),
        (of_source("rights: {republish: 0}"), SOURCE["rights"]["properties"]["republish"]["enum"]),
    ],
)
def test_schema_and_reader_accept_the_same_keys_and_words(text: str, known: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, HERE)
    (problem,) = caught.value.problems
    assert set(problem.message.rpartition(": ")[2].split(", ")) == set(known)


SPANS = [
    *("0s", "1s", "59s", "60s", "600s", "601s", "86399s", "86400s", "999999s", "1000000s", "0m", "1m", "01m"),
    *(
        "10m",
        "11m",
        "1439m",
        "1440m",
        "43200m",
        "43201m",
        "0h",
        "1h",
        "23h",
        "24h",
        "720h",
        "721h",
        "876000h",
    ),
    *("876001h", "0d", "1d", "30d", "31d", "36500d", "36501d", "15", "1.5h", "-1m", "1w", "'1 m'"),
]
SIZES = [
    *("999", "1000", "64000000", "64000001", "1000B", "999B", "0KB", "1KB", "1 KB", "64000KB", "64001KB"),
    *("0MB", "64MB", "65MB", "1GB", "1kb", "10MiB", "1.5MB"),
]
VOLUMES = ["0MB", "1MB", "200 MB", "999999MB", "1000000MB", "1GB", "1000GB", "1001GB", "5", "5KB", "2gb"]
WEB = ["https://a.example", "https://a.example:", "https://a.example:65535/", "https://a.example:65536/"]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("poll: {every: %s}\n", SPANS),
        ("poll: {timeout: %s}\n", SPANS),
        ("poll: {host_gap: %s}\n", SPANS),
        ("poll: {max_bytes: %s}\n", SIZES),
        ("poll: {budget: {items: %s}}\n", ["0", "1", "1000000", "1000001", "1.5", "x"]),
        ("poll: {budget: {bytes: %s}}\n", VOLUMES),
        (of_source("budget: {items: 7, bytes: %s}"), VOLUMES),
        ("poll: {concurrency: %s}\n", ["0", "1", "1000", "1001", "1.5", "x"]),
        ("poll: {per_host: %s}\n", ["0", "1", "100", "101"]),
        ("websub: {allow_networks: ['%s']}\n", ["10.0.0.0/8", "fd00::/8", "10.0.0.0/255.0.0.0", "x", "10/x"]),
        ("retention: {items: %s}\n", SPANS),
        ("retention: {revisions: %s}\n", SPANS),
        ("retention: {polls: %s}\n", SPANS),
        ("retention: {backups: %s}\n", ["-1", "0", "1000", "1001"]),
        (of_source("every: %s"), SPANS),
        ("sources: [{feed: file:a.xml, every: %s}]\n", SPANS),
        (of_source("first_import: %s"), SPANS),
        (of_source("publish: after %s"), SPANS),
        (of_source("publish: %s"), ["live", "review", "after", "'after 2h '", "'after  2h'", "true", "~"]),
        (of_source("paused: %s"), ["true", "false", "2026-12-31", "2026-13-01", "2026-12-32", "soon", "1"]),
        (of_source("quarantine: %s"), ["none", "foreign-links", "foreign", "true", "~"]),
        (of_source("links_to: ['%s']"), ["a.example", "a..example", "a/b", "*.a"]),
        (of_source("burst: %s"), ["0", "1", "10000", "10001", "1.5", "x"]),
        (of_source("priority: %s"), ["-1001", "-1000", "+5", "1000", "1001"]),
        (
            of_source("id: %s"),
            ["a" * 60, "a" * 61, "A", "-a", "2026", "-1", "all", "archive", "feed", "index"],
        ),
        (of_source("topics: [%s]"), ["a" * 60, "a" * 61, "2026", "all"]),
        (of_source("language: %s"), ["en", "no", "zh-hant-TW", "e", "english", "en_GB", "1"]),
        (of_source("house_style: {max_words: %s}"), ["49", "50", "100000", "100001", "1.5", "x"]),
        (
            of_source("house_style: {drop: [%s]}"),
            ["p", "''", "' '", f"'p{' ' * 200}p'", "'#a'", "'p\\ta'", "[p]", "~"],
        ),
        (
            of_source("house_style: {replace: [[%s, x]]}"),
            ["a", "''", "' '", "2026", "true", "'a\\tb'", "[a]", "~"],
        ),
        (of_source("house_style: {replace: [[a, %s]]}"), ["a", "''", "' '", "2026", "x" * 201, "[a]"]),
        (of_source("house_style: {replace: [{from: a, to: %s}]}"), ["a", "''", "2026", "[a]"]),
        (
            of_source("house_style: {dateline: %s}"),
            [
                "keep",
                "drop",
                "'{place} –'",
                "'{place'",
                "'{}'",
                "''",
                "' '",
                "'{place}'",
                "BONN –",
                "x" * 201,
            ],
        ),
        (of_source("organisation: %s"), ["x", "2026", "true", "''", "' '", "' x '", '"a\\tb"', "[]", "~"]),
        (of_source("disclaimer: %s"), ["x", "''", "2026", "x" * 10_000, "x" * 10_001, "{default: x}", "[x]"]),
        (
            of_source("domains: ['%s']"),
            ["a.example", "a.example.", "a..example", "a:1", "a/b", "*.a", "ß.de"],
        ),
        (of_source("timezone: %s"), ["UTC", "Etc/GMT+1", "America/Port-au-Prince", "/etc", "[UTC]"]),
        (
            "listen: '%s'\n",
            ["a:0", "a:65535", "a:65536", "a:", "[::1]:1", "::1:1", "ä:1", "a:00080", "a:000080"],
        ),
        ("alerts: '%s'\n", [*WEB, "https://a.example/?a=b", "https://a@b.example/", "ftp://a.example/"]),
        (
            "publication: {url: '%s'}\n",
            [*WEB, "https://a.example/?", "https://a.example/?a", "https://a.example/#?a"],
        ),
        ("publication: {contact: '%s'}\n", ["a@b", "https://a.example/", "a", "a b@c", "(a)@b", "ä@b"]),
        (
            of_feed("'%s'"),
            [*WEB, "file:a", "file:/a", "file://a", "file:///a", "file:////a", "file:/", "file:", "x"],
        ),
    ],
)
def test_schema_and_reader_agree_on_each_bound_of_a_value(line: str, values: list[str]) -> None:
    texts = [line.replace("%s", value) for value in values]
    assert [not mistakes_of_shape(text) for text in texts] == [is_read(text) for text in texts]


def test_a_quoted_number_is_read_and_yet_refused_by_the_schema() -> None:
    """An editor then asks for the plain number, so that it can offer bounds and a default."""
    for text in ("poll: {per_host: '2'}\n", "poll: {websub: 'true'}\n"):
        assert is_read(text)
        assert mistakes_of_shape(text)


def test_every_key_is_described_in_the_schema_and_on_the_page_of_the_configuration() -> None:
    page = (REPO_ROOT / "docs/configuration.md").read_text()
    for path, schema in keys_of(SCHEMA):
        assert len(str(schema.get("description", ""))) > 10, path
        assert f"`{path.rpartition('.')[2]}`" in page, path


def test_the_defaults_in_the_schema_are_those_of_the_reader() -> None:
    poll: dict[str, object] = {"budget": {}}
    style: dict[str, object] = {}
    feed = {"feed": "https://a.example/", "rights": {}, "house_style": style}
    written: dict[str, object] = {"publication": {}, "poll": poll, "retention": {}, "sources": [feed]}
    bare = json.dumps(written)
    places = {
        "publication": written["publication"],
        "poll": poll,
        "budget": poll["budget"],
        "retention": written["retention"],
        "houseStyle": style,
    }
    places |= {"source": feed, "source.rights": feed["rights"], "": written}
    count = 0
    for path, schema in keys_of(SCHEMA):
        where, _, key = path.rpartition(".")
        if "default" in schema:
            place = places[where]
            assert isinstance(place, dict)
            place[key] = schema["default"]
            count += 1
    assert count == 38
    full, plain = (replace(parse(text, HERE), unnamed=()) for text in (json.dumps(written), bare))
    assert full == plain


def test_the_shipped_file_names_the_schema_in_its_first_line() -> None:
    first = (REPO_ROOT / "sources.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE.relative_to(REPO_ROOT)}"


def test_the_schema_is_part_of_the_package() -> None:
    packaged = tomllib.loads((REPO_ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert any(SCHEMA_FILE.match(pattern) for pattern in packaged["aggregator.config"])
