"""A trusted certificate that has expired or is not yet valid fails the fetch."""

import ssl
import subprocess
from pathlib import Path

import pytest

from tests.fetch.given import every_name_is_here, server_tls
from tests.fetch.test_transport import outcome_of, reaching

pytestmark = pytest.mark.needs("openssl")

AUTHORITY = """
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = DNS:feeds.test
"""


def certificate(directory: Path, start: str, end: str) -> Path:
    """Make a certificate for feeds.test with its key; `openssl req` cannot set its start."""
    (directory / "ca.cnf").write_text(AUTHORITY)
    (directory / "index.txt").touch()
    (directory / "serial").write_text("01\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    made = ("-keyout", "key.pem", "-out", "csr.pem")
    openssl(directory, "req", *curve, "-subj", "/CN=feeds.test", *made)
    when = ("-startdate", start, "-enddate", end, "-notext", "-batch")
    signed = ("-selfsign", "-keyfile", "key.pem", "-in", "csr.pem", "-out", "crt.pem")
    openssl(directory, "ca", "-config", "ca.cnf", *signed, *when)
    path = directory / "both.pem"
    path.write_text((directory / "key.pem").read_text() + (directory / "crt.pem").read_text())
    return path


def openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("20200101000000Z", "20200102000000Z", "certificate has expired"),
        ("20480101000000Z", "20490101000000Z", "certificate is not yet valid"),
    ],
)
def test_a_certificate_of_another_time_is_not_trusted(
    tmp_path: Path, start: str, end: str, reason: str
) -> None:
    both = certificate(tmp_path, start, end)

    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=tmp_path / "crt.pem")

    said = reaching(every_name_is_here, outcome_of("feeds.test"), tls=server_tls(both), trust=trust)
    assert said.startswith(
        f"network: https://feeds.test:PORT/ failed: its certificate is not trusted: {reason}"
    )
