"""The wheel has all that runs: installed apart from the checkout, it begins with `init`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from tests.running import COMMAND, free_port, until

ROOT = Path(__file__).parents[1]
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "docs/publicwire.1")
TITLE = "Lamp of Gullwick Lighthouse"
MANUAL = "share/man/man1/publicwire.1"  # where `man` looks, beside the directory of commands
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE"))
}

pytestmark = pytest.mark.one_engine("a package is the same for both")


def first_page(port: int) -> str:
    """Return the first page, "" while the service does not answer."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/").text
    except httpx.TransportError:
        return ""


def pip(*arguments: str | Path, cwd: Path) -> None:
    command = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-cache-dir")
    subprocess.run([*command, *arguments], cwd=cwd, check=True, env=ENVIRONMENT)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it from a copy, so that nothing is left in the checkout."""
    copy = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "aggregator", copy / "aggregator", ignore=shutil.ignore_patterns("__pycache__"))
    for name in BUILT_FROM:
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    pip(
        "wheel",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--wheel-dir",
        copy / "dist",
        copy,
        cwd=copy,
    )
    (made,) = (copy / "dist").glob("publicwire-*.whl")
    return made


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    package = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "aggregator").rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".so")
    }
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (entry_points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "publicwire = aggregator.cli:main" in archive.read(entry_points).decode()
    data = {name for name in names if ".data/" in name}
    assert names - data == package
    assert {name.partition(".data/")[2] for name in data} == {f"data/{MANUAL}"}


def test_it_is_installed_alone_and_begins_with_init(wheel: Path, tmp_path: Path) -> None:
    installed, press = tmp_path / "installed", tmp_path / "press"
    pip("install", "--no-deps", "--no-index", "--target", installed, wheel, cwd=tmp_path)
    environment = {**ENVIRONMENT, "PYTHONPATH": str(installed)}

    assert (installed / MANUAL).read_text().startswith(".TH PUBLICWIRE 1")

    def run(*arguments: str, cwd: Path) -> str:
        said = subprocess.run(
            [*COMMAND, *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return said.stdout

    assert "wrote press/sources.yaml" in run("init", "press", cwd=tmp_path)
    assert run("check", cwd=press) == "sources.yaml: 1 source, valid\n"
    assert "1 polled, 0 failed: 3 new" in run("poll", cwd=press)
    assert run("export", "site", cwd=press)
    assert TITLE in (press / "site/index.html").read_text()
    with (press / "sources.yaml").open("a") as file:
        file.write(f"\nlisten: 127.0.0.1:{(port := free_port())}\nadmin: 127.0.0.1:{free_port()}\n")
    service = subprocess.Popen([*COMMAND, "serve"], cwd=press, env=environment)
    try:
        assert until(lambda: TITLE in first_page(port))
    finally:
        service.terminate()
    assert service.wait(timeout=60) == 0
