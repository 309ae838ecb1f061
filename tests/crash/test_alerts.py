"""An alert is logged, posted and shown once, though the service is killed and the source fails on."""

import signal
from contextlib import closing
from pathlib import Path

import httpx

from aggregator.storage import open_storage
from tests.hook import Hook, hook
from tests.running import Service, Site, feed, item, origin, site, until

SECRET = "marker-Zx91"
GONE = 'publicwire_alerts{kind="gone"} '


def given_a_site(directory: Path, feed: str, hook: Hook) -> Site:
    here = site(directory)
    here.sources({"harbour": feed})
    with here.config.open("a", encoding="utf-8") as config:
        config.write(f"alerts: {hook.url(f'/{SECRET}?key={SECRET}')}\n")
    return here


def gauge(service: Service) -> str:
    lines = httpx.get(f"{service.admin}/metrics").text.splitlines()
    return next(line.removeprefix(GONE) for line in lines if line.startswith(GONE))


def is_posted(here: Site) -> bool:
    with closing(open_storage(here.store)) as storage:
        return bool(storage.tasks.alerts()) and not storage.tasks.unsent_alerts(1)


def test_an_alert_outlives_a_kill_and_is_told_once(tmp_path: Path) -> None:
    with origin() as harbour, hook() as told:
        harbour.gone = {"/feed"}
        here = given_a_site(tmp_path, harbour.url("/feed"), told)
        with here.serving() as service:
            until(lambda: told.messages and is_posted(here), seconds=30)
            service.stop(signal.SIGKILL)
        with here.serving() as service:
            assert "its origin says it is gone for good" in service.status()
            assert gauge(service) == "1.0"
            assert here.run("poll", "harbour").returncode == 1  # it is gone still
            assert is_posted(here)
            harbour.gone = set()
            harbour.documents = {"/feed": feed(item("storm", "Storm warning"))}
            assert here.run("poll", "harbour").returncode == 0
            assert "its origin says" not in service.status()
            assert gauge(service) == "0.0"
            until(lambda: 'event="alert over"' in service.log.read_text())
    first = told.messages[0]["alerts"]
    assert [(each["source"], each["kind"], each["state"]) for each in first] == [
        ("harbour", "gone", "raised")
    ]
    again = [each["id"] for message in told.messages for each in message["alerts"] if each in first]
    assert again == [first[0]["id"]]
    log = (tmp_path / "log").read_text()
    assert log.count("event=alert ") == log.count('event="alert over"') == 1
    assert SECRET not in log
