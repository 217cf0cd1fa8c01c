"""The suite against hello, on plain TCP and over TLS: no deviation at all."""

import tempfile
import unittest

import certificates
from connection import Target
from hello_process import Hello
from suite_test_case import SuiteTestCase

TABLE = "the server's table is not smaller than usual"
PAGES = {"large": "/blob", "post": "/echo", "cookies": "/cookie", "http1": True}
SECONDS = 20  # with sanitizers, and other tests beside


class HelloTest(SuiteTestCase):
    def start(self, *flags):
        """The port of a hello."""
        hello = Hello("--address=127.0.0.1", "--port=0", "--loops=2", *flags)
        self.addCleanup(hello.end)
        self.addCleanup(lambda: self.assertIsNone(hello.process.poll(), "hello ended by itself"))
        return hello.port

    def test_plain(self):
        target = Target("127.0.0.1", self.start(), upgrade=True, seconds=SECONDS, **PAGES)
        self.expect(target, skips=["needs --tls", TABLE])

    def test_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            chain, key = certificates.Authority(folder).sign("server")
            port = self.start(f"--tls_cert={chain}", f"--tls_key={key}")
            target = Target("127.0.0.1", port, tls=True, seconds=SECONDS, **PAGES)
            self.expect(target, skips=["needs --upgrade", "needs --upgrade, no --tls", TABLE])


if __name__ == "__main__":
    unittest.main()
