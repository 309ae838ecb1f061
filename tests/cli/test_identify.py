"""`identify`, and the question in `sources`."""

import json

from aggregator import config as configuration
from aggregator.service.app import opened, utc_now
from tests.cli.conftest import Command
from tests.running import Site


def test_sources_asks_which_source_it_is_and_identify_answers(here: Site, command: Command) -> None:
    for feed, organisation in (("https://old.example/", "Harbour Office"), ("https://new.example/", "Port")):
        here.sources({"harbour": feed})
        written = here.config.read_text(encoding="utf-8")
        here.config.write_text(written.replace("Harbour Office", organisation), encoding="utf-8")
        with opened(config := configuration.load(here.config)) as storage:
            storage.admin.sync(config, utc_now())
    (source,) = json.loads(command("sources", "--json").out)
    assert "publicwire identify harbour --new" in source["question"]
    assert "publicwireidentifyharbour--sameharbour" in "".join(command("sources").out.split())
    assert command("identify", "harbour").code == 2
    assert command("identify", "harbour", "--new", "--same", "harbour").code == 2
    said = command("identify", "harbour", "--same", "harbour")
    assert (said.code, said.out) == (0, "harbour: moved to a new address\n")
    assert command("identify", "harbour", "--new").code == 2
