"""Path of the installed Publicwire, and the configuration it is measured with."""

import socket
import subprocess
from pathlib import Path

from benchmarks.origins import ROOT

BIN = ROOT / ".venv" / "bin"
COMMAND = [str(BIN / "publicwire")]
STORE = "store/publicwire.db"

CONFIGURATION = """\
publication: {{name: Bench, url: 'http://127.0.0.1:{port}/', language: en, contact: bench@example.org}}
listen: 127.0.0.1:{port}
admin: 127.0.0.1:{admin}
store: store/
poll: {{every: 15m, timeout: 30s, max_bytes: 10MB, concurrency: 64, per_host: 2}}
sources:
"""


def installed_version() -> str:
    """Return the version in the project's own environment; empty when it is missing."""
    ask = "import importlib.metadata as m; print(m.version('publicwire'))"
    if not (BIN / "publicwire").exists():
        return ""
    command = [str(BIN / "python"), "-c", ask]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def write_configuration(directory: Path, urls: list[str]) -> int:
    """Write sources.yaml with sources s0, s1, … beside an empty store; return the public port."""
    port = _free_port()
    sources = "".join(
        f"  - {{id: s{at}, feed: '{url}', allow_networks: [127.0.0.0/8]}}\n" for at, url in enumerate(urls)
    )
    head = CONFIGURATION.format(port=port, admin=_free_port())
    (directory / "sources.yaml").write_text(head + sources)
    (directory / "store").mkdir()
    return port


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
