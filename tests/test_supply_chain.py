"""Pins of what is installed: exact, hashed for what runs, and the same in both files; limits of the unit."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text()


def normal(name: str) -> str:
    """Return the name of a package in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    return {normal(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", text)}


def test_the_lock_pins_by_hash_whatever_the_project_needs_to_run_and_to_be_built() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["cluster"]]
    named += project["build-system"]["requires"]
    needed = {normal(re.split(r"[\[<>=!~; ]", each)[0]) for each in named}
    assert needed - pins(LOCK).keys() == set()
    blocks = re.split(r"(?m)^(?=[A-Za-z])", LOCK)[1:]
    assert [block for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in LOCK


def test_lock_and_constraints_agree() -> None:
    tested, runs = pins((ROOT / "constraints.txt").read_text()), pins(LOCK)
    assert {
        name: (tested[name], runs[name]) for name in tested.keys() & runs if tested[name] != runs[name]
    } == {}


@pytest.mark.parametrize("file", ["Makefile", "README.md", "deploy/README.md", "deploy/Dockerfile"])
def test_every_way_to_install_goes_by_hash(file: str) -> None:
    installs = re.findall(r"pip install (-.*)", (ROOT / file).read_text())
    assert "--require-hashes -r requirements.lock" in installs[0]
    project = re.sub(
        r" --(?:no-cache-dir|quiet|disable-pip-version-check|config-settings \S+)", "", f" {installs[1]}"
    )
    assert project.replace(" -e", "") == " --no-deps --no-build-isolation ."
    assert all(
        "-c constraints.txt --no-build-isolation" in each and ".[test]" in each for each in installs[2:]
    )


def test_the_service_needs_nothing_that_only_tests_need() -> None:
    rules = (ROOT / "Makefile").read_text()
    assert "\nrun: $(READY)\n" in rules
    built = dict(re.findall(r"(?m)^(\w+): \$\((\w+)\)", rules))
    assert {name for name, needed in built.items() if needed == "READY"} == {"run"}


@pytest.mark.parametrize(
    "line",
    [
        "UMask=0077",
        "StateDirectoryMode=0700",
        "IPAddressDeny=link-local",
        "ProcSubset=pid",
        "PrivateUsers=yes",
        "MemoryMax=75%",
        "TasksMax=512",
    ],
)
def test_the_unit_bounds_the_service(line: str) -> None:
    assert line in (ROOT / "deploy/publicwire.service").read_text().splitlines()


def outdated(tmp_path: Path, listed: str) -> tuple[str, int]:
    """Return output and exit code of `.ci/outdated.py` in a checkout of two pins, with an index that lists so."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/outdated.py", tmp_path / ".ci")
    (tmp_path / "constraints.txt").write_text("Lint_er==1.0\npinned==2.0\n")
    (tmp_path / "requirements.lock").write_text("runs==3.0 \\\n    --hash=sha256:0\n")
    (tmp_path / "pip.py").write_text(
        f"import sys; assert sys.argv[1:3] == ['list', '--outdated']; print({listed!r})"
    )
    ran = subprocess.run(
        [sys.executable, tmp_path / ".ci/outdated.py"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ran.stderr == ""
    return ran.stdout, ran.returncode


def test_pins_with_a_newer_version_are_listed(tmp_path: Path) -> None:
    listed = [{"name": name, "latest_version": "9.9"} for name in ("lint-er", "Runs", "unpinned")]
    assert outdated(tmp_path, json.dumps(listed)) == ("lint-er 1.0 → 9.9\nruns 3.0 → 9.9\n", 1)


def test_nothing_is_listed_while_every_pin_is_the_newest(tmp_path: Path) -> None:
    assert outdated(tmp_path, "[]") == ("", 0)
