"""External entities (XXE): no file is read, no request is made, and no text grows."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.errors import ParseError
from aggregator.model.document import ReadJob, ReadResult
from aggregator.policy.poll_result import pipeline_version_of
from aggregator.workers.job import work
from tests.corpus import HOSTILE
from tests.given import NOON
from tests.line.line import plain
from tests.server import HttpServer, answer, http_server_in_thread

pytestmark = pytest.mark.usefixtures("engine")

CANARY = "the content of a file of this machine"
ORIGIN = plain("origin")

OWN = (
    '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE rss [<!ENTITY x PUBLIC "-//X" "http://evil.example/x">]>',
    '<!DOCTYPE rss SYSTEM "http://evil.example/x.dtd">',
    '<!DOCTYPE rss PUBLIC "-//X" "http://evil.example/x.dtd" [<!ENTITY x "y">]>',
    '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://evil.example/x.dtd"> %x;]>',
    '<!DOCTYPE rss [<!ENTITY x SYSTEM "http://evil.example/x.gif" NDATA gif>]>',
    '<!DOCTYPE rss [<!ATTLIST title href CDATA "http://evil.example/x">]>',
    '<!DOCTYPE rss [<!NOTATION x SYSTEM "file:///etc/passwd">]>',
    '<?xml-stylesheet href="http://evil.example/x.xsl" type="text/xsl"?>',
    '<?xml-stylesheet href="file:///etc/passwd" type="text/css"?>',
)


@pytest.fixture(scope="module")
def listener() -> Iterator[HttpServer]:
    with http_server_in_thread({"/": answer(body=CANARY.encode())}) as listening:
        yield listening


def prologs() -> list[str]:
    """Return the own prologs, and those of the corpus that declare entities."""
    found = list(OWN)
    for path in sorted(HOSTILE.glob("payloads/xxe/**/*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            lines = text.splitlines() if path.suffix == ".txt" else [text]
            found += [line for line in lines if "<!" in line and "ENTITY" in line]
    return found


def aimed(prolog: str, canary: Path, listener: HttpServer) -> str:
    """Redirect the attack to a file and a server of the test."""
    prolog = re.sub(r"<\?xml[^>]*\?>", "", prolog)
    prolog = re.sub(r"(?:php|expect|file|jar|gopher|ftp|netdoc):/*[^\s\"'>]+", canary.as_uri(), prolog)
    return re.sub(r"https?://[^\s\"'>]+", listener.url("/"), prolog)


def said(prolog: str) -> str:
    """Return a feed that uses every entity of its prolog in texts and in attributes."""
    names = dict.fromkeys(re.findall(r"<!ENTITY\s+(?:%\s+)?([^\s%]+)", prolog))
    used = " ".join(f"&{name};" for name in names) or "nothing"
    return (
        f"<?xml version='1.0'?>{prolog}<rss version='2.0'><channel><title>Feed {used}</title>"
        f"<item><title>Release {used}</title><link>https://origin.example/1</link><guid>{used}</guid>"
        f"<description>{used}</description><enclosure url='https://origin.example/{used}' type='a/b'/></item>"
        "</channel></rss>"
    )


def reads(body: str) -> ReadResult | ParseError:
    job = ReadJob(
        body.encode(), "application/xml", ORIGIN.feed, ORIGIN, frozenset(), pipeline_version_of(ORIGIN), NOON
    )
    try:
        return work(job)
    except ParseError as error:
        return error


@pytest.mark.needs("corpus")
def test_no_entity_reads_a_file_or_sends_a_request_or_grows_the_text(
    tmp_path: Path, listener: HttpServer
) -> None:
    canary = tmp_path / "passwd"
    canary.write_text(CANARY)
    tried = [aimed(prolog, canary, listener) for prolog in prologs()]
    assert len(tried) > 40
    for prolog in tried:
        # A prolog of its own, and the attack as it stands in the lists: with a root and texts behind it.
        for body in (said(prolog), said(re.sub(r"\]>.*", "]>", prolog, flags=re.DOTALL)), prolog):
            answer = reads(body)
            assert CANARY not in repr(answer), prolog
            assert len(repr(answer)) < 20_000, prolog
    assert listener.paths == []
