"""`backup`, `restore` and `forget`, and a damaged store."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Command, Said
from tests.running import COMMAND, Site, json_of, until


def titles(command: Command, *arguments: str) -> Mapping[str, str]:
    """States of the stored items by title."""
    return {each["title"]: each["state"] for each in json_of(command("items", "--json", *arguments).out)}


def item_id(command: Command, title: str) -> str:
    (found,) = (each["id"] for each in json_of(command("items", "--json").out) if each["title"] == title)
    return found


def aside(here: Site) -> Path:
    """Where a restore keeps what was in the store before."""
    return here.store / f"{'database' if here.database else 'publicwire.db'}.before-restore"


def damage(here: Site) -> None:
    (here.store / "publicwire.db").write_bytes(b"this was a database once" * 200)


def test_a_backup_is_counted_and_a_restore_withdraws_again(here: Site, polled: Command) -> None:
    backup = here.directory / "noon.db"
    assert polled("backup", str(backup)) == Said(0, f"2 items in {backup}, checked\n", "")
    storm = item_id(polled, "Storm warning")
    assert polled("withdraw", storm, "--reason", "a court said so").code == 0
    said = polled("restore", str(backup))
    assert (said.code, said.complaints) == (0, [])
    assert said.out.splitlines() == [
        f"2 items restored from {backup}",
        f"decided again, from the journal: {storm}",
        f"the former database is kept as {aside(here)}; delete it when the restore is right",
    ]
    assert titles(polled) == {"Storm warning": "withdrawn", "New pilot boat": "live"}


def test_restore_names_the_items_missing_in_the_backup(here: Site, command: Command) -> None:
    assert command("backup", str(here.directory / "empty.db")).out.startswith("0 items")
    command("poll")
    storm = item_id(command, "Storm warning")
    command("withdraw", storm, "--reason", "a court said so")
    with (here.store / "withdrawals.jsonl").open("a") as journal:
        journal.write("torn")
    said = command("restore", str(here.directory / "empty.db"))
    assert said.code == 0
    unknown, unreadable = said.complaints
    assert f"not in this backup: {storm};" in unknown
    assert unreadable.endswith("withdrawals.jsonl, skipped: 2")


def test_a_backup_of_nowhere_is_the_users_mistake(here: Site, polled: Command) -> None:
    nowhere = polled("restore", str(here.directory / "nothing.db"))
    assert (nowhere.code, "those of each night are in `backups/` of the store" in nowhere.err) == (2, True)
    assert polled("backup", str(here.directory)).code == 2
    assert polled("restore", str(here.config)).code == 1


def test_a_running_service_is_named_and_nothing_restored(here: Site, polled: Command) -> None:
    backup = here.directory / "noon.db"
    with here.serving() as service:
        assert here.run("backup", str(backup)).returncode == 0
        refused = here.run("restore", str(backup))
        assert refused.returncode == 1
        (line,) = refused.stderr.splitlines()
        assert re.fullmatch(
            f"publicwire: process {service.process.pid}.* is already polling the (store|database) .*: "
            "stop it, then restore",
            line,
        )
    assert not aside(here).exists()


@pytest.mark.one_engine("damages the SQLite file")
@pytest.mark.parametrize("arguments", [("poll",), ("serve",), ("items",)])
def test_a_damaged_store_is_one_line_that_names_file_and_cure(
    here: Site, polled: Command, arguments: tuple[str, ...]
) -> None:
    backup = here.store / "backups" / "publicwire-2026-03-02.db"
    backup.parent.mkdir()
    polled("backup", str(backup))
    damage(here)
    said = here.run(*arguments)
    assert said.returncode == 1
    (line,) = said.stderr.splitlines()
    assert line.startswith(f"publicwire: the store {here.store / 'publicwire.db'} is damaged (")
    assert line.endswith(f"`publicwire restore {backup}` brings back the newest backup")
    assert here.run("restore", str(backup)).returncode == 0
    assert here.run("poll").returncode == 0


@pytest.mark.one_engine("damages the SQLite file")
def test_damage_deep_in_the_file_is_found_when_the_service_starts(here: Site, polled: Command) -> None:
    database = here.store / "publicwire.db"
    content = bytearray(database.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    database.write_bytes(content)
    said = here.run("serve")
    assert said.returncode == 1
    (line,) = said.stderr.splitlines()
    assert "is damaged (" in line
    assert "there is no backup" in line


def test_a_source_taken_out_can_be_forgotten(here: Site, polled: Command) -> None:
    refused = polled("forget", "harbour", "--yes")
    assert refused.code == 2
    assert refused.complaints == [
        f"publicwire: harbour is still configured: remove it from {here.config} first"
    ]
    here.sources({})
    asked = polled("forget", "harbour")
    assert (asked.code, titles(polled)) == (2, {"Storm warning": "live", "New pilot boat": "live"})
    assert "--yes" in asked.complaints[0]
    assert polled("forget", "harbour", "--yes").out == "harbour and its 2 items are deleted\n"
    assert titles(polled) == {}
    again = polled("forget", "harbour", "--yes")
    message = (
        f"publicwire: there is no source 'harbour' that was removed from {here.config}: the store holds none"
    )
    assert (again.code, again.complaints) == (2, [message])


def test_a_source_is_forgotten_beside_a_running_service(here: Site, polled: Command) -> None:
    with here.serving() as service:
        until(lambda: len(service.titles()) == 2)
        here.sources({})
        until(lambda: "no longer polled" in service.log.read_text())
        assert here.run("forget", "harbour", "--yes").returncode == 0
        until(lambda: service.titles() == ["Withdrawn", "Withdrawn"])
        assert service.get("/sources/harbour/feed.json").status_code == 404
        assert httpx.get(f"{service.admin}/readyz").status_code == 200


@pytest.mark.parametrize(("answer", "left"), [("n", 2), ("", 2), ("yes", 0)])
def test_forget_at_a_terminal_prompts_for_confirmation(
    here: Site, polled: Command, answer: str, left: int
) -> None:
    here.sources({})
    master, terminal = os.openpty()
    os.write(master, f"{answer}\n".encode())
    ran = subprocess.run(
        [*COMMAND, "forget", "harbour"], cwd=here.directory, stdin=terminal, capture_output=True, check=False
    )
    os.close(master)
    os.close(terminal)
    assert ran.returncode == (1 if left else 0)
    assert b"for good? [y/N]" in ran.stdout
    assert len(titles(polled)) == left


def test_a_full_disk_leaves_the_former_backup_and_the_store_as_they_were(here: Site, polled: Command) -> None:
    backup = here.directory / "noon.db"
    polled("backup", str(backup))
    before = backup.read_bytes()
    # Under the limit coverage could not write either, and would say so on stderr.
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    for command in ("backup", "restore"):
        limited = ["bash", "-c", 'ulimit -f 100; exec "$@"', "bash", *COMMAND, command, str(backup)]
        ran = subprocess.run(
            limited, cwd=here.directory, env=unmeasured, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 1, ran.stdout
        assert len(ran.stderr.splitlines()) == 1
        assert backup.read_bytes() == before
    assert not [path for path in here.directory.iterdir() if path.name.endswith(".part")]
    assert not (here.store / "restoring").exists()
    assert titles(polled) == {"Storm warning": "live", "New pilot boat": "live"}


def test_the_service_counts_its_polls(here: Site) -> None:
    with here.serving() as service:
        until(lambda: len(service.titles()) == 2)
        counted = httpx.get(f"{service.admin}/metrics")
        assert counted.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert 'publicwire_polls_total{cause="",outcome="changed"} 1.0\n' in counted.text
        assert 'publicwire_items_total{kind="new"} 2.0\n' in counted.text
        assert 'publicwire_stored_items{state="live"} 2.0\n' in counted.text
        assert 'publicwire_sources{state="working"} 1.0\n' in counted.text
        assert "publicwire_poll_lateness_seconds_count 1.0\n" in counted.text
        assert service.get("/metrics").status_code == 404
