"""How hello starts, refuses to start, and ends: flags, messages, signals under load."""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from hello_process import SIGNALS, Hello, receive_some, receive_until_end, run_hello

BODY_BYTES = 1 << 20


class FlagsTest(unittest.TestCase):
    def assert_refused(self, said, *flags):
        done = run_hello(*flags)
        self.assertNotEqual(done.returncode, 0, flags)
        self.assertGreater(done.returncode, 0, f"{flags}: died of a signal: {done.stderr}")
        self.assertRegex(done.stderr, said)
        self.assertNotIn("listening", done.stdout)

    def test_help_explains_every_flag_and_succeeds(self):
        done = run_hello("--help")
        self.assertEqual(done.returncode, 0, done.stderr)
        for word in ("--address", "--port", "--loops", "--max_body", "unix:", "8080"):
            self.assertIn(word, done.stdout)

    def test_bad_flags_are_named(self):
        self.assert_refused("prot", "--prot=1")
        self.assert_refused("port", "--port=http")
        self.assert_refused("65535", "--port=65536")
        self.assert_refused("flags only", "8080")
        self.assert_refused("loops", "--loops=100000", "--port=0")

    def test_bad_addresses_are_named(self):
        self.assert_refused("localhost", "--address=localhost", "--port=0")
        self.assert_refused("300.0.0.1", "--address=300.0.0.1", "--port=0")
        self.assert_refused("192.0.2.1.*assign", "--address=192.0.2.1", "--port=0")
        self.assert_refused("/nowhere/at/all", "--address=unix:/nowhere/at/all")
        self.assert_refused("path", "--address=unix:" + "/long" * 40)
        self.assert_refused("path", "--address=unix:")

    def test_a_busy_port_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            self.assert_refused(f"127.0.0.1:{port}.*in use", "--address=127.0.0.1", f"--port={port}")

    def test_a_second_hello_does_not_share_the_port_of_the_first(self):
        with Hello("--address=127.0.0.1", "--port=0") as first:
            self.assert_refused(
                f"{first.address}.*in use", "--address=127.0.0.1", f"--port={first.port}"
            )

    def test_it_says_where_it_listens_and_how_many_descriptors_it_may_have(self):
        with Hello("--address=127.0.0.1", "--port=0", "--loops=1") as hello:
            self.assertRegex(hello.line, r"127\.0\.0\.1:[1-9]\d* with 1 loop, ")
            with open(f"/proc/{hello.process.pid}/limits", encoding="ascii") as limits:
                line = next(line for line in limits if line.startswith("Max open files"))
            self.assertEqual(line.split()[3:5], [hello.descriptor_limit] * 2)


class AccessLogTest(unittest.TestCase):
    def test_requests_are_logged_and_the_file_may_be_moved_away(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "log")
            with Hello("--address=127.0.0.1", "--port=0", f"--access_log={path}") as hello:
                self.ask(hello, "/before")
                self.wait_for_line(path)
                os.rename(path, path + ".1")
                hello.send_signal(signal.SIGHUP)
                self.wait_until(lambda: os.path.exists(path), "the file was not opened again")
                self.ask(hello, "/after")
                hello.send_signal(signal.SIGTERM)
                self.assertEqual(hello.wait()[0], 0)
            self.assertEqual(self.targets(path + ".1"), ["/before"])
            self.assertEqual(self.targets(path), ["/after"])

    def test_a_file_that_cannot_be_made_is_named(self):
        done = run_hello("--port=0", "--access_log=/nowhere/log")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere/log", done.stderr)

    def ask(self, hello, target):
        client = http.client.HTTPConnection("127.0.0.1", hello.port, timeout=10)
        client.request("GET", target)
        client.getresponse().read()
        client.close()

    def wait_for_line(self, path):
        self.wait_until(lambda: os.path.getsize(path) > 0, "nothing was logged")

    def wait_until(self, done, problem):
        end = time.monotonic() + 10
        while not done():
            self.assertLess(time.monotonic(), end, problem)
            time.sleep(0.02)

    def targets(self, path):
        with open(path, encoding="utf-8") as lines:
            return [json.loads(line)["target"] for line in lines]


