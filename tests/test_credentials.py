"""Credentials through the whole pipeline: accepted by origins, and in no file, output or log."""

import asyncio
import base64
import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.running import Service, Site, feed, given_a_site, item, json_of, until
from tests.server import NOT_FOUND, HttpServer, Request, Script, answer, http_server_in_thread, redirect

pytestmark = pytest.mark.usefixtures("engine")

PASSWORD, KEY, TOKEN = "marker-Zx91-password", "marker-Zx91-key", "marker-Zx91-token"
LOGIN = "Basic " + base64.b64encode(f"desk:{PASSWORD}".encode()).decode()
MARKERS = (b"marker-Zx91", LOGIN.removeprefix("Basic ").encode())
AUTH = ", auth: {user: desk, password: $PRESS_PASSWORD}, headers: {X-Api-Key: $PRESS_KEY}"


@pytest.fixture
def here(tmp_path: Path) -> Site:
    """A site whose environment holds the secrets."""
    secrets = {"PRESS_PASSWORD": PASSWORD, "PRESS_KEY": KEY, "PRESS_TOKEN": TOKEN}
    return dataclasses.replace(given_a_site(tmp_path), environment=secrets)


@pytest.fixture
def press() -> Iterator[HttpServer]:
    """An origin whose feeds need credentials."""
    with http_server_in_thread() as serving:
        hub = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{serving.url("/hub")}"/>'
        storm = answer(body=feed(hub, item("storm", "Storm warning")))
        serving.answers = {
            "/feed": protected("Authorization", LOGIN, storm),
            "/gone": protected("X-Api-Key", KEY, NOT_FOUND),
            "/hub": answer(status="202 Accepted"),
        }
        yield serving


def protected(name: str, value: str, permitted: bytes) -> Script:
    """Return a script that answers 401 to a request without this header field."""

    async def script(request: Request, writer: asyncio.StreamWriter) -> None:
        allowed = request.header(name) == value
        writer.write(permitted if allowed else answer(status="401 Unauthorized"))

    return script


def whole(request: Request) -> bytes:
    return request.head.encode() + request.body


def found_in(told: bytes) -> list[bytes]:
    return [marker for marker in MARKERS if marker in told]


def files(directory: Path) -> list[Path]:
    return [each for each in directory.rglob("*") if each.is_file()]


def given_sources(here: Site, press: HttpServer, other: HttpServer) -> None:
    """Configure a source that works, one that redirects elsewhere, one that is 404, one with a wrong token."""
    press.answers["/leads-away"] = protected("X-Api-Key", KEY, redirect(other.url("/feed")))
    other.answers = {"/feed": answer(body=feed(item("pilot", "New pilot boat")))}
    here.sources(
        {"fine": press.url("/feed"), "away": press.url("/leads-away"), "gone": press.url("/gone")}, AUTH
    )
    with here.config.open("a") as more:
        more.write(
            f"  - {{id: wrong, feed: '{press.url('/feed?as=other')}', auth: {{bearer: $PRESS_TOKEN}}}}\n"
        )


def test_secrets_open_feeds_and_are_found_nowhere_afterwards(here: Site, press: HttpServer) -> None:
    with http_server_in_thread() as other:
        given_sources(here, press, other)
        told = [here.run("check", "--live"), here.run("poll"), here.run("poll", "--json")]
        polled = {each["source"]: each["kind"] for each in json_of(told[2].stdout)}
        assert polled == {"fine": "unchanged", "away": "unchanged", "gone": "failed", "wrong": "failed"}
        listed = here.run("items", "--json")
        assert {each["title"] for each in json_of(listed.stdout)} == {"Storm warning", "New pilot boat"}
        with here.serving() as service:
            until(lambda: "/hub" in press.paths)
            told += [listed, *commands(here, json_of(listed.stdout)[0]["id"])]
            shown = pages(service)
            broken = here.config.read_text().replace("$PRESS_TOKEN", "$NOT_SET_HERE")
            here.config.write_text(broken)
            until(lambda: "names $NOT_SET_HERE, which is not set" in service.status())
            shown.append(service.status().encode())
            assert service.stop() == 0
        assert found_in(b"".join(map(whole, other.requests))) == []
    for said in told:
        assert found_in((said.stdout + said.stderr).encode()) == [], said.args
    for page in shown:
        assert found_in(page) == []
    assert here.run("backup", "all.db").returncode == 0
    kept = files(here.directory)
    assert {"log", "all.db", "index.html"} <= {each.name for each in kept}
    assert [each for each in kept if found_in(each.read_bytes())] == []
    for request in press.requests:
        assert bool(found_in(whole(request))) != (request.path == "/hub"), request


def commands(here: Site, item: str) -> list[subprocess.CompletedProcess[str]]:
    """Run every command with output."""
    return [
        here.run(*arguments)
        for arguments in (
            ("check",),
            ("sources",),
            ("sources", "--json"),
            ("items",),
            ("show", item),
            ("show", item, "--json"),
            ("show", item, "--text"),
            ("poll", "gone", "--json"),
            ("withdraw", item, "--reason", "a test"),
            ("export", "public"),
            ("backup", "copy.db"),
        )
    ]


def pages(service: Service) -> list[bytes]:
    """Return the responses of the service."""
    public = (
        "/",
        "/feed.rss",
        "/feed.atom",
        "/feed.json",
        "/sources/fine",
        "/sources/fine/feed.atom",
        "/healthz",
    )
    admin = ("/status", "/metrics", "/readyz")
    asked = [service.public + path for path in public] + [service.admin + path for path in admin]
    answers = [httpx.get(url) for url in asked]
    assert {answer.status_code for answer in answers} == {200}
    return [str(answer.headers).encode() + answer.content for answer in answers]


def test_credentials_that_an_edit_brings_are_taken_up(here: Site, press: HttpServer) -> None:
    here.sources({"fine": press.url("/feed")}, ", every: 1m")
    with here.serving() as service:
        until(lambda: "401" in service.status())
        assert service.titles() == []
        here.sources({"fine": press.url("/feed")}, AUTH)
        until(lambda: polls_well(here))
        until(lambda: service.titles() == ["Storm warning"])


def polls_well(here: Site) -> bool:
    """Return whether a poll by the running service was authorised."""
    return here.run("poll", "fine").returncode == 0


def test_commands_that_poll_refuse_to_start_without_their_variables(here: Site, press: HttpServer) -> None:
    here.sources({"fine": press.url("/feed")}, AUTH)
    column = here.config.read_text().splitlines()[-1].index("password:") + 1
    for command in ("check", "poll", "serve"):
        said = dataclasses.replace(here, environment={"PRESS_KEY": KEY}).run(command)
        assert said.returncode == 2
        assert f":8:{column}: sources.0.auth.password: names $PRESS_PASSWORD, which is not set" in said.stderr
    assert not here.store.exists()


def test_commands_that_do_not_poll_need_no_variables(here: Site, press: HttpServer) -> None:
    """A release has to be withdrawn at once, from whatever shell."""
    here.sources({"fine": press.url("/feed")}, AUTH)
    assert here.run("poll").returncode == 0
    bare = dataclasses.replace(here, environment={})
    (listed,) = json_of(bare.run("items", "--json").stdout)
    for arguments in (("sources",), ("withdraw", listed["id"], "--reason", "a test"), ("export", "public")):
        assert bare.run(*arguments).returncode == 0
