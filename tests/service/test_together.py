"""Several publications from one process: own stores and public sides, one admin side, shared rate limits."""

import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from aggregator.config.together import check_together
from aggregator.errors import UsageError
from aggregator.model.settings import Address, Config, PollSettings
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
    return replace(other, **changes)  # type: ignore[arg-type]  # fields by name


def test_the_admin_side_may_be_left_out_of_the_second_file() -> None:
    check_together([FIRST, second()])
    check_together([FIRST, second(admin=Config.__dataclass_fields__["admin"].default)])


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
    ],
)
def test_what_two_publications_share_by_mistake_is_named(other: Config, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_together([FIRST, other])
    assert str(caught.value).startswith(sentence)


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
        assert 'href="/health-releases/status"' in index.text
        assert 'href="/science-releases/status"' in index.text
        assert "health" in httpx.get(f"{admin}/health-releases/status", timeout=10).text
        assert "science" in httpx.get(f"{admin}/science-releases/status", timeout=10).text
        until(lambda: httpx.get(f"{admin}/readyz", timeout=10).status_code == 200)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()


def test_other_commands_take_one_file(tmp_path: Path, engine: str) -> None:
    site = given_a_site(tmp_path, {"harbour": "file:feed.xml"})
    done = site.run("--config", "a.yaml", "--config", "b.yaml", "sources")
    assert (done.returncode, "only `serve` takes several configuration files" in done.stderr) == (2, True)
