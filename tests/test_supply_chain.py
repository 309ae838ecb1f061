"""Pins of what is installed: exact, hashed for what runs, and the same in both files; limits of the unit."""

import re
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
    text = (ROOT / file).read_text()
    assert "--require-hashes -r requirements.lock" in text
    assert all(
        "--no-build-isolation" in each or "--require-hashes" in each
        for each in re.findall(r"pip install [-.].*", text)
    )


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
