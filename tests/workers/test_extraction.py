"""Pages in a confined worker: the text of real-looking and hostile ones, and robots.txt."""

import asyncio

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, WorkerError
from aggregator.model.house_style import RULES_VERSION, UNSTYLED, HouseStyle, Replacement
from aggregator.model.item import Item
from aggregator.model.page import PageJob, PageState, PageText, RobotsJob
from aggregator.model.settings import Embargo, Quarantine
from aggregator.workers import extraction
from aggregator.workers.extraction import TAGS_MAX, allowed, extracted
from aggregator.workers.pool import WorkerPool
from tests.given import NOON, source

SUMMARY = "The port authority opens the harbour bridge to traffic on Monday after four years of work."
MORE = "".join(
    f"<p>Paragraph {n} of the release tells more of the bridge and of its ferry.</p>" for n in range(20)
)
ARTICLE = f"""<article><h1>Harbour bridge opens</h1><p>{SUMMARY}</p>{MORE}
<p onclick="alert(1)">See <a href="/plan?utm_source=feed">the plan</a>.<script>alert(1)</script></p>
<img src="/bridge.jpg" alt="The bridge"></article>"""
JOB = PageJob(
    b"",
    "text/html; charset=utf-8",
    "https://www.ministry.example/news/bridge",
    source("ministry", full_text=True),
    Item((), "Harbour bridge opens", text=SUMMARY),
    NOON,
)

QUARANTINED = replace(JOB.source, quarantine=Quarantine.FOREIGN_LINKS, links_to=("video.example",))


def job(body: str = ARTICLE, head: str = "", **others: object) -> PageJob:
    html = f"""<!doctype html><html><head><title>Bridge</title>{head}</head><body>
    <nav><a href="/">Home</a> <a href="/news">News</a></nav>{body}<footer>All rights reserved</footer>"""
    return replace(JOB, body=html.encode(), **others)  # fields of PageJob


def test_the_text_of_a_page_is_sanitised_as_the_body_of_an_entry() -> None:
    found = extracted(job())
    assert found.state is PageState.TAKEN
    assert found.text.startswith(SUMMARY)  # without the headline, which stands above it
    assert found.content.startswith("<p>")
    assert '<a href="https://www.ministry.example/plan" rel="noopener">the plan</a>' in found.content
    assert 'src="https://www.ministry.example/bridge.jpg"' in found.content
    for left_out in ("alert", "script", "onclick", "Home", "All rights reserved"):
        assert left_out not in found.content


@pytest.mark.parametrize(
    ("of", "state"),
    [
        (job("<p>Sign in.</p>"), PageState.SHORT),
        (replace(JOB, body=b"<html><body></body></html>"), PageState.EMPTY),
        (job(""), PageState.LINKS),
        (replace(JOB, body=b"%PDF", content_type="application/pdf"), PageState.EMPTY),
        (job(head='<meta name="robots" content="noindex">'), PageState.RESERVED),
        (job(head='<link rel="canonical" href="https://other.example/bridge">'), PageState.ELSEWHERE),
        (job(head='<link rel="canonical" href="https://ministry.example/bridge">'), PageState.TAKEN),
        (
            job(f"<article><p>EMBARGOED UNTIL 1 DECEMBER 2099</p><p>{SUMMARY}</p>{MORE}</article>"),
            PageState.EMBARGOED,
        ),
        (job(f"<article><p>EMBARGOED UNTIL 1 MAY 2020</p><p>{SUMMARY}</p>{MORE}</article>"), PageState.TAKEN),
        (
            job(
                f"<article><p>EMBARGOED UNTIL 1 DECEMBER 2099</p><p>{SUMMARY}</p>{MORE}</article>",
                source=replace(JOB.source, embargo=Embargo.IGNORE),
            ),
            PageState.TAKEN,
        ),
        (job(ARTICLE.replace("/plan?", "https://pills.example/?"), source=QUARANTINED), PageState.FOREIGN),
        (job(source=QUARANTINED), PageState.TAKEN),
        (
            job(ARTICLE.replace("/plan?", "https://video.example/?"), source=QUARANTINED),
            PageState.TAKEN,
        ),
        (
            job(said=Item((), "Ferry sinks", text="A ferry sank off the coast in a storm on Sunday night.")),
            PageState.APART,
        ),
        (replace(JOB, body=b"<p>" * (TAGS_MAX + 1)), PageState.LARGE),
    ],
)
def test_what_a_page_says_of_itself_decides_with_its_text(of: PageJob, state: PageState) -> None:
    assert extracted(of).state is state


