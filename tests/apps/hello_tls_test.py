"""The real hello over TLS, asked by real clients: curl, openssl, Python's ssl, wrk, h2load, nghttp."""

import hashlib
import http.client
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import unittest

import certificates
from hello_process import Hello, run_hello

ANSWER = b"Hello, World!"


def run(*command, data=b""):
    """Runs a client to its end."""
    return subprocess.run(
        command,
        input=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )


class TLSTest(unittest.TestCase):
    """One authority and one certificate for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.authority = certificates.Authority(cls.folder)
        cls.chain, cls.key = cls.authority.sign("server")

    def hello(self, *flags, **options):
        """A hello with the class's certificate, ended with the test."""
        hello = Hello(
            "--address=127.0.0.1", "--port=0", "--tls_cert=" + self.chain,
            "--tls_key=" + self.key, *flags, **options,
        )  # fmt: skip
        self.addCleanup(hello.end)
        return hello

    def curl(self, *arguments, data=b""):
        """Runs curl, which trusts the authority; returns what it printed."""
        done = run(
            "curl", "--silent", "--show-error", "--noproxy", "*",
            "--cacert", self.authority.certificate, *arguments, data=data,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def s_client(self, hello, *arguments, data=b""):
        return run(
            "openssl", "s_client", "-connect", hello.address, "-servername", "localhost",
            "-CAfile", self.authority.certificate, *arguments, data=data,
        )  # fmt: skip

    def log(self):
        path = os.path.join(self.folder, "log")
        file = open(path, "wb")
        self.addCleanup(file.close)
        return path, file

    def wait_for_log(self, path, wanted):
        end = time.monotonic() + 10
        text = ""
        while wanted not in text and time.monotonic() < end:
            time.sleep(0.02)
            with open(path, encoding="utf-8") as file:
                text = file.read()
        self.assertIn(wanted, text)


class ClientsTest(TLSTest):
    def setUp(self):
        self.server = self.hello()

    def url(self, path):
        return self.server.url(path, "https")

    def test_curl_verifies_and_keeps_the_connection(self):
        for version in ("--tlsv1.2", "--tlsv1.3"):
            most = version.replace("--tlsv", "")
            url = self.url("/plaintext")
            answer = self.curl(
                version, "--tls-max", most, "-w", " %{ssl_verify_result} %{num_connects}\n", url, url
            )
            self.assertEqual(answer, b"Hello, World! 0 1\nHello, World! 0 0\n", version)

    def test_50_megabytes_come_back_unchanged_and_a_mebibyte_comes_whole(self):
        sent, back = (os.path.join(self.folder, name) for name in ("sent", "back"))
        with open(sent, "wb") as file:
            file.write(os.urandom(50 << 20))
        for most in ("1.2", "1.3"):
            self.curl("--tls-max", most, "-T", sent, "-X", "POST", "-o", back, self.url("/echo"))
            with open(sent, "rb") as one, open(back, "rb") as other:
                self.assertEqual(
                    hashlib.sha256(one.read()).digest(), hashlib.sha256(other.read()).digest()
                )
        self.assertEqual(self.curl(self.url("/blob")), b"x" * (1 << 20))

    def test_python_verifies_the_name(self):
        trusting = ssl.create_default_context(cafile=self.authority.certificate)
        connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, context=trusting)
        for _ in range(3):
            connection.request("GET", "/plaintext")
            self.assertEqual(connection.getresponse().read(), ANSWER)
        self.assertEqual(connection.sock.version(), "TLSv1.3")
        connection.close()
        with self.server.connect() as plain, self.assertRaises(ssl.SSLCertVerificationError):
            trusting.wrap_socket(plain, server_hostname="other.example")

    def test_old_protocols_and_weak_suites_are_refused(self):
        for arguments in (
            ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
            ("-tls1_2", "-cipher", "AES128-GCM-SHA256"),  # no forward secrecy
            ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"),  # no AEAD
        ):
            answer = self.s_client(self.server, *arguments)
            self.assertNotEqual(answer.returncode, 0, arguments)
            self.assertIn(b"alert", answer.stdout, arguments)

    def test_renegotiation_is_refused(self):
        # "R" at the beginning of a line asks s_client for it.
        answer = self.s_client(self.server, "-tls1_2", data=b"R\n")
        self.assertIn(b"RENEGOTIATING", answer.stdout)
        self.assertIn(b"no renegotiation", answer.stdout)

    def test_sessions_are_resumed_whichever_loop_answers(self):
        session = os.path.join(self.folder, "session")
        request = b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        server = self.hello("--loops=2")
        for version in ("-tls1_2", "-tls1_3"):
            first = self.s_client(server, version, "-ign_eof", "-sess_out", session, data=request)
            self.assertIn(b"New, TLSv1", first.stdout)
            for _ in range(8):
                again = self.s_client(server, version, "-ign_eof", "-sess_in", session, data=request)
                self.assertIn(b"Reused, TLSv1", again.stdout, version)
                self.assertIn(ANSWER, again.stdout, version)

    def test_alpn_takes_the_best_and_refuses_what_is_not_there(self):
        for offer, taken in (("http/1.1,h2", b"h2"), ("http/1.1", b"http/1.1")):
            told = self.s_client(self.server, "-alpn", offer).stdout
            self.assertIn(b"ALPN protocol: " + taken + b"\n", told)
        refused = self.s_client(self.server, "-alpn", "http/0.9")
        self.assertIn(b"no application protocol", refused.stdout)

    def test_load_generators_lose_nothing(self):
        wrk = run("wrk", "-t1", "-c20", "-d1", self.url("/plaintext"))
        self.assertIn(b"Requests/sec", wrk.stdout)
        self.assertNotIn(b"Non-2xx", wrk.stdout)
        self.assertNotIn(b"Socket errors", wrk.stdout)
        h2load = run("h2load", "--h1", "-t1", "-c20", "-n2000", self.url("/plaintext"))
        self.assertIn(b"2000 succeeded, 0 failed, 0 errored", h2load.stdout)


