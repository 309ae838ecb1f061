"""Several publications from one process: own stores and public sides, one admin side, shared rate limits."""

import re
import signal
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from msgspec.structs import replace

from aggregator.config.together import Place, check_together, places
from aggregator.errors import UsageError
from aggregator.model.settings import ADMIN, Address, Config, PollSettings
from aggregator.service.clients import shared_hosts
from aggregator.service.systemd import ALIVE, READY, Together
from tests.given import MINUTE, config
from tests.running import Site, feed, given_a_site, item, until

FIRST = replace(
    config(store=Path("/a")),
    path=Path("/a.yaml"),
    listen=Address("127.0.0.1", 8000),
    admin=Address("127.0.0.1", 9000),
)


def second(**changes: object) -> Config:
    other = replace(
        FIRST,
        path=Path("/b.yaml"),
        store=Path("/b"),
        listen=Address("127.0.0.1", 8002),
        publication=replace(FIRST.publication, name="Science Releases"),
    )
    return replace(other, **changes)  # fields by name


def test_the_admin_side_may_be_left_out_of_the_second_file() -> None:
    check_together([FIRST, second()])
    check_together([FIRST, second(admin=ADMIN)])


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (second(listen=FIRST.listen), "/b.yaml: listen: 127.0.0.1:8000 is that of /a.yaml"),
        (second(store=FIRST.store), "/b.yaml: store: /a is that of /a.yaml"),
        (second(publication=FIRST.publication), "/b.yaml: publication.name is that of /a.yaml"),
        (
            second(admin=Address("127.0.0.1", 9001)),
            "/b.yaml: admin: 127.0.0.1:9001 differs from 127.0.0.1:9000",
        ),
        (second(listen=FIRST.admin), "/b.yaml: listen is the admin side of /a.yaml"),
        (
            second(admin_url="https://desk.example"),
            "/b.yaml: admin_url: https://desk.example differs from http://127.0.0.1:8001 in /a.yaml",
        ),
    ],
)
def test_what_two_publications_share_by_mistake_is_named(other: Config, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_together([FIRST, other])
    assert str(caught.value).startswith(sentence)


def test_each_publication_has_a_place_on_the_admin_side() -> None:
    first = replace(FIRST, admin_url="https://desk.example/news")
    assert places([first]) == (Place(),)
    assert places([first])[0].put(first) == first
    one, other = places([first, second()])
    assert (one.path, other.path) == ("example-releases", "science-releases")
    assert other.put(second()).admin_url == "https://desk.example/news/science-releases"


def test_a_name_without_letters_of_ascii_or_that_is_taken_gives_a_number() -> None:
    names = ("新闻发布", "Static", "Science Releases")
    configs = [replace(FIRST, publication=replace(FIRST.publication, name=name)) for name in names]
    assert [each.path for each in places(configs)] == ["publication-1", "publication-2", "science-releases"]
    stores = (
        replace(each, path=Path(f"/{n}"), store=Path(f"/{n}"), listen=replace(FIRST.listen, port=8010 + n))
        for n, each in enumerate(configs)
    )
    check_together([*stores])


def test_hosts_keep_the_strictest_limits_of_all() -> None:
    patient = second(poll=PollSettings(per_host=1, concurrency=8, host_gap=MINUTE))
    hosts = shared_hosts([FIRST, patient])
    assert hosts is not None
    assert (hosts.per_host, hosts.in_all, hosts.gap) == (1, FIRST.poll.concurrency, 60.0)
    assert shared_hosts([FIRST]) is None


def test_systemd_is_notified_once_all_are_ready_and_alive() -> None:
    sent: list[str] = []
    together = Together(2, sent.append)
    one, other = together.of(), together.of()
    for notify, state in [(one, READY), (one, ALIVE), (other, READY), (one, ALIVE), (other, ALIVE)]:
        notify(state)
    assert sent == [READY, ALIVE]


def given_two(directory: Path) -> tuple[Site, Site]:
    """Two sites, each with a source of its own; the admin side is that of the first."""
    sites = []
    for name in ("Health", "Science"):
        (directory / name).mkdir()
        site = given_a_site(directory / name)
        (site.directory / "feed.xml").write_bytes(feed(item("one", f"{name} has a release")))
        site.sources({name.lower(): "file:feed.xml"})
        site.config.write_text(site.config.read_text().replace("Example Releases", f"{name} Releases"))
        sites.append(site)
    first, other = sites
    other.config.write_text(other.config.read_text().replace(f"admin: 127.0.0.1:{other.admin}\n", ""))
    return first, other


def titles(site: Site) -> list[str]:
    with suppress(httpx.TransportError):
        shown = httpx.get(f"http://127.0.0.1:{site.public}/feed.json", timeout=10).json()
        return [each["title"] for each in shown["items"]]
    return []


def test_one_process_serves_two_publications(tmp_path: Path, engine: str) -> None:
    first, other = given_two(tmp_path)
    process = first.start("--config", str(first.config), "--config", str(other.config), "serve")
    try:
        until(
            lambda: titles(first) == ["Health has a release"] and titles(other) == ["Science has a release"]
        )
        admin = f"http://127.0.0.1:{first.admin}"
        index = httpx.get(admin, timeout=10)
        assert 'href="/health-releases/"' in index.text
        assert 'href="/science-releases/"' in index.text
        assert "health" in httpx.get(f"{admin}/health-releases/status", timeout=10).text
        assert "science" in httpx.get(f"{admin}/science-releases/status", timeout=10).text
        until(lambda: httpx.get(f"{admin}/readyz", timeout=10).status_code == 200)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()


PHRASE = "a long enough phrase"


def given_a_desk(site: Site) -> None:
    """A user, and a source whose releases wait for approval, on an admin side under a path of its own."""
    hashed = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PHRASE)
    text = site.config.read_text().replace("organisation: Harbour", "publish: review, organisation: Harbour")
    site.config.write_text(f"users: [{{name: Ana, role: editor, password: '{hashed}'}}]\n{text}")


