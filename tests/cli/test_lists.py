"""`import-opml`, `import-venus` and `export-opml`."""

from pathlib import Path

import pytest

from aggregator.config import parse
from aggregator.parse import opml
from tests.cli.conftest import Command
from tests.running import Site

pytestmark = pytest.mark.one_engine("lists are read and written beside the store")

OPML = """<opml version="2.0"><body>
<outline text="Health">
<outline text="Clinic" xmlUrl="https://clinic.example/feed?key=secret"/>
<outline text="Passwords" xmlUrl="file:///etc/passwd"/>
</outline>
<outline text="Intranet" xmlUrl="http://10.0.0.7/feed"/>
<outline text="Again" xmlUrl="http://clinic.example/feed?key=secret"/>
</body></opml>
"""


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    (tmp_path / "list.opml").write_text(OPML)
    return tmp_path / "list.opml"


def test_an_opml_file_is_imported_after_a_preview(here: Site, command: Command, listed: Path) -> None:
    said = command("import-opml", str(listed), "--yes")
    assert said.code == 0
    assert f"{listed}:4: Passwords is left out: a file: source is only ever" in said.out
    assert f"{listed}:7: Again is left out: the same feed as line 3" in said.out
    assert "2 sources to add, 2 left out" in said.out
    assert "secret" not in said.out + said.err
    assert said.complaints == [
        "publicwire: warning: http://10.0.0.7/feed is a private address: a source there needs `allow_networks`; "
        "import with --allow-network CIDR"
    ]
    _, clinic, intranet = parse(here.config.read_text(), here.config).sources
    assert (clinic.organisation, clinic.topics, clinic.republish) == ("Clinic", ("health",), "excerpt")
    assert intranet.feed == "http://10.0.0.7/feed"


def test_nothing_is_written_unless_it_is_confirmed(here: Site, command: Command, listed: Path) -> None:
    before = here.config.read_text()
    said = command("import-opml", str(listed))
    assert (said.code, said.complaints[-1].startswith("publicwire: stdin is no terminal: give --yes")) == (
        2,
        True,
    )
    assert "2 sources to add" in said.out
    assert here.config.read_text() == before


def test_a_list_without_anything_new_changes_nothing(here: Site, command: Command, listed: Path) -> None:
    command("import-opml", str(listed), "--yes")
    before = here.config.read_text()
    said = command("import-opml", str(listed))
    assert (said.code, here.config.read_text()) == (0, before)
    assert said.out.endswith("0 sources to add, 4 left out\n")


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"<html/>", (), "list.opml is no OPML: its root is <html>"),
        (b"x" * 10_000_001, (), "list.opml is longer than 10,000,000 bytes"),
        (
            b"<opml/>",
            ("--rights", "all"),
            "--rights `all` is unknown; use one of: full, excerpt, headline, no",
        ),
    ],
)
def test_what_cannot_be_imported_is_one_line(
    command: Command, listed: Path, content: bytes, options: tuple[str, ...], message: str
) -> None:
    listed.write_bytes(content)
    said = command("import-opml", str(listed), *options)
    assert (said.code, len(said.complaints)) == (2, 1)
    assert said.complaints[0].endswith(message)


def test_a_missing_list_is_one_line(command: Command, tmp_path: Path) -> None:
    said = command("import-opml", str(tmp_path / "none.opml"))
    assert (said.code, len(said.complaints)) == (1, 1)


def test_a_planet_is_imported_with_its_filters(here: Site, command: Command, tmp_path: Path) -> None:
    ini = tmp_path / "config.ini"
    ini.write_text("[Planet]\nname = P\n[https://a.example/feed]\nname = A\nfilter = sea\nfilters = x.py\n")
    said = command("import-venus", str(ini), "--rights", "headline", "--yes")
    assert f"{ini}:3: https://a.example/feed: filter x.py is not taken: it runs a program" in said.out
    assert "publication.name: P" in said.out
    source = parse(here.config.read_text(), here.config).sources[-1]
    assert (source.organisation, source.republish, len(source.only)) == ("A", "headline", 2)


def test_a_planet_that_is_not_utf8_is_one_line(command: Command, tmp_path: Path) -> None:
    ini = tmp_path / "config.ini"
    ini.write_bytes(b"[https://a.example/feed]\nname = \xe9\n")
    assert command("import-venus", str(ini)).complaints == [
        "publicwire: the file is not UTF-8; save it as UTF-8"
    ]


def test_an_export_is_imported_as_it_was(here: Site, command: Command, listed: Path) -> None:
    command("import-opml", str(listed), "--yes")
    said = command("export-opml")
    assert said.complaints == ["publicwire: left out, as they are files of this machine: harbour"]
    feeds = opml.read(said.out.encode()).feeds
    assert [(each.address, each.name, each.labels) for each in feeds] == [
        ("https://clinic.example/feed?key=secret", "Clinic", ("health",)),
        ("http://10.0.0.7/feed", "Intranet", ()),
    ]
