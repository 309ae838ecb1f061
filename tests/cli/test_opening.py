"""Operators' verbs beside a sources.yaml with mistakes, and with --store."""

import json
from pathlib import Path

import pytest

from aggregator import cli
from tests.cli.conftest import Command
from tests.running import Site

STORM = "https://harbour.example/storm"


@pytest.fixture
def mistyped(here: Site, polled: Command) -> Command:
    """A function that runs a command after an edit with a mistake, on a store of before."""
    here.config.write_text(here.config.read_text().replace("organisation:", "organization:"))
    return polled


def test_a_mistake_in_a_source_stops_no_verb(here: Site, mistyped: Command) -> None:
    copy = here.directory / "copy.db"
    for arguments in (
        ("withdraw", STORM, "--reason", "a test"),
        ("reinstate", STORM, "--reason", "a test"),
        ("release", STORM, "--version", "1", "--reason", "a test"),
        ("hold", STORM, "--reason", "a test"),
        ("backup", str(copy)),
        ("restore", str(copy)),
    ):
        said = mistyped(*arguments)
        assert (said.code, said.err) == (0, "")


def test_a_mistake_stops_what_reads_the_sources(mistyped: Command) -> None:
    assert [mistyped(verb).code for verb in ("check", "poll")] == [2, 2]


@pytest.mark.parametrize("arguments", [("items",), ("show", STORM), ("sources",)])
def test_what_is_shown_is_of_the_configuration_last_applied_and_says_so(
    mistyped: Command, arguments: tuple[str, ...]
) -> None:
    said = mistyped(*arguments)
    assert said.code == 0
    (warning,) = said.complaints
    assert "sources.yaml" in warning
    assert "unknown key" in warning
    assert warning.endswith("shown with the configuration last applied")


def test_the_disclaimer_shown_is_the_one_last_applied(here: Site, command: Command) -> None:
    here.sources({"harbour": "file:press.xml"}, ", disclaimer: 'Of {{ organisation }}, for the record.'")
    command("poll")
    here.config.write_text(here.config.read_text().replace("for the record", "{{ mistake }}"))
    said = command("show", STORM, "--text")
    assert said.code == 0
    assert "Of Harbour Office, for the record." in said.out


def test_a_store_that_no_configuration_was_applied_to_needs_a_valid_one(here: Site, command: Command) -> None:
    here.config.write_text(here.config.read_text().replace("organisation:", "organization:"))
    said = command("items")
    assert said.code == 2
    assert "unknown key" in said.err


@pytest.mark.one_engine("--store names the directory of a SQLite file")
def test_without_readable_yaml_the_option_names_the_store(here: Site, polled: Command) -> None:
    here.config.write_text("sources: [\n")
    verb, store = ("withdraw", STORM, "--reason", "a test"), ("--store", str(here.store))
    said = polled(*verb)
    assert said.code == 2
    assert said.complaints[-1].endswith("name it with --store DIR")
    assert polled(*verb, *store).code == 0
    states = {each["state"] for each in json.loads(polled("items", "--json", *store).out)}
    assert states == {"live", "withdrawn"}


def test_a_directory_without_a_store_is_the_users_mistake(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["items", "--store", str(tmp_path)]) == 2
    assert capfd.readouterr().err == f"publicwire: --store {tmp_path} holds no store\n"
    assert [*tmp_path.iterdir()] == []


def test_an_export_applies_rights_topics_and_names_of_the_file(here: Site, polled: Command) -> None:
    site = here.directory / "www"
    here.sources({"harbour": "file:press.xml"}, ", rights: {republish: headline}, topics: [air]")
    assert polled("export", str(site)).code == 0
    (one, _) = json.loads((site / "topics/air/feed.json").read_text())["items"]
    assert "Stay ashore" not in json.dumps(one)
    here.sources({"harbour": "file:press.xml"}, ", rights: {republish: no}")
    assert polled("export", str(site)).code == 0
    assert {each["title"] for each in json.loads((site / "feed.json").read_text())["items"]} == {"Withdrawn"}
    assert not [page for page in site.rglob("*.html") if "Storm" in page.read_text()]


def test_an_export_with_a_mistake_writes_nothing(here: Site, mistyped: Command) -> None:
    said = mistyped("export", str(here.directory / "www"))
    assert said.code == 2
    assert not (here.directory / "www").exists()
