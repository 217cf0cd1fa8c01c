"""Two hellos, a plain one and one with TLS, for tests that ask them over HTTP/2."""

import hashlib
import os
import subprocess
import tempfile
import unittest

import certificates
from hello_process import Hello


def run(*command, data=b"", seconds=50):
    """Runs a client; it must succeed. Returns what it printed, as bytes."""
    done = subprocess.run(
        command,
        input=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        told = f"{done.stderr[-500:]!r} {done.stdout[-500:]!r}"
        raise AssertionError(f"{command[:20]} ended with {done.returncode}: {told}")
    return done.stdout


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class ServersTest(unittest.TestCase):
    """Both hellos for all tests of a class; every test leaves no descriptor behind."""

    FLAGS = ()

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.authority = certificates.Authority(cls.folder)
        cls.chain, cls.key = cls.authority.sign("server")
        cls.servers = {
            "http": cls.start_hello(*cls.FLAGS),
            "https": cls.start_hello(*cls.FLAGS, *cls.tls_flags()),
        }
        for server in cls.servers.values():
            cls.addClassCleanup(server.end)
            server.descriptors = server.resting_descriptors()

    def tearDown(self):
        for server in self.servers.values():
            self.assertEqual(server.settled_descriptors(server.descriptors), server.descriptors)
            self.assertIsNone(server.process.poll())

    @classmethod
    def start_hello(cls, *flags):
        return Hello("--address=127.0.0.1", "--port=0", *flags)

    @classmethod
    def tls_flags(cls):
        return "--tls_cert=" + cls.chain, "--tls_key=" + cls.key

    def url(self, scheme, path):
        return self.servers[scheme].url(path, scheme)

    def path(self, name):
        return os.path.join(self.folder, name)

    def random_file(self, size):
        path = self.path("sent")
        with open(path, "wb") as file:
            file.write(os.urandom(size))
        return path

    def curl(self, *arguments, data=b""):
        """Runs curl, which trusts the authority."""
        return run(
            "curl", "--silent", "--show-error", "--noproxy", "*",
            "--cacert", self.authority.certificate, *arguments, data=data,
        )  # fmt: skip