def sent(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Send a form with the CSRF token of the page at a path, as a browser does."""
    found = re.search(r'name="form" value="(\w+)"', client.get(path).text)
    origin = {"Origin": f"{client.base_url.scheme}://{client.base_url.netloc.decode()}"}
    return client.post(path, data={**fields, "form": found[1] if found else ""}, headers=origin)


def test_each_publication_has_log_ins_and_decisions_of_its_own(tmp_path: Path, engine: str) -> None:
    first, other = given_two(tmp_path)
    for site in (first, other):
        given_a_desk(site)
    first.config.write_text(f"admin_url: http://127.0.0.1:{first.admin}/news\n{first.config.read_text()}")
    process = first.start("--config", str(first.config), "--config", str(other.config), "serve")
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{first.admin}", timeout=10) as client:
            until(lambda: is_listed(client, "/news/science-releases/status", 'data-label="Held">1<'))
            assert {client.get(path).status_code for path in ("/news", "/news/", "/")} == {200}
            assert client.get("/news/science-releases").headers["location"] == "/news/science-releases/"
            for place in ("/news/health-releases", "/news/science-releases"):
                assert client.get(f"{place}/desk").headers["location"] == f"{place}/login"
                answer = sent(client, f"{place}/login", name="Ana", password=PHRASE)
                assert (answer.status_code, answer.headers["location"]) == (303, f"{place}/desk")
            for place, headline in (("health", "Health has a release"), ("science", "Science has a release")):
                page = client.get(f"/news/{place}-releases/desk")  # one log-in has not ended the other
                assert (page.status_code, headline in page.text) == (200, True)
            addresses = set(re.findall(r'(?:href|action|src)="(/[^"]*)"', page.text))
            assert {each for each in addresses if not each.startswith("/news/science-releases/")} == {
                "/news/"
            }
            assert {client.get(each).status_code for each in addresses if "/static/" in each} == {200}
            (item_page,) = {each for each in addresses if "/desk/items/" in each}
            answer = sent(client, item_page, act="release", reason="read", version="1")
            assert (answer.status_code, answer.headers["location"]) == (303, f"{item_page}?done=release")
            until(lambda: titles(other) == ["Science has a release"])
            assert titles(first) == []
    finally:
        process.kill()
        process.wait()


def is_listed(client: httpx.Client, path: str, words: str) -> bool:
    with suppress(httpx.TransportError):
        return words in client.get(path).text
    return False


def test_other_commands_take_one_file(tmp_path: Path, engine: str) -> None:
    site = given_a_site(tmp_path, {"harbour": "file:feed.xml"})
    done = site.run("--config", "a.yaml", "--config", "b.yaml", "sources")
    assert (done.returncode, "only `serve` takes several configuration files" in done.stderr) == (2, True)
