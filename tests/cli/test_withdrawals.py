"""`withdrawals`, and tombstones carried out by `poll` and by a running service."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import Command
from tests.cli.test_verbs import typed
from tests.given import iso
from tests.running import Site, feed, item, json_of, until

NAMES = ("one", "two", "three", "four")
ALL = [item(name, name.title()) for name in NAMES]


def without(*names: str, comment: str = "") -> bytes:
    """A document of the other items, with a tombstone of each of these."""
    when = iso(datetime.now(UTC) - timedelta(minutes=1))
    tombstones = [
        f'<at:deleted-entry ref="https://harbour.example/{name}" when="{when}">'
        f"<at:comment>{comment}</at:comment></at:deleted-entry>"
        for name in names
    ]
    left = [item(name, name.title()) for name in NAMES if name not in names]
    document = feed(*tombstones, *left).decode()
    return document.replace("<rss ", '<rss xmlns:at="http://purl.org/atompub/tombstones/1.0" ').encode()


def states(command: Command) -> dict[str, str]:
    return {each["title"]: each["state"] for each in json_of(command("items", "--json").out)}


@pytest.fixture
def suspended(here: Site, command: Command) -> Command:
    """A feed that would withdraw three of four items."""
    (here.directory / "press.xml").write_bytes(feed(*ALL))
    command("poll")
    (here.directory / "press.xml").write_bytes(without("one", "two", "three", comment="sent by mistake"))
    command("poll")
    return command


def test_a_tombstone_is_carried_out_by_poll(here: Site, command: Command) -> None:
    (here.directory / "press.xml").write_bytes(feed(*ALL))
    command("poll")
    (here.directory / "press.xml").write_bytes(without("one", comment="sent by mistake"))
    command("poll")
    assert states(command) == {"One": "withdrawn", "Two": "live", "Three": "live", "Four": "live"}
    said = command("show", "https://harbour.example/one").out
    assert "deleted by its origin: sent by mistake" in said
    assert json_of(command("withdrawals", "--json").out) == []


def test_suspended_withdrawals_are_listed(suspended: Command) -> None:
    assert set(states(suspended).values()) == {"live"}
    said = suspended("withdrawals")
    assert (said.code, len(said.out.split("\n")) - 3) == (0, 3)
    assert "sent by mistake" in said.out.replace("\n", " ")
    found = json_of(suspended("withdrawals", "harbour", "--json").out)
    assert {(each["title"], each["trigger"], each["state"]) for each in found} == {
        (title, "tombstone", "live") for title in ("One", "Two", "Three")
    }
    assert found[0]["origin_says"] == "deleted by its origin: sent by mistake"
    assert "publicwirewithdrawalsharbour" in "".join(suspended("sources").out.split())


@pytest.mark.parametrize(
    ("option", "words", "state"),
    [
        ("--accept", "3 items of harbour withdrawn", "withdrawn"),
        ("--decline", "3 items of harbour stay as they are", "live"),
    ],
)
def test_the_operator_decides_on_all_of_a_source(
    suspended: Command, option: str, words: str, state: str
) -> None:
    said = suspended("withdrawals", "harbour", option, "--yes", "--reason", "looked at")
    assert (said.code, said.out.strip()) == (0, words)
    assert states(suspended) == {"One": state, "Two": state, "Three": state, "Four": "live"}
    suspended("poll")
    assert states(suspended)["One"] == state
    assert "withdrawals harbour" not in suspended("sources").out
    assert suspended("withdrawals", "harbour", option, "--yes").out.strip().startswith("0 items of harbour")


def test_a_decision_is_confirmed_on_the_terminal(suspended: Command) -> None:
    with typed("n"):
        said = suspended("withdrawals", "harbour", "--accept")
    assert (said.code, said.out) == (1, "Withdraw 3 items of harbour? [y/N] nothing was changed\n")
    assert set(states(suspended).values()) == {"live"}
    with typed("y"):
        assert suspended("withdrawals", "harbour", "--accept").code == 0
    assert states(suspended)["One"] == "withdrawn"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pier",), "there is no source called 'pier'"),
        (("--accept",), "name a source"),
        (("harbour", "--accept", "--decline"), "not both"),
    ],
)
def test_a_mistake_is_named(polled: Command, arguments: tuple[str, ...], words: str) -> None:
    said = polled("withdrawals", *arguments)
    assert (said.code, words in said.err) == (2, True)


def test_a_running_service_carries_out_a_tombstone(here: Site) -> None:
    (here.directory / "press.xml").write_bytes(feed(*ALL))
    with here.serving() as service:
        until(lambda: "One" in service.titles())
        (here.directory / "press.xml").write_bytes(without("one"))
        here.run("poll", "harbour")
        until(lambda: "One" not in service.titles())
        assert "Two" in service.titles()
        until(lambda: "deleted by its origin" in service.log.read_text())
