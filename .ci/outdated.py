#!/usr/bin/env python3
"""List pinned packages of which the package index has a newer version; exit code 1 if there are any.

Run by `make outdated`, in the project's environment.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pins(*files: str) -> dict[str, str]:
    """Return the pinned version of each package, by normalised name (PEP 503)."""
    texts = ((ROOT / name).read_text() for name in files)
    return {normal(name): version for text in texts for name, version in PIN.findall(text)}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    command = [sys.executable, "-m", "pip", "list", "--outdated", "--format=json"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    pinned = pins("constraints.txt", "requirements.lock")
    newest = {normal(each["name"]): each["latest_version"] for each in json.loads(listed)}
    newer = {name: version for name, version in pinned.items() if newest.get(name, version) != version}
    for name, version in newer.items():
        print(f"{name} {version} → {newest[name]}")
    return 1 if newer else 0


if __name__ == "__main__":
    sys.exit(main())
