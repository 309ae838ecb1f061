"""The first five minutes: `init` writes a configuration that works, overwrites nothing, and is offered."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from aggregator import cli
from aggregator.cli.init import CONFIGURATION, SAMPLE
from aggregator.config import parse
from tests.config.test_load import REPO_ROOT
from tests.running import COMMAND, until

pytestmark = pytest.mark.one_engine("a starter configuration names a store in SQLite")


def written(directory: Path) -> set[str]:
    return {str(each.relative_to(directory)) for each in directory.rglob("*") if each.is_file()}


@pytest.fixture
def fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert cli.run(["init", str(tmp_path / "press")]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"wrote {tmp_path}/press/sources.yaml and {tmp_path}/press/sample.xml")
    assert f"\n  cd {tmp_path}/press\n  publicwire " in said
    return tmp_path / "press"


def test_a_new_directory_gets_a_configuration_a_sample_and_an_ignored_store(fresh: Path) -> None:
    assert written(fresh) == {CONFIGURATION, SAMPLE, "store/.gitignore"}
    config = parse((fresh / CONFIGURATION).read_text(), fresh / CONFIGURATION)
    assert [(each.id, each.feed) for each in config.sources] == [("sample", (fresh / SAMPLE).as_uri())]


def test_the_sample_is_polled_and_its_releases_enter_the_merged_feed(
    fresh: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--config", str(fresh / CONFIGURATION)]
    assert cli.run([*at, "check"]) == 0
    assert cli.run([*at, "poll"]) == 0
    assert "1 polled, 0 failed: 3 new, 0 edited" in capsys.readouterr().out


@pytest.mark.parametrize("name", [CONFIGURATION, SAMPLE])
def test_nothing_is_overwritten(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_text("mine")
    assert cli.run(["init", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"publicwire: {tmp_path / name} is already there: nothing was written\n"
    )
    assert written(tmp_path) == {name}


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / CONFIGURATION).symlink_to(tmp_path / "elsewhere")
    assert cli.run(["init", str(tmp_path)]) == 2
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("command", [["poll"], ["check"], ["sources"], ["items"], []])
def test_a_command_without_a_configuration_names_init(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / CONFIGURATION
    assert cli.run(["--config", str(missing), *command]) == 2
    assert f"{missing}:1:1: does not exist; `publicwire init` writes one" in capsys.readouterr().err
    assert written(tmp_path) == set()


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_start_on_a_terminal_offers_to_write_one(answer: str, tmp_path: Path) -> None:
    operator, terminal = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(REPO_ROOT)}
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, stdin=terminal, stdout=terminal, stderr=terminal, env=environment
    ) as process:
        os.close(terminal)
        said = b""
        while not said.endswith(b"[y/N] "):
            said += os.read(operator, 1000)
        os.write(operator, answer.encode() + b"\n")
        if answer == "y":
            until(lambda: (tmp_path / "store/.gitignore").exists())
            process.kill()
        assert process.wait(timeout=60) == (-9 if answer == "y" else 2)
    os.close(operator)
    assert written(tmp_path) >= {CONFIGURATION, SAMPLE} if answer == "y" else written(tmp_path) == set()
