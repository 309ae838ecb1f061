"""A running service beside a hub: it subscribes by itself, hears, and tells nobody its callback."""

from pathlib import Path

import httpx

from tests.running import Site, site, until
from tests.websub.desk import atom
from tests.websub.hub import Hub, hub


def given_a_site(directory: Path, beside: Hub) -> Site:
    made = site(directory)
    beside.documents["/feed"] = ((), atom("one", hub=beside.url("/hub"), topic=beside.url("/feed")))
    made.sources({"ministry": beside.url("/feed")})
    return made


def test_a_running_service_subscribes_and_hears_its_hub(tmp_path: Path) -> None:
    with hub() as beside:
        here = given_a_site(tmp_path, beside)
        with here.serving() as service:
            (confirmed,) = until(lambda: beside.verifications)
            (form,) = beside.forms
            assert (confirmed.status_code, form["hub.callback"][: len(service.public)]) == (
                200,
                service.public,
            )
            assert beside.deliver(form, signature="").status_code == 202
            assert beside.deliver(form).status_code == 202
            until(lambda: 'event="delivery accepted" source=ministry' in service.log.read_text())
            assert httpx.get(form["hub.callback"]).status_code == 404
            token = form["hub.callback"].rpartition("/")[2]
            shown = [service.status(), service.get("/").text, here.run("sources", "--json").stdout]
            assert service.stop() == 0
        told = "".join([service.log.read_text(), *shown])
        assert "its signature is missing or wrong" in told
        assert token not in told
        assert form["hub.secret"] not in told


def test_a_service_that_is_told_not_to_asks_no_hub(tmp_path: Path) -> None:
    with hub() as beside:
        here = given_a_site(tmp_path, beside)
        here.sources({"ministry": beside.url("/feed")}, poll=", websub: false")
        with here.serving() as service:
            until(lambda: service.titles() == ["one"] or "one" in service.get("/").text)
            assert service.stop() == 0
        assert beside.forms == []