def test_a_disclaimer_of_another_publicwire_is_no_disclaimer_here() -> None:
    body = ARTICLE.replace("<h1>", '<div class="pw-disclaimer">Released by the harbour.</div><h1>')
    assert "pw-disclaimer" not in extracted(job(body)).content


@pytest.mark.parametrize(
    "fragment", ["<div>", "<b>x", "<table>", "<a href=x>", "<!--", "<svg>", "&amp;", "<p x=y "]
)
def test_a_hostile_page_ends_within_bounds(fragment: str) -> None:
    hostile = job(f"<article><p>{SUMMARY}</p>{fragment * 3_000}</article>")
    found = extracted(hostile)
    assert found.state is not PageState.TAKEN or SUMMARY in found.text


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        (b"", PageState.WAITS),
        (b"User-agent: *\nDisallow: /", PageState.ROBOTS),
        (b"User-agent: *\nDisallow: /\n\nUser-agent: publicwire\nAllow: /", PageState.WAITS),
        (b"User-agent: *\nDisallow: /*.pdf$\nDisallow: /admin", PageState.WAITS),
        (b"\xff\xfe\x00 not rules", PageState.WAITS),
    ],
)
def test_robots_txt_allows_or_forbids_an_address(rules: bytes, state: PageState) -> None:
    assert allowed(RobotsJob(rules, JOB.url, "publicwire")) == PageText(state)


def test_a_confined_worker_reads_pages_and_rules_and_is_killed_on_its_limit() -> None:
    stars = b"User-agent: *\nDisallow: /" + b"*a" * 60 + b"b$"

    async def main() -> None:
        workers = WorkerPool(1, extracts=True, cpu_seconds=3)
        try:
            assert await workers.extract(job()) == extracted(job())
            rules = RobotsJob(b"User-agent: *\nDisallow: /news", JOB.url, "publicwire")
            assert await workers.ask(rules) == PageText(PageState.ROBOTS)
            costly = RobotsJob(stars, "https://ministry.example/" + "a" * 2_000, "publicwire")
            try:
                assert (await workers.ask(costly)).state in PageState
            except WorkerError as error:
                assert error.cause is Cause.LIMIT
            assert (await workers.extract(job())).state is PageState.TAKEN
        finally:
            await workers.close()

    asyncio.run(main())


def test_a_confined_worker_reads_a_page_of_few_words() -> None:
    """trafilatura asks jusText about it, which reads its word lists at the first such page."""
    short = job("<p>Sign in.</p>")

    async def main() -> PageText:
        workers = WorkerPool(1, extracts=True)
        try:
            return await workers.extract(short)
        finally:
            await workers.close()

    assert asyncio.run(main()) == PageText(PageState.SHORT)


def test_the_extra_is_loaded_once() -> None:
    extraction.load()
    assert extraction.extractor() is extraction.extractor()


def test_the_house_style_is_applied_to_the_text_of_a_page() -> None:
    rules = HouseStyle(
        drop=("p.contact",),
        replace=(Replacement("harbour bridge", "harbour crossing"),),
        max_words=100,
        version=RULES_VERSION,
    )
    contact = '<p class="contact">Press contact of the ministry: call the desk at 0123 on any day.</p>'
    said = replace(JOB.said, url=JOB.url)
    page = job(
        ARTICLE.replace(MORE, contact + MORE), source=replace(JOB.source, house_style=rules), said=said
    )
    plain, found = extracted(job(ARTICLE.replace(MORE, contact + MORE))), extracted(page)
    assert "call the desk" in plain.text
    assert plain.styled == UNSTYLED
    assert found.state is PageState.TAKEN
    assert "call the desk" not in found.content + found.text + found.styled.content
    assert "harbour bridge" in found.text
    assert "harbour crossing" in found.styled.text
    assert (found.styled.rules, found.styled.is_cut) == (rules.digest, True)
    assert len(found.styled.text.split()) <= 100
    nothing = replace(rules, drop=("p.absent",))
    kept = extracted(job(ARTICLE, source=replace(JOB.source, house_style=nothing)))
    assert kept.text == extracted(job(ARTICLE)).text
