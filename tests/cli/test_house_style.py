"""House styles on the command line, with documents read and items styled in confined workers."""

from tests.cli.conftest import Command
from tests.running import Site, feed, item, json_of

BODY = (
    "&lt;p&gt;HARBOUR TOWN, 3 March – The storm warning stands. Boats stay ashore.&lt;/p&gt;"
    "&lt;p class='media-contact'&gt;Call the press desk.&lt;/p&gt;&lt;p&gt;Moor your boats per cent by per cent.&lt;/p&gt;"
)
RULES = ", language: en, house_style: {{headline: title-case, drop: [p.media-contact], replace: [[per cent, '{}']], dateline: drop}}"


def storm(command: Command) -> str:
    """Return the id of the storm warning."""
    (found,) = json_of(command("items", "--search", "storm", "--json").out)
    return found["id"]


def given_a_style(here: Site, percent: str = "percent") -> None:
    (here.directory / "press.xml").write_bytes(feed(item("storm", "Storm warning of the harbour", BODY)))
    here.sources({"harbour": "file:press.xml"}, RULES.format(percent))


def test_show_prints_what_the_house_style_changes(here: Site, command: Command) -> None:
    given_a_style(here)
    assert command("poll").code == 0
    said = command("show", storm(command), "--diff")
    assert said.out.splitlines() == [
        "--- as its origin says it",
        "+++ in the house style",
        "@@ -1,4 +1,3 @@",
        "-Storm warning of the harbour",
        "-HARBOUR TOWN, 3 March – The storm warning stands. Boats stay ashore.",
        "-Call the press desk.",
        "-Moor your boats per cent by per cent.",
        "+Storm Warning of the Harbour",
        "+The storm warning stands. Boats stay ashore.",
        "+Moor your boats percent by percent.",
    ]


def test_all_that_is_shown_is_in_the_house_style_and_the_original_is_named(
    here: Site, command: Command
) -> None:
    given_a_style(here)
    command("poll")
    (listed,) = json_of(command("items", "--json").out)
    assert listed["title"] == "Storm Warning of the Harbour"
    assert "origin title  Storm warning of the harbour" in command("show", storm(command)).out
    text = command("show", storm(command), "--text").out
    assert text.startswith("Storm Warning of the Harbour\n") and "press desk" not in text
    assert json_of(command("items", "--search", "percent", "--json").out) == [listed]
    assert json_of(command("items", "--search", "press desk", "--json").out) == []


def test_a_change_of_the_rules_styles_stored_items_anew(here: Site, command: Command) -> None:
    given_a_style(here)
    command("poll")
    given_a_style(here, "%")
    (here.directory / "press.xml").write_bytes(feed(item("calm", "Calm")))  # it has left the feed
    assert command("poll").code == 0
    text = command("show", storm(command), "--text").out
    assert "Moor your boats % by %." in text
    assert "press desk" not in text  # what the selectors had left is kept
    assert '"revisions": []' in command("show", storm(command), "--json").out


def test_an_item_without_a_house_style_says_so(polled: Command) -> None:
    name = storm(polled)
    assert polled("show", name, "--diff").out == f"{name}: it has no house style\n"


def test_rules_that_change_nothing_say_so(here: Site, command: Command) -> None:
    here.sources({"harbour": "file:press.xml"}, ", house_style: {replace: [[nowhere, here]]}")
    command("poll")
    name = storm(command)
    assert command("show", name, "--diff").out == f"{name}: the house style changes nothing of it\n"
    assert "house style" not in command("check", "--live").out


def test_check_shows_a_sample_of_each_house_style(here: Site, command: Command) -> None:
    given_a_style(here)
    said = command("check", "--live")
    assert said.code == 0
    assert "house style of harbour, for example:\n--- as its origin says it\n" in said.out
    assert "+Storm Warning of the Harbour\n" in said.out


def test_a_long_sample_is_cut(here: Site, command: Command) -> None:
    lines = "".join(f"&lt;p&gt;Line {number} per cent.&lt;/p&gt;" for number in range(50))
    (here.directory / "press.xml").write_bytes(feed(item("storm", "Storm", lines)))
    here.sources({"harbour": "file:press.xml"}, RULES.format("percent"))
    said = command("check", "--live").out.splitlines()
    assert said[-1] == "…"
    assert len(said) < 60
