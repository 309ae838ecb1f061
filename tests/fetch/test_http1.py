"""Heads of responses: deviations that browsers accept are read, ambiguous framing (request smuggling) is refused."""

import pytest

from aggregator.fetch.http1 import Head, ProtocolError, body_length, parse_head, request_head

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", Head(200, ())),
        (b"HTTP/1.0 404\n\n", Head(404, ())),
        (b"HTTP/1.1 200 \xe9\xe9\r\nETag: \xe9\r\n\r\n", Head(200, ((b"ETag", b"\xe9"),))),
        (b"HTTP/1.1 999 No\nX:\t a b \t\nY:\r\n\n", Head(999, ((b"X", b"a b"), (b"Y", b"")))),
        (OK + b"X: a\r\n\t b\r\n c\r\nY: d\r\n\r\n", Head(200, ((b"X", b"a b c"), (b"Y", b"d")))),
        (OK + b"X: y\x1b[2J\r\n\r\n", Head(200, ((b"X", b"y\x1b[2J"),))),
        (OK + b"Content-Length \t: 5\r\n\r\n", Head(200, ((b"Content-Length", b"5"),))),
        (OK + b"X: a\0b\r\n\r\n", Head(200, ((b"X", b"a b"),))),
        (OK + b"X: a\rContent-Length: 5\r\n\r\n", Head(200, ((b"X", b"a Content-Length: 5"),))),
    ],
)
def test_heads_are_read_as_browsers_read_them(data: bytes, head: Head) -> None:
    assert parse_head(data) == head


@pytest.mark.parametrize(
    "line",
    [
        b"X Y: y",
        b" X: y",
        b" folded",
        b": y",
        b"no colon",
        b"X\x1b[2J: y",
        b"\xe9: y",
        b"X Y: a\r\n b",
        b"\r",
    ],
)
@pytest.mark.parametrize("before", [b"", b"A: 1\r\n"])
def test_a_malformed_header_line_costs_itself_alone(before: bytes, line: bytes) -> None:
    fields = parse_head(OK + before + line + b"\r\nETag: e\r\n\r\n").fields
    assert fields[-1] == (b"ETag", b"e")
    assert [name for name, _ in fields] in ([b"ETag"], [b"A", b"ETag"])


@pytest.mark.parametrize("code", [b"000", b"20", b"2000", b"0"])
def test_a_status_that_http_does_not_have_is_named(code: bytes) -> None:
    with pytest.raises(ProtocolError) as error:
        parse_head(b"HTTP/1.1 %b OK\r\n\r\n" % code)
    assert str(error.value) == f"it answered with the status {code.decode()}, which HTTP does not have"


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"http/1.1 200 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\rX: y\r\n\r\n",
    ],
)
def test_heads_without_a_status_line_are_illegal(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="illegal"):
        parse_head(data)


@pytest.mark.parametrize(
    ("values", "length"),
    [((), None), ((b"5",), 5), ((b"5", b"5"), 5), ((b"5, 5",), 5), ((b"05",), 5), ((b"0",), 0)],
)
def test_equal_content_lengths_are_one(values: tuple[bytes, ...], length: int | None) -> None:
    assert body_length(Head(200, tuple((b"content-LENGTH", value) for value in values))) == length


@pytest.mark.parametrize(
    "values",
    [(b"5", b"6"), (b"5, 6",), (b"-5",), (b"+5",), (b"0x5",), (b"five",), (b"",), (b"5 x",), (b"9" * 20,)],
)
def test_a_content_length_that_is_not_one_number_is_illegal(values: tuple[bytes, ...]) -> None:
    with pytest.raises(ProtocolError, match="illegal Content-Length"):
        body_length(Head(200, tuple((b"Content-Length", value) for value in values)))


def test_the_head_of_a_request_ends_with_a_blank_line() -> None:
    assert request_head(b"POST", b"/a?b", [(b"Host", b"a.test"), (b"Content-Length", b"2")]) == (
        b"POST /a?b HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("target", "value"),
    [(b"/ HTTP/1.1\r\nX: y", b""), (b"/", b"a\r\nX: y"), (b"/", b"a\nX: y"), (b"/", b"a\rX: y")],
)
def test_no_line_break_gets_into_a_request(target: bytes, value: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        request_head(b"GET", target, [(b"Host", value)])