class EndTest(unittest.TestCase):
    def start(self, *flags):
        hello = Hello("--address=127.0.0.1", "--port=0", *flags)
        self.addCleanup(hello.end)
        return hello

    def begin_upload(self, hello):
        """A request of which half has arrived: the server has asked for the rest."""
        client = hello.connect()
        self.addCleanup(client.close)
        client.sendall(
            b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
            b"Content-Length: %d\r\n\r\n" % BODY_BYTES
        )
        receive_some(client, b"100 Continue\r\n\r\n")
        client.sendall(b"u" * (BODY_BYTES // 2))
        return client

    def test_it_ends_at_once_when_nobody_is_connected(self):
        for number in SIGNALS:
            hello = self.start()
            hello.send_signal(number)
            code, seconds = hello.wait()
            self.assertEqual(code, 0)
            self.assertLess(seconds, 3)
            self.assertEqual(hello.process.stdout.read(), b"hello: stopped\n")

    def test_idle_connections_do_not_hold_it_up(self):
        hello = self.start()
        idle = [hello.connect() for _ in range(50)]
        for client in idle:
            self.addCleanup(client.close)
            client.sendall(b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            receive_some(client, b"Hello, World!")
        hello.send_signal(signal.SIGTERM)
        for client in idle:
            self.assertEqual(client.recv(1), b"")
        code, seconds = hello.wait()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 3)

    def test_every_request_in_hand_is_answered_under_load(self):
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                self.end_under_load(number)

    def end_under_load(self, number):
        hello = self.start()
        load = subprocess.Popen(
            ["wrk", "-t1", "-c16", "-d2s", hello.url("/plaintext")], stdout=subprocess.DEVNULL
        )
        self.addCleanup(lambda: (load.terminate(), load.wait()))
        askers = [Asker(hello) for _ in range(4)]
        upload = self.begin_upload(hello)
        slow = hello.connect()
        self.addCleanup(slow.close)
        slow.sendall(b"GET /blob HTTP/1.1\r\nHost: a\r\n\r\n" * 8)
        received = slow.recv(1000)  # the rest does not fit into the sockets yet
        for asker in askers:
            asker.wait_for_answers(20)

        hello.send_signal(number)
        for asker in askers:
            self.assertIsNone(asker.wait_for_end())
        upload.sendall(b"u" * (BODY_BYTES // 2))
        answer = receive_until_end(upload)
        self.assertTrue(answer.endswith(b"\r\n\r\n" + b"u" * BODY_BYTES))
        self.assertIn(b"\r\nConnection: close\r\n", answer)
        received += receive_until_end(slow)
        self.assert_whole_blobs(received)

        for client in (upload, slow):  # it waits some seconds for clients that stay
            client.close()
        code, seconds = hello.wait()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 4)
        load.terminate()
        load.wait()

    def assert_whole_blobs(self, received):
        """What began to be answered came whole."""
        heads = received.count(b"HTTP/1.1 200 OK\r\n")
        self.assertGreater(heads, 0)
        self.assertEqual(received.count(b"x" * 1024), heads * 1024)

    def test_a_second_signal_ends_it_at_once(self):
        for number in SIGNALS:
            hello = self.start()
            self.begin_upload(hello)
            hello.send_signal(number)
            with self.assertRaises(subprocess.TimeoutExpired):
                hello.process.wait(0.5)  # the upload holds it up
            hello.send_signal(number)
            code, seconds = hello.wait()
            self.assertEqual(code, 128 + number)
            self.assertLess(seconds, 2)

    def test_a_new_connection_is_refused_while_it_ends(self):
        hello = self.start()
        idle = hello.connect()
        self.addCleanup(idle.close)
        idle.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        receive_some(idle, b"</ul>")
        self.begin_upload(hello)
        hello.send_signal(signal.SIGTERM)
        self.assertEqual(idle.recv(1), b"")  # it has stopped accepting before that
        with self.assertRaises(ConnectionRefusedError):
            hello.connect()

    def test_the_path_of_a_unix_socket_can_be_used_again(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "hello.sock")
            for _ in range(2):
                with Hello("--address=unix:" + path) as hello:
                    hello.send_signal(signal.SIGTERM)
                    self.assertEqual(hello.wait()[0], 0)


class Asker(threading.Thread):
    """Asks and asks. Half an answer is a failure; an end or a reset before one is how HTTP/1.1
    servers end idle connections."""

    def __init__(self, hello):
        super().__init__(daemon=True)
        self.hello = hello
        self.answers = 0
        self.failure = None
        self.changed = threading.Condition()
        self.start()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.hello.port, timeout=10)
        try:
            while True:
                connection.request("GET", f"/hello/{self.answers}")
                response = connection.getresponse()
                wanted = f"Hello, {self.answers}!\n".encode()
                if response.read() != wanted:
                    self.failure = "a wrong answer"
                    return
                with self.changed:
                    self.answers += 1
                    self.changed.notify_all()
        except (ConnectionError, http.client.RemoteDisconnected):
            return
        except Exception as error:  # pylint: disable=broad-except
            self.failure = repr(error)
        finally:
            connection.close()

    def wait_for_answers(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: self.answers >= count, timeout=10):
                raise AssertionError(f"only {self.answers} answers: {self.failure}")

    def wait_for_end(self):
        """None, or what was wrong."""
        self.join(10)
        return "it still runs" if self.is_alive() else self.failure


if __name__ == "__main__":
    unittest.main(verbosity=2)
