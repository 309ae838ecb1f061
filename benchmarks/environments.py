"""Virtual environments of peers that are Python packages, in benchmarks/.cache, built when missing."""

import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).parent / ".cache"


def interpreter(name: str) -> Path:
    """Return the path of the interpreter of an environment, built or not."""
    return CACHE / name / "bin" / "python"


def built(name: str, *requirements: str) -> bool:
    """Return whether an environment with these packages is there, after an attempt to build a missing one."""
    python = interpreter(name)
    if python.exists():
        return True
    steps = (
        [sys.executable, "-m", "venv", str(CACHE / name)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements],
    )
    for step in steps:
        if subprocess.run(step, check=False).returncode != 0:
            shutil.rmtree(CACHE / name, ignore_errors=True)
            return False
    return True
