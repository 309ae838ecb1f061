"""Credentials of a source: named in sources.yaml, read from the environment, sent to its origin only."""

import base64
import copy
import pickle
from pathlib import Path

import httpx
import pytest

from aggregator.config import load, parse, warnings
from aggregator.config.edit import Addition, add_source
from aggregator.errors import ConfigError
from aggregator.model.settings import Config

HERE = Path("sources.yaml")
FEED = "https://press.example/feed"
SECRET = "marker-Zx91"
ENVIRONMENT = {
    "PASSWORD": SECRET,
    "KEY": SECRET,
    "USER_NAME": "desk",
    "TWO_LINES": f"{SECRET}\r\nX-Evil: 1",
    "NUL": f"{SECRET}\0",
    "ACCENTS": f"{SECRET} é",
    "COLON": f"a:{SECRET}",
    "BLANK": f"{SECRET} ",
    "EMPTY": "",
    "SURROGATE": f"{SECRET}\udcff",  # bytes that are no UTF-8, as os.environ gives them
}
NOT_NAMED = (
    "must name the environment variable that holds it, in capitals, such as $PRESS_KEY; "
    "secrets do not belong in this file"
)
CANNOT = "whose value holds a character that cannot be sent"


def configured(*lines: str, feed: str = FEED) -> Config:
    return parse(text_of(*lines, feed=feed), HERE, ENVIRONMENT)


def text_of(*lines: str, feed: str = FEED) -> str:
    return "\n    ".join((f"sources:\n  - feed: {feed}", *lines)) + "\n"


def shown(*lines: str) -> tuple[tuple[str, str], ...]:
    (credentials,) = configured(*lines).credentials
    assert credentials.home == FEED
    return credentials.fields


def basic(login: str) -> str:
    return "Basic " + base64.b64encode(login.encode()).decode()


def test_user_and_password_become_basic_authentication() -> None:
    assert shown("auth: {user: desk, password: $PASSWORD}") == (("Authorization", basic(f"desk:{SECRET}")),)
    assert shown("auth: {user: $USER_NAME, password: $ACCENTS}") == (
        ("Authorization", basic(f"desk:{SECRET} é")),
    )


def test_a_token_becomes_a_bearer_token() -> None:
    assert shown("auth: {bearer: $KEY}") == (("Authorization", f"Bearer {SECRET}"),)


def test_headers_follow_auth_in_their_order() -> None:
    fields = shown("auth: {bearer: $KEY}", "headers: {X-Api-Key: $KEY, Cookie: $USER_NAME}")
    assert fields[1:] == (("X-Api-Key", SECRET), ("Cookie", "desk"))
    assert shown("headers: {authorization: $KEY}") == (("authorization", SECRET),)


def test_credentials_belong_to_one_source() -> None:
    text = text_of("auth: {bearer: $KEY}") + "  - https://other.example/feed\n"
    config = parse(text, HERE, ENVIRONMENT)
    first, second = config.sources
    credentials = config.credentials_of(first)
    assert credentials is not None
    assert credentials.home == first.feed
    assert config.credentials_of(second) is None


def test_without_an_environment_no_variable_is_read() -> None:
    config = parse(text_of("auth: {user: desk, password: $UNSET}"), HERE)
    assert config.credentials == ()


def test_a_file_is_read_with_the_environment_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(text_of("auth: {bearer: $KEY}"))
    assert len(load(path, ENVIRONMENT).credentials) == 1
    assert load(path).credentials == ()


def test_a_source_can_be_added_beside_one_whose_variable_is_not_set() -> None:
    text = text_of("auth: {bearer: $UNSET}")
    assert add_source(text, Addition("https://b.example/feed")).startswith(text)


def test_credentials_are_neither_in_a_repr_nor_pickled() -> None:
    config = configured("auth: {user: desk, password: $PASSWORD}", "headers: {X-Api-Key: $KEY}")
    (credentials,) = config.credentials
    for shown in (repr(config), str(config), repr(credentials), f"{config.sources}"):
        assert SECRET not in shown
        assert basic(f"desk:{SECRET}") not in shown
    for hand_over in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="credentials stay in the process"):
            hand_over(config)
    assert SECRET.encode() not in pickle.dumps(config.sources)


def test_a_change_of_the_secret_is_a_change_of_the_configuration() -> None:
    text = text_of("auth: {bearer: $KEY}")
    assert parse(text, HERE, ENVIRONMENT) != parse(text, HERE, {"KEY": "another"})


