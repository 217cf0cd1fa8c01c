"""Certificates for tests, made by the openssl program: an authority and what it signs."""

import os
import subprocess

_AUTHORITY = """basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
"""
# The point where a revocation list could be had, which testssl.sh asks for; nobody fetches it here.
_SERVER = """basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost,IP:127.0.0.1
crlDistributionPoints=URI:http://localhost/turbo.crl
"""


def openssl(*arguments):
    """Runs openssl; it must succeed. Returns what it printed."""
    done = subprocess.run(
        ["openssl", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"openssl {arguments} ended with {done.returncode}: {done.stderr!r}")
    return done.stdout


class Authority:
    """Signs server certificates for localhost. All files lie in `folder`."""

    def __init__(self, folder):
        self._folder = folder
        self.certificate = self._path("root.pem")
        self._key = self._path("root.key")
        self._make_key(self._key)
        extensions = self._write("root.ext", "[x]\n" + _AUTHORITY + "[req]\ndistinguished_name=d\n[d]\n")
        openssl(
            "req", "-x509", "-new", "-key", self._key, "-out", self.certificate, "-days", "365",
            "-subj", "/O=Turbo/CN=Turbo test root", "-config", extensions, "-extensions", "x",
        )  # fmt: skip

    def sign(self, name):
        """Writes `name`.pem and `name`.key; returns their paths."""
        chain, key, request = (self._path(name + end) for end in (".pem", ".key", ".csr"))
        self._make_key(key)
        openssl("req", "-new", "-key", key, "-subj", "/CN=localhost", "-out", request)
        openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
            "-CAcreateserial", "-days", "90", "-extfile", self._write("server.ext", _SERVER),
            "-out", chain,
        )  # fmt: skip
        return chain, key

    def _make_key(self, path):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)

    def _path(self, name):
        return os.path.join(self._folder, name)

    def _write(self, name, text):
        with open(self._path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self._path(name)


def serial_of(path):
    """The serial number of the certificate in a file, in hexadecimal."""
    text = openssl("x509", "-in", path, "-noout", "-serial").decode()
    return text.partition("=")[2].strip()