class PortTest(TLSTest):
    def test_plain_http_on_a_tls_port_is_closed_and_logged(self):
        path, file = self.log()
        server = self.hello(log=file)
        for _ in range(3):
            with server.connect() as plain:
                plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertEqual(plain.recv(100), b"")
        self.wait_for_log(path, "the client speaks plain HTTP")
        with open(path, encoding="utf-8") as log:
            self.assertEqual(log.read().count("the client speaks plain HTTP"), 1)  # one line a minute
        with open(path, encoding="utf-8") as log:
            self.assertRegex(log.read(), r"plain HTTP \(127\.0\.0\.1:\d+\)")
        self.assertEqual(self.curl(server.url("/plaintext", "https")), ANSWER)

    def test_one_port_speaks_both_if_told_so(self):
        server = self.hello("--tls_and_plain")
        for _ in range(2):
            for scheme in ("http", "https"):
                url = server.url("/plaintext", scheme)
                self.assertEqual(self.curl(url, url), ANSWER + ANSWER)

    def test_a_self_signed_certificate_serves(self):
        with Hello("--address=127.0.0.1", "--port=0", "--tls_self_signed") as server:
            url = server.url("/plaintext", "https")
            self.assertEqual(run("curl", "-sk", url).stdout, ANSWER)
            self.assertNotEqual(run("curl", "-s", url).returncode, 0)

    def test_flags_that_do_not_fit_are_explained(self):
        for flags, explanation in (
            (("--tls_cert=" + self.chain,), "--tls_cert and --tls_key go together"),
            (("--tls_self_signed", "--tls_cert=" + self.chain), "stands alone"),
            (("--tls_and_plain",), "wants --tls_cert or --tls_self_signed"),
            (("--tls_cert=/nowhere.pem", "--tls_key=" + self.key), "/nowhere.pem"),
            (("--tls_cert=" + self.chain, "--tls_key=" + self.chain), self.chain),
        ):
            done = run_hello("--port=0", *flags)
            self.assertEqual(done.returncode, 1, flags)
            self.assertIn(explanation, done.stderr, flags)

    def test_sigterm_under_load_ends_well(self):
        server = self.hello()
        load = subprocess.Popen(
            ["wrk", "-t1", "-c20", "-d5", server.url("/plaintext", "https")],
            stdout=subprocess.DEVNULL,
        )
        try:
            time.sleep(0.5)
            server.send_signal(signal.SIGTERM)
            code, _ = server.wait()
            self.assertEqual(code, 0)
        finally:
            load.kill()
            load.wait()


class ReloadTest(TLSTest):
    def setUp(self):
        # Files of its own, which the test replaces.
        self.chain, self.key = (
            shutil.copy(path, os.path.join(self.folder, "live" + path[-4:]))
            for path in (self.chain, self.key)
        )

    def replace(self, source, target):
        """As tools do that renew certificates: no reader sees half a file."""
        shutil.copy(source, target + ".new")
        os.rename(target + ".new", target)

    def served_serial(self, server):
        context = ssl.create_default_context(cafile=self.authority.certificate)
        with server.connect() as plain, context.wrap_socket(plain, server_hostname="localhost") as it:
            return it.getpeercert()["serialNumber"]

    def test_new_certificates_under_load_fail_no_request(self):
        path, file = self.log()
        server = self.hello(log=file)
        self.assertEqual(self.served_serial(server), certificates.serial_of(self.chain))
        # Each request makes a connection of its own.
        load = subprocess.Popen(
            ["ab", "-q", "-c10", "-n4000", server.url("/plaintext", "https")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for i in range(5):
            chain, key = self.authority.sign(f"renewed{i}")
            self.replace(key, self.key)
            self.replace(chain, self.chain)
            server.send_signal(signal.SIGHUP)
            end = time.monotonic() + 10
            while self.served_serial(server) != certificates.serial_of(chain):
                self.assertLess(time.monotonic(), end)
        self.assertIsNone(load.poll(), "the load ended before the certificates changed")
        output, _ = load.communicate(timeout=60)
        self.assertRegex(output, rb"Complete requests: +4000\n")
        self.assertRegex(output, rb"Failed requests: +0\n")
        self.wait_for_log(path, "new TLS certificates are in use")

    def test_files_that_change_are_taken_over_without_a_word(self):
        server = self.hello()
        chain, key = self.authority.sign("renewed")
        self.replace(key, self.key)
        self.replace(chain, self.chain)
        end = time.monotonic() + 30  # it looks every ten seconds
        while self.served_serial(server) != certificates.serial_of(chain):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.2)

    def test_a_bad_file_keeps_the_old_certificate_and_says_why(self):
        path, file = self.log()
        server = self.hello(log=file)
        before = self.served_serial(server)
        with open(self.chain, "w", encoding="utf-8") as chain:
            chain.write("no certificate\n")
        server.send_signal(signal.SIGHUP)
        self.wait_for_log(path, "the TLS certificates stay as they were")
        self.wait_for_log(path, self.chain)
        self.assertEqual(self.served_serial(server), before)


if __name__ == "__main__":
    unittest.main()