MISTAKES = [
    (f"auth: {{user: desk, password: {SECRET}}}", f"24: sources.0.auth.password: {NOT_NAMED}"),
    ("auth: {user: desk, password: $secret}", f"24: sources.0.auth.password: {NOT_NAMED}"),
    ("auth: {user: desk, password: '${PASSWORD}'}", f"24: sources.0.auth.password: {NOT_NAMED}"),
    ("auth: {user: desk, password: a$PASSWORD}", f"24: sources.0.auth.password: {NOT_NAMED}"),
    (f"auth: {{bearer: {SECRET}}}", f"12: sources.0.auth.bearer: {NOT_NAMED}"),
    (
        "auth: {bearer: $NOT_SET}",
        "12: sources.0.auth.bearer: names $NOT_SET, which is not set; set it where publicwire is started",
    ),
    (
        "auth: {bearer: $EMPTY}",
        "12: sources.0.auth.bearer: names $EMPTY, which is not set; set it where publicwire is started",
    ),
    ("auth: {bearer: $TWO_LINES}", f"12: sources.0.auth.bearer: names $TWO_LINES, {CANNOT}"),
    ("auth: {bearer: $BLANK}", f"12: sources.0.auth.bearer: names $BLANK, {CANNOT}"),
    ("auth: {user: a, password: $NUL}", f"21: sources.0.auth.password: names $NUL, {CANNOT}"),
    ("auth: {user: a, password: $SURROGATE}", f"21: sources.0.auth.password: names $SURROGATE, {CANNOT}"),
    (
        "auth: {user: $COLON, password: $KEY}",
        "12: sources.0.auth.user: must not hold a colon or a control character",
    ),
    ("auth: {user: desk}", "5: sources.0.auth: `password` is missing; add it"),
    ("auth: {password: $KEY}", "5: sources.0.auth: `user` is missing; add it"),
    (
        "auth: {user: desk, bearer: $KEY}",
        "24: sources.0.auth.bearer: conflicts with `user`; keep one of the two",
    ),
    (f"auth: {SECRET}", "5: sources.0.auth: must be a mapping of keys such as `name: value`"),
    (f"auth: [{SECRET}]", "5: sources.0.auth: must be a mapping of keys such as `name: value`"),
    (
        f"auth: {{user: desk, password: $KEY, token:{SECRET}}}",
        "40: sources.0.auth: unknown key; known are: user, password, bearer",
    ),
    ("auth: {bearer: }", "12: sources.0.auth.bearer: has no value; give one or remove the line"),
    (f"headers: {{X-Api-Key: {SECRET}}}", f"15: sources.0.headers: `X-Api-Key` {NOT_NAMED}"),
    (f"headers: {SECRET}", "5: sources.0.headers: must be a mapping of keys such as `name: value`"),
    (
        f"headers: {{X-Api-Key:{SECRET}}}",
        "15: sources.0.headers: a name of a header field holds letters, digits and -, such as X-Api-Key: $API_KEY",
    ),
    (
        'headers: {"X-A\\r\\nX-B": $KEY}',
        "15: sources.0.headers: a name of a header field holds letters, digits and -, such as X-Api-Key: $API_KEY",
    ),
    ("headers: {X-Key: $TWO_LINES}", f"15: sources.0.headers: `X-Key` names $TWO_LINES, {CANNOT}"),
    ("headers: {X-Key: $ACCENTS}", f"15: sources.0.headers: `X-Key` names $ACCENTS, {CANNOT}"),
    (
        "headers: {X-Key: $KEY, x-key: $KEY}",
        "5: sources.0.headers: x-key is given twice, here or by `auth`; keep one of the two",
    ),
    (f"headers: {{X-Key: *{SECRET}}}", "22: `*` repeats another value"),
    (f"headers: {{X-Key: !{SECRET} }}", "22: `!` starts a tag"),
]


@pytest.mark.parametrize(("line", "mistake"), MISTAKES)
def test_a_mistake_is_reported_with_its_place_and_without_the_secret(line: str, mistake: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(line)
    assert str(caught.value).startswith(f"sources.yaml:3:{mistake}")
    assert len(caught.value.problems) == 1
    assert SECRET not in str(caught.value)


SENT_BY_THE_FETCH = (
    *("Host", "host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Accept"),
    *("Accept-Encoding", "TE", "Upgrade", "Expect", "If-None-Match", "If-Modified-Since", "Range"),
    *("Proxy-Authorization", "User-Agent", "Keep-Alive", "Trailer", "Via", "max-forwards"),
)


@pytest.mark.parametrize("name", SENT_BY_THE_FETCH)
def test_a_header_that_would_break_the_fetch_is_a_mistake(name: str) -> None:
    with pytest.raises(ConfigError, match=f"`{name}` is sent by the fetch itself; remove it"):
        configured(f"headers: {{{name}: $KEY}}")


def test_a_header_given_by_auth_and_by_headers_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match=r"4:5: sources.0.headers: authorization is given twice"):
        configured("auth: {bearer: $KEY}", "headers: {Authorization: $KEY}")


@pytest.mark.parametrize("line", ["auth: {bearer: $KEY}", "headers: {X-Key: $KEY}"])
def test_a_file_source_takes_no_credentials(line: str) -> None:
    with pytest.raises(ConfigError, match=r"2:5: sources.0.feed: is a file, which needs neither"):
        configured(line, feed="file:press.xml")


@pytest.mark.parametrize("code", [*range(1, 0x21), 0x7F, 0x85, 0xA0, 0xFF, 0x2028, 0xDC0A])
def test_no_value_of_a_variable_breaks_a_header(code: int) -> None:
    """Each accepted value is sent as one value of one header field: no header injection."""
    for line in ("headers: {X-Key: $KEY}", "auth: {bearer: $KEY}", "auth: {user: $KEY, password: $KEY}"):
        try:
            config = parse(text_of(line), HERE, {"KEY": f"a{chr(code)}b"})
        except ConfigError:
            continue
        for _, value in config.credentials[0].fields:
            assert value.isascii()
            assert value.isprintable()
            assert httpx.Headers([(b"x", value.encode())])["x"] == value


def test_secrets_over_plain_http_raise_a_warning() -> None:
    line = "auth: {bearer: $KEY}"
    warned = [
        "unencrypted" in "".join(warnings(configured(line, feed=feed)))
        for feed in ("http://a.example/", "https://a.example/", "http://127.0.0.1/", "http://localhost/")
    ]
    assert warned == [True, False, False, False]


def test_a_source_with_credentials_that_is_published_raises_a_warning() -> None:
    key, no = "auth: {bearer: $KEY}", "rights: {republish: no}"
    warned = [
        "is fetched with credentials" in "".join(warnings(configured(*lines)))
        for lines in ((key,), (key, no), ("topics: [sea]",))
    ]
    assert warned == [True, False, False]
