"""Hostile feeds in a real Chromium with Content-Security-Policy switched off: no script is compiled, no dialog
opens, and third parties are requested for images only.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from html import escape
from pathlib import Path

import pytest

from aggregator.model.release import Release
from aggregator.render import body
from tests.browser.chromium import Chromium, Message, chromium
from tests.given import NOON
from tests.hostile.documents import FIELDS, FORMATS, document
from tests.hostile.payloads import OURS, RUN, every
from tests.line.line import Line, plain
from tests.running import given_a_site, json_of
from tests.server import HttpServer, answer, http_server_in_thread

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.one_engine("both engines serve the same bytes: tests/matrix"),
    pytest.mark.usefixtures("engine"),
]

A_PAGE = 60  # releases on one page of a reader
BAD = ("Debugger.scriptParsed", "Runtime.exceptionThrown", "Page.javascriptDialogOpening", "Page.windowOpen")
# The script and the forms of our own frame: outside all that a release brings.
OUR_SCRIPTS = ("/static/copy.js?", "/static/refresh.js?")
LIVE = """(() => {
    const wrong = [];
    const ours = (each) => !each.closest("article") && (each.matches("head > script[src*='/static/copy.js?']")
        || each.matches("head > script[src*='/static/refresh.js?']")
        || each.closest("#subscribe, form.search"));
    if (window.__ran) wrong.push("a script ran");
    for (const each of document.querySelectorAll("*")) {
        for (const one of each.attributes)
            if (/^on|^style$|^srcdoc$/i.test(one.name) || /^\\s*(javascript|vbscript|data):/i.test(one.value)
                && ["href", "src", "action", "formaction", "poster"].includes(one.name))
                wrong.push(each.tagName + " " + one.name + "=" + one.value);
        if (/^(script|iframe|object|embed|form|input|button|base|template|style)$/i.test(each.tagName)
            && !ours(each)) wrong.push(each.tagName);
    }
    return wrong.join("\\n");
})()"""
DISCLAIMERS = """[...document.querySelectorAll(".pw-disclaimer")].filter((each) =>
    each.textContent.trim() && each.getClientRects().length && getComputedStyle(each).visibility == "visible"
).length"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    alone = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
    with chromium(tmp_path_factory.mktemp("profile"), alone) as running:
        running.ask("Debugger.enable")
        running.ask("Page.setBypassCSP", enabled=True)
        yield running


@pytest.fixture(scope="module")
def reader() -> Iterator[HttpServer]:
    """A server for pages as shown by a feed reader without any policy."""
    with http_server_in_thread() as serving:
        yield serving


def wrongs(browser: Chromium, url: str) -> list[str]:
    """Return forbidden events, requests and elements of a page."""
    browser.opens(url, 1280)
    home = "/".join(url.split("/")[:3])
    bad = [event for event in browser.events if event.get("method") in BAD]
    wrong = [
        str(event)[:300] for event in bad if not any(f"{home}{each}" in str(event) for each in OUR_SCRIPTS)
    ]
    for event in browser.events:
        if event.get("method") == "Network.requestWillBeSent":
            asked, kind = _request(event)
            if not asked.startswith((home, "data:")) and kind not in ("Image", "Media"):
                wrong.append(f"asked for {kind} {asked}")
    browser.events.clear()
    live = str(browser.value(LIVE))
    return [*wrong, *live.splitlines()]


def _request(event: Message) -> tuple[str, str]:
    parameters = event["params"]
    assert isinstance(parameters, dict)
    return str(parameters["request"]["url"]), str(parameters.get("type"))


def as_reader_shows(releases: Sequence[Release]) -> bytes:
    """Return a page of releases as readers show them, text escaped and HTML as it is."""
    shown = [
        f'<article><h2><a href="{escape(one.url)}">{escape(one.title)}</a></h2><p>{escape(", ".join(one.authors))}</p>'
        f"{body.html(one)}{''.join(f'<img src={chr(34)}{escape(each.url)}{chr(34)}>' for each in one.images)}"
        f"{''.join(f'<a href={chr(34)}{escape(each.url)}{chr(34)}>file</a>' for each in one.enclosures)}</article>"
        for one in releases
    ]
    return f"<!doctype html><html><meta charset=utf-8><title>Reader</title>{''.join(shown)}</html>".encode()


