"""The certificate all servers show: one for a run, made by openssl when it begins."""

import contextlib
import pathlib
import subprocess
import tempfile
from dataclasses import dataclass

from processes import CannotMeasure

# ECDSA with P-256: what most of the web's certificates are, and the cheapest to sign with.
REQUEST = (
    "openssl req -x509 -batch -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2"
    " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
).split()
PACKAGES = {"openssl": "openssl"}
# OpenSSL's own configuration for every server: one suite of TLS 1.3, for h2o cannot be told by its.
CONFIGURATION = """\
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = tls
[tls]
Ciphersuites = TLS_AES_128_GCM_SHA256
"""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as PEM files, and OpenSSL's configuration for who shows it."""

    chain: pathlib.Path
    key: pathlib.Path
    configuration: pathlib.Path

    def environment(self):
        return {"OPENSSL_CONF": str(self.configuration)}


@contextlib.contextmanager
def self_signed():
    """A new certificate that lasts as long as the context."""
    with tempfile.TemporaryDirectory(prefix="turbo-certificate-") as name:
        folder = pathlib.Path(name)
        certificate = Certificate(folder / "chain.pem", folder / "key.pem", folder / "openssl.cnf")
        certificate.configuration.write_text(CONFIGURATION)
        files = ["-out", str(certificate.chain), "-keyout", str(certificate.key)]
        made = subprocess.run(
            [*REQUEST, *files], capture_output=True, text=True, timeout=60, check=False
        )
        if made.returncode != 0:
            raise CannotMeasure(f"openssl req made no certificate: {made.stderr.strip()}")
        yield certificate
