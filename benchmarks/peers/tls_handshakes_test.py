"""tls_handshakes counts what happened: connections, resumed sessions, failures."""

import contextlib
import socket
import ssl
import subprocess
import sys
import threading
import unittest

import certificates
import load

TLS_HANDSHAKES = sys.argv.pop(1)
ANSWER = b"HTTP/1.1 %s\r\nContent-Length: 5\r\n\r\nhello"


def server_context(certificate, **settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def serve(listener, context, status):
    """Answers a request on one connection after another until the listener is closed."""
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as secured:
            secured.recv(1 << 16)
            secured.sendall(ANSWER % status)
            secured.recv(1)


@contextlib.contextmanager
def running_server(context, status=b"200 OK"):
    """The port of a server in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, context, status))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def run(*flags):
    return subprocess.run([TLS_HANDSHAKES, *flags], capture_output=True, text=True, timeout=30)


class TlsHandshakesTest(unittest.TestCase):
    def setUp(self):
        self.certificate = self.enterContext(certificates.self_signed())

    def seen(self, context, *flags, status=b"200 OK"):
        with running_server(context, status) as port:
            ended = run(f"--port={port}", "--seconds=20", "--count=12", "--connections=2", *flags)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return load.read_summary("tls_handshakes", ended.stdout)

    def test_makes_as_many_full_handshakes_as_asked(self):
        seen = self.seen(server_context(self.certificate))
        self.assertEqual((seen.requests, seen.resumed, seen.errors), (12, 0, {}))
        self.assertGreater(seen.p99_ms, 0)

    def test_resumes_all_but_the_first(self):
        seen = self.seen(server_context(self.certificate), "--resume")
        self.assertEqual((seen.requests, seen.resumed, seen.errors), (12, 11 / 12, {}))

    def test_says_when_sessions_are_not_resumed(self):
        seen = self.seen(server_context(self.certificate, num_tickets=0), "--resume")
        self.assertEqual((seen.requests, seen.resumed), (12, 0))
        self.assertEqual(seen.errors, {"not_resumed": 11})

    def test_counts_answers_that_are_no_success(self):
        seen = self.seen(server_context(self.certificate), status=b"404 Not Found")
        self.assertEqual((seen.requests, seen.errors), (12, {"not_2xx": 12}))

    def test_ends_when_the_time_is_up(self):
        with running_server(server_context(self.certificate)) as port:
            ended = run(f"--port={port}", "--seconds=1")
        self.assertLess(load.read_summary("tls_handshakes", ended.stdout).requests, 1_000_000)

    def test_a_server_without_tls_1_3_is_an_error(self):
        old = server_context(self.certificate, maximum_version=ssl.TLSVersion.TLSv1_2)
        with running_server(old) as port:
            ended = run(f"--port={port}")
        self.assertIn("let it speak TLS 1.3", ended.stderr)
        self.assertNotEqual(ended.returncode, 0)

    def test_explains_itself_when_asked_and_when_misused(self):
        self.assertIn("usage: tls_handshakes", run("--help").stdout)
        self.assertEqual(run("--help").returncode, 0)
        for flags in ([], ["--port=x"], ["--port=1", "--seconds=0"], ["--port=1", "--path=x"]):
            ended = run(*flags)
            self.assertIn("usage: tls_handshakes", ended.stderr)
            self.assertNotEqual(ended.returncode, 0)

    def test_no_server_is_an_error_that_says_what_to_do(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.assertIn("Connection refused; start a server", run(f"--port={port}").stderr)


if __name__ == "__main__":
    unittest.main()