@pytest.mark.parametrize(
    "bad", [OURS[0], f"<img src=data:, onerror={RUN}>", "<script src=https://evil.example/></script>"]
)
def test_the_hook_detects_a_script_that_ran(browser: Chromium, reader: HttpServer, bad: str) -> None:
    reader.answers["/bad"] = answer(body=f"<!doctype html><title>Bad</title>{bad}".encode())
    assert wrongs(browser, reader.url("/bad"))


@pytest.mark.needs("corpus")
@pytest.mark.parametrize("form", FORMATS)
def test_no_payload_acts_in_a_reader_that_shows_our_feeds(
    browser: Chromium, reader: HttpServer, form: str, tmp_path: Path
) -> None:
    source = plain("origin")
    with Line(tmp_path, source, now=NOON) as line:
        line.reads(source, document(form, FIELDS[form], every()), NOON + timedelta(minutes=1))
        public = [line.publisher.public(stored) for stored in line.items()]
    shown = [each for each in public if isinstance(each, Release)]
    assert len(shown) > 400
    for start in range(0, len(shown), A_PAGE):
        part = shown[start : start + A_PAGE]
        reader.answers["/wall"] = answer(body=as_reader_shows(part))
        assert wrongs(browser, reader.url("/wall")) == []
        leads = sum(bool(one.lead) for one in part)
        assert browser.value(DISCLAIMERS) == len(part) + leads  # each where it can be seen


@pytest.fixture(scope="module")
def service(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, list[str]]]:
    """A running service that has polled every payload: its addresses and the paths of all pages."""
    here = given_a_site(tmp_path_factory.mktemp("site"))
    with http_server_in_thread() as serving:
        for form in FORMATS:
            serving.answers[f"/{form}"] = answer(body=document(form, FIELDS[form], every()))
            head = [field for field in FIELDS[form] if field.startswith("feed ")]
            serving.answers[f"/{form}-head"] = answer(body=document(form, head, [OURS[0]]))
        serving.answers["/broken"] = answer(body=f"<{OURS[1]}".encode())
        here.sources({path[1:]: serving.url(path) for path in serving.answers}, ", embargo: ignore")
        here.config.write_text(here.config.read_text().replace("organisation: Harbour Office, ", ""))
        here.run("poll")
        with here.serving() as running:
            items = json_of(here.run("items", "--json", "--limit", "5000").stdout)
            paths = [f"/items/{one['id']}" for one in items if one["state"] == "live"]
            yield running.public, running.admin, paths


def pages_act(browser: Chromium, address: str, paths: Sequence[str]) -> list[str]:
    found = []
    for path in paths:
        found += [f"{path}: {wrong}" for wrong in wrongs(browser, address + path)]
        assert "/items/" not in path or browser.value(DISCLAIMERS) == 1, path
    return found


@pytest.mark.needs("corpus")
def test_no_payload_acts_in_our_pages(browser: Chromium, service: tuple[str, str, list[str]]) -> None:
    public, admin, items = service
    channels = ["/", *(f"/sources/{name}{end}" for name in FORMATS for end in ("", "-head"))]
    assert pages_act(browser, public, channels) == []
    assert pages_act(browser, public, [*items[::40], f"{items[0]}/history"]) == []
    assert pages_act(browser, admin, ["/status"]) == []


@pytest.mark.soak
@pytest.mark.needs("corpus")
def test_no_payload_acts_in_any_of_our_pages(browser: Chromium, service: tuple[str, str, list[str]]) -> None:
    public, _, items = service
    assert len(items) > 1000
    assert pages_act(browser, public, items) == []
