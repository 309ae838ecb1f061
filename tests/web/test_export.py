"""Static export of the public side."""

import os
import posixpath
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import UsageError
from aggregator.model.decision import State
from aggregator.model.settings import Republish, Text
from aggregator.publish.publisher import Publisher
from aggregator.web.export import Exported, export
from aggregator.web.file_set import MANIFEST
from tests.web.newsroom import MINISTRY, NOON, OBSERVATORY, Newsroom, item, newsroom, publication

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path / "store")
    made.publishes(item("First"), item("Second"))
    return made


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "www" / "site"


def exported(room: Newsroom, site: Path) -> Exported:
    return export(site, room.publisher, room.storage, now=lambda: NOON)


def files(site: Path) -> dict[str, bytes]:
    """Return the files of a set but for its manifest, which has their times."""
    found = (path for path in site.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in found}


def texts(page: bytes) -> str:
    """Return a page without its links and policy, which are relative in an export, and without the search, which
    an export has not."""
    page = re.sub(b'<form class="search".*?</form>', b"", page, flags=re.DOTALL)
    return re.sub(r'(href|content|src)="[^"]*"', "", page.decode())


def test_every_address_of_the_public_side_is_a_file(room: Newsroom, site: Path) -> None:
    room.corrects("First", item("First", content="<p>New.</p>", text="New.", fingerprint=b"new"))
    room.publishes(item("Third"))
    room.publishes(item("Older"), backlog=True)
    done = exported(room, site)
    found = files(site)
    assert done == Exported(files=len(found), removed=0)
    for name in ("", "topics/climate/", "sources/observatory/", "languages/en/"):
        served = room.client.get(f"/{name.rstrip('/')}").content
        assert texts(found[f"{name}index.html"]) == texts(served)
        for kind in ("rss", "atom", "json"):
            assert found[f"{name}feed.{kind}"] == room.client.get(f"/{name}feed.{kind}").content
    for title in ("First", "Second"):
        path = f"items/{room.ids[title]}/{title.lower()}/index.html"
        assert texts(found[path]) == texts(room.client.get(room.page(title)).content)
    assert f"items/{room.ids['First']}/history/index.html" in found
    assert {"static/style.css", "static/icon.svg", "static/copy.js", "robots.txt"} <= set(found)


def test_every_local_link_of_an_exported_page_leads_to_a_file(room: Newsroom, site: Path) -> None:
    """Among them the pages of a long history, and those of the other members of a story."""
    for number in range(25):
        room.corrects("First", item("First", content=f"<p>{number}</p>", fingerprint=b"%d" % number))
    room.publishes(item("Premier", language="fr"), source="ministere", same_as="Second")
    exported(room, site)
    found = files(site)
    pages = {name: body.decode() for name, body in found.items() if name.endswith(".html")}
    linked = {
        posixpath.normpath(posixpath.join(posixpath.dirname(name), link))
        for name, page in pages.items()
        for link in re.findall('href="([^"?:]*)[?"]', page)
        if not link.startswith("#")
    }
    assert linked - {*found} == set()
    assert not [name for name, page in pages.items() if re.search('(href|src)="/', page)]
    history = f"items/{room.ids['First']}/history"
    assert {name.count("/") for name in pages if name.startswith(history)} == {3, 4}
    assert len([name for name in pages if name.startswith(history)]) == 3
    assert {f"items/{room.ids[title]}/index.html" for title in ("Second", "Premier")} <= linked


def test_the_history_of_a_source_without_one_is_not_written(room: Newsroom, site: Path) -> None:
    room.corrects("First", item("First", content="<p>New.</p>", text="New.", fingerprint=b"new"))
    room.reconfigures(sources=tuple(replace(each, history=False) for each in room.config.sources))
    exported(room, site)
    assert not [name for name in files(site) if "/history/" in name]


def test_items_beyond_one_read_are_all_written(room: Newsroom, site: Path) -> None:
    room.publishes(*(item(f"Release {number}") for number in range(510)))
    exported(room, site)
    assert len(list(site.glob("items/*/*/index.html"))) == 512


def test_the_page_of_a_withdrawn_release_is_its_notice(room: Newsroom, site: Path) -> None:
    served = room.page("First")
    room.publishes(item("Embargoed"), state=State.HELD)
    room.withdraws("First")
    room.withdraws("Embargoed")  # it was never public
    exported(room, site)
    for file in (f"items/{room.ids['First']}/first/index.html", f"items/{room.ids['First']}/index.html"):
        assert "This release was withdrawn on" in (site / file).read_text()
        assert texts((site / file).read_bytes()) == texts(room.client.get(served).content)
    assert not list(site.glob(f"items/{room.ids['Embargoed']}*"))


