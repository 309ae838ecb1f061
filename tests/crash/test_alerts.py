"""An alert is logged, posted and shown once, though the service is killed and the source fails on."""

import json
import signal
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.engines import open_storage
from tests.running import LOOPBACK, Service, Site, feed, given_a_site, item, until
from tests.server import GONE, answer, http_server_in_thread

pytestmark = pytest.mark.usefixtures("engine")

SECRET = "marker-Zx91"
HOOK = f"/{SECRET}?key={SECRET}"
GAUGE = 'publicwire_alerts{kind="gone"} '


def gauge(service: Service) -> str:
    lines = httpx.get(f"{service.admin}/metrics").text.splitlines()
    return next(line.removeprefix(GAUGE) for line in lines if line.startswith(GAUGE))


def is_posted(here: Site) -> bool:
    with closing(open_storage(here.store)) as storage:
        return bool(storage.tasks.alerts()) and not storage.tasks.unsent_alerts(1)


def test_an_alert_survives_a_kill_and_is_posted_once(tmp_path: Path) -> None:
    with (
        http_server_in_thread() as harbour,
        http_server_in_thread({HOOK: answer(status="204 No Content")}) as told,
    ):
        harbour.answers = {"/feed": GONE}
        here = given_a_site(tmp_path, {"harbour": harbour.url("/feed")})
        with here.config.open("a", encoding="utf-8") as config:
            config.write(f"alerts: {{url: '{told.url(HOOK)}', {LOOPBACK}}}\n")
        with here.serving() as service:
            until(lambda: told.requests and is_posted(here), seconds=30)
            service.stop(signal.SIGKILL)
        with here.serving() as service:
            assert "its origin answers 410 (gone)" in service.status()
            assert gauge(service) == "1.0"
            assert here.run("poll", "harbour").returncode == 1  # the origin is still gone
            assert is_posted(here)
            harbour.answers = {"/feed": answer(body=feed(item("storm", "Storm warning")))}
            assert here.run("poll", "harbour").returncode == 0
            assert "its origin says" not in service.status()
            assert gauge(service) == "0.0"
            until(lambda: 'event="alert over"' in service.log.read_text())
    posts = [json.loads(request.body)["alerts"] for request in told.requests]
    first = posts[0]
    assert [(each["source"], each["kind"], each["state"]) for each in first] == [
        ("harbour", "gone", "raised")
    ]
    again = [each["id"] for post in posts for each in post if each in first]
    assert again == [first[0]["id"]]
    log = (tmp_path / "log").read_text()
    assert log.count("event=alert ") == log.count('event="alert over"') == 1
    assert SECRET not in log
