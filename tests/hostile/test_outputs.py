"""Every payload in every field of every format: published output stays valid and harmless."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from lxml import etree

from aggregator.model.release import Release
from aggregator.web.pages import history_page, site
from tests.given import NOON
from tests.hostile.documents import FIELDS, FORMATS, Quote, cdata, document, escaped, raw
from tests.hostile.judge import release_faults
from tests.hostile.payloads import OURS, every
from tests.line.line import Line, plain

pytestmark = pytest.mark.usefixtures("engine")

ORIGIN = plain("origin")
STANDING = "Released by Origin."


@contextmanager
def given_line(directory: Path) -> Iterator[Line]:
    """A pipeline whose source was polled before, so that no item is backlog."""
    with Line(directory, ORIGIN, now=NOON) as line:
        line.reads(ORIGIN, document("rss", (), ["x"], first=10**6), NOON)
        yield line


def reads(
    line: Line, form: str, fields: Sequence[str], payloads: Sequence[str], *, quote: Quote = escaped
) -> None:
    line.reads(ORIGIN, document(form, fields, payloads, quote=quote), NOON + timedelta(minutes=1))


def releases(line: Line) -> tuple[Release, ...]:
    shown = [line.publisher.public(stored) for stored in line.items()]
    assert all(isinstance(each, Release) for each in shown)
    return tuple(each for each in shown if isinstance(each, Release))


def is_harmless(line: Line, *, at_least: int) -> None:
    """Check every release, every channel and the store."""
    shown, publication = releases(line), line.config.publication
    assert len(shown) >= at_least
    channel = line.publisher.channel("sources/origin")
    assert channel is not None
    around = site(publication, line.storage.items.channels(), line.storage.items.feeds())
    found = {
        (release.title[:60], fault)
        for release in shown
        for fault in release_faults(release, channel, around, standing=STANDING)
    }
    assert found == set()
    for kind in ("rss", "atom", "json"):
        body = line.document("sources/origin", kind).body.decode()
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", body)
    assert line.storage.admin.check() == ()


@pytest.mark.parametrize("quote", [escaped, cdata], ids=["escaped", "cdata"])
@pytest.mark.parametrize("form", FORMATS)
def test_our_payloads_in_all_fields_at_once_are_harmless(form: str, quote: Quote, tmp_path: Path) -> None:
    with given_line(tmp_path) as line:
        reads(line, form, FIELDS[form], OURS, quote=quote)
        is_harmless(line, at_least=len(OURS) // 2)


@pytest.mark.needs("corpus")
@pytest.mark.parametrize("form", FORMATS)
def test_every_payload_in_all_fields_at_once_is_harmless(form: str, tmp_path: Path) -> None:
    with given_line(tmp_path) as line:
        reads(line, form, FIELDS[form], every())
        is_harmless(line, at_least=len(every()) // 2)


@pytest.mark.soak
@pytest.mark.needs("corpus")
@pytest.mark.parametrize("form", FORMATS)
def test_every_payload_in_every_single_field_is_harmless(form: str, tmp_path: Path) -> None:
    for field in FIELDS[form]:
        payloads = every() if not field.startswith("feed ") else every()[:1]
        with given_line(tmp_path / field.replace(" ", "-").replace(":", "-")) as line:
            reads(line, form, [field], payloads)
            is_harmless(line, at_least=len(payloads) // 2)


@pytest.mark.parametrize("form", FORMATS)
def test_our_payloads_in_the_head_of_a_feed_are_harmless(form: str, tmp_path: Path) -> None:
    is_harmless_in_the_head(tmp_path, form, OURS)


@pytest.mark.soak
@pytest.mark.needs("corpus")
@pytest.mark.parametrize("form", FORMATS)
def test_every_payload_in_the_head_of_a_feed_is_harmless(form: str, tmp_path: Path) -> None:
    is_harmless_in_the_head(tmp_path, form, every())


def is_harmless_in_the_head(tmp_path: Path, form: str, payloads: Sequence[str]) -> None:
    head = [field for field in FIELDS[form] if field.startswith("feed ")]
    with given_line(tmp_path) as line:
        for number, payload in enumerate(payloads):
            body = document(form, head, [payload], first=number)
            line.reads(ORIGIN, body, NOON + timedelta(minutes=number))
            for kind in ("rss", "atom"):
                etree.fromstring(line.document("sources/origin", kind).body)
            json.loads(line.document("sources/origin", "json").body)
            channel, newest = line.publisher.channel("sources/origin"), releases(line)[-1]
            assert channel is not None
            around = site(line.config.publication, line.storage.items.channels(), line.storage.items.feeds())
            assert list(release_faults(newest, channel, around, standing=STANDING)) == [], payload
        is_harmless(line, at_least=len(payloads))


@pytest.mark.needs("corpus")
@pytest.mark.parametrize("form", ["rss", "atom"])
def test_payloads_written_raw_break_no_more_than_their_own_document(form: str, tmp_path: Path) -> None:
    with given_line(tmp_path) as line:
        refused = 0
        for number, payload in enumerate(every()[::5]):
            body = document(form, FIELDS[form], [payload], quote=raw, first=number)
            try:
                line.reads(ORIGIN, body, NOON + timedelta(minutes=number))
            except Exception as error:
                assert type(error).__name__ == "ParseError", payload
                refused += 1
        assert refused < len(every()[::5])
        is_harmless(line, at_least=2)


def test_a_template_in_a_text_stays_a_text(tmp_path: Path) -> None:
    templates = [
        "{{7*7}}",
        "${7*7}",
        "<%= 7*7 %>",
        "#{7*7}",
        "{{ item.url }}",
        "{% raw %}x",
        "%7B%7B7*7%7D%7D",
    ]
    with given_line(tmp_path) as line:
        line.reads(ORIGIN, document("json", ["title", "content_text", "author"], templates), NOON)
        titles = {release.title for release in releases(line)}
        assert titles >= set(templates) - {"<%= 7*7 %>"}
        around = site(line.config.publication, line.storage.items.channels(), line.storage.items.feeds())
        for release in releases(line):
            page = unescape(history_page(release, (), None, around).body.decode())
            assert release.title in page
            assert "49" not in page.replace("2049", "")


def test_words_of_sql_in_any_field_are_words(tmp_path: Path) -> None:
    words = [
        "'; DROP TABLE item; --",
        '" OR 1=1 --',
        "1); DELETE FROM source; --",
        "x' UNION SELECT * FROM meta --",
    ]
    with given_line(tmp_path) as line:
        for form in FORMATS:
            reads(line, form, FIELDS[form], words)
        for word in words:
            for reference in (word, f"https://origin.example/{word}"):
                line.storage.items.named(reference)
        assert line.storage.items.channels()
        assert line.storage.admin.check() == ()
        assert len(line.items()) > len(words)