def test_withdrawn_and_held_items_are_not_in_the_next_set(room: Newsroom, site: Path) -> None:
    room.publishes(item("Embargoed"), state=State.HELD)
    exported(room, site)
    room.withdraws("First")
    assert exported(room, site).removed == 0
    everything = b"".join(files(site).values())
    assert b"Second" in everything
    assert b"First" not in everything
    assert b"Embargoed" not in everything


def test_an_unchanged_file_keeps_its_modification_time(room: Newsroom, site: Path) -> None:
    exported(room, site)
    before = (site / "feed.atom").stat(), (site / "robots.txt").stat()
    room.publishes(item("Third"))
    exported(room, site)
    after = (site / "feed.atom").stat(), (site / "robots.txt").stat()
    assert after[0].st_ino != before[0].st_ino
    assert (after[1].st_ino, after[1].st_mtime_ns) == (before[1].st_ino, before[1].st_mtime_ns)


ACTS: dict[str, Callable[[Newsroom], None]] = {
    "new item": lambda room: room.publishes(item("Third")),
    "new item of a topic without others": lambda room: room.publishes(item("Health"), source=MINISTRY.id),
    "old item of a first import": lambda room: room.publishes(item("Older"), backlog=True),
    "correction": lambda room: room.corrects("First", item("First", text="New.", fingerprint=b"new")),
    "withdrawal": lambda room: room.withdraws("First"),
    "another version struck": lambda room: room.strikes("Second", 1),
    "another member of a story": lambda room: room.publishes(
        item("Premier"), source=MINISTRY.id, same_as="First"
    ),
    "another name of the publication": lambda room: room.reconfigures(
        publication=replace(publication(), name="Other")
    ),
    "other rights": lambda room: room.reconfigures(
        sources=(replace(OBSERVATORY, republish=Republish.HEADLINE), MINISTRY)
    ),
    "other domains": lambda room: room.reconfigures(
        sources=(replace(OBSERVATORY, domains=("coast.example",)), MINISTRY)
    ),
    "other disclaimer of a source": lambda room: room.reconfigures(
        sources=(replace(OBSERVATORY, disclaimer=Text((("", "Other."),))), MINISTRY)
    ),
    "another id": lambda room: room.reconfigures(sources=(replace(OBSERVATORY, id="coast"), MINISTRY)),
    "a source less": lambda room: room.reconfigures(sources=(OBSERVATORY,)),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_set_over_a_former_one_is_as_a_new_one(room: Newsroom, site: Path, act: str) -> None:
    room.corrects("Second", item("Second", text="Edited.", fingerprint=b"edited"))
    exported(room, site)
    ACTS[act](room)
    exported(room, site)
    again = Publisher(room.storage, lambda: room.config, now=lambda: NOON)
    export(site.with_name("new"), again, room.storage, now=lambda: NOON)
    assert files(site) == files(site.with_name("new"))


def test_the_days_of_profiles_move_on(room: Newsroom, site: Path) -> None:
    exported(room, site)
    before = files(site)["sources/observatory/index.html"]
    later = Publisher(room.storage, lambda: room.config, now=lambda: NOON + timedelta(days=40))
    export(site, later, room.storage, now=lambda: NOON)
    assert files(site)["sources/observatory/index.html"] != before


def test_what_has_not_changed_is_not_rendered_again(room: Newsroom, site: Path) -> None:
    exported(room, site)
    marked = {}
    for name in ("sources/observatory/feed.rss", "topics/climate/index.html", "index.html"):
        found = (site / name).stat()
        (site / name).write_bytes(b"-" * found.st_size)
        os.utime(site / name, ns=(found.st_atime_ns, found.st_mtime_ns))
        marked[name] = (site / name).read_bytes()
    exported(room, site)
    assert {name: files(site)[name] for name in marked} == marked


def test_a_file_that_was_changed_by_hand_is_written_again(room: Newsroom, site: Path) -> None:
    exported(room, site)
    before = files(site)
    (site / "feed.rss").write_text("shorter")
    (site / "feed.json").unlink()
    exported(room, site)
    assert files(site) == before


def test_a_set_of_a_former_version_is_rendered_whole(room: Newsroom, site: Path) -> None:
    exported(room, site)
    before = files(site)
    paths = [line.partition("\t")[0] for line in (site / MANIFEST).read_text().splitlines()]
    (site / MANIFEST).write_text("".join(f"{path}\n" for path in paths))
    exported(room, site)
    assert files(site) == before


def test_the_new_set_replaces_the_old_one_completely(room: Newsroom, site: Path) -> None:
    exported(room, site)
    old = site.stat().st_ino
    exported(room, site)
    assert site.stat().st_ino != old
    assert [path.name for path in site.parent.iterdir()] == ["site"]


def test_a_failed_export_leaves_the_old_set(room: Newsroom, site: Path) -> None:
    exported(room, site)
    before = files(site)
    room.reconfigures(publication=replace(publication(), name="\x01"))
    with pytest.raises(ValueError, match="title"):
        exported(room, site)
    assert files(site) == before
    assert [path.name for path in site.parent.iterdir()] == ["site"]


def test_the_remains_of_a_killed_export_are_removed(room: Newsroom, site: Path) -> None:
    left = site.parent / ".site.new" / "deep"
    left.mkdir(parents=True)
    (left / "half").write_text("half")
    exported(room, site)
    assert "deep/half" not in files(site)
    assert [path.name for path in site.parent.iterdir()] == ["site"]


def test_a_directory_with_foreign_files_is_never_replaced(room: Newsroom, site: Path) -> None:
    site.mkdir(parents=True)
    (site / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match=r"holds thesis\.txt, which no export wrote"):
        exported(room, site)
    assert files(site) == {"thesis.txt": b"years of work"}


def test_a_file_put_into_the_set_stops_the_next_export(room: Newsroom, site: Path) -> None:
    exported(room, site)
    (site / "CNAME").write_text("releases.example")
    with pytest.raises(UsageError, match="holds CNAME"):
        exported(room, site)


def test_an_empty_directory_may_be_used(room: Newsroom, site: Path) -> None:
    site.mkdir(parents=True)
    exported(room, site)
    assert (site / "feed.json").is_file()


def test_a_file_cannot_be_the_directory(room: Newsroom, site: Path) -> None:
    site.parent.mkdir()
    site.write_text("")
    with pytest.raises(UsageError, match="is not a directory"):
        exported(room, site)


def test_a_link_to_the_directory_stays_a_link(room: Newsroom, site: Path) -> None:
    site.mkdir(parents=True)
    link = site.parent.parent / "current"
    link.symlink_to(site)
    exported(room, link)
    assert link.is_symlink()
    assert (site / "feed.json").is_file()


def test_without_atomic_exchange_the_new_set_still_replaces_the_old_one(room: Newsroom, site: Path) -> None:
    exported(room, site)
    room.withdraws("First")
    (site.parent / ".site.old").mkdir()
    export(site, room.publisher, room.storage, exchange=lambda one, other: False)
    assert b"First" not in b"".join(files(site).values())
    assert [path.name for path in site.parent.iterdir()] == ["site"]


def test_a_renamed_source_has_its_former_addresses_in_an_export(room: Newsroom, site: Path) -> None:
    for number in range(40):
        room.publishes(item(f"Release {number}"))
    for name in ("coast", "shore"):
        room.reconfigures(sources=(replace(OBSERVATORY, id=name),))
    exported(room, site)
    found = files(site)
    for old in ("observatory", "coast"):
        for kind in ("rss", "atom", "json"):
            assert found[f"sources/{old}/feed.{kind}"] == found[f"sources/shore/feed.{kind}"]
        (second,) = [name for name in found if name.startswith(f"sources/{old}/before/")]
        for path in ("", second.removeprefix(f"sources/{old}/").removesuffix("index.html")):
            page = found[f"sources/{old}/{path}index.html"].decode()
            (target,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]*)"', page)
            new = f"sources/shore/{path}"
            assert posixpath.normpath(f"sources/{old}/{path}{target}") == f"{new}index.html"
            assert f'rel="canonical" href="https://releases.example/{new.rstrip("/")}"' in page
    room.reconfigures(
        sources=(
            replace(OBSERVATORY, id="shore"),
            replace(OBSERVATORY, id="coast", feed="https://c.example/"),
        )
    )
    exported(room, site)
    assert b"refresh" not in files(site)["sources/coast/index.html"]
