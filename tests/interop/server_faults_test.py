"""Turbo's server and clients in difficulties: too large, too slow, too many, cut off in the middle."""

import os
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import urllib.request

import frames
import interop
from connection import Connection, Target
from frames import Code, Setting
from misbehaving_server import message

SECONDS = 60
CALLS = 1000
METHOD = "/grpc.testing.TestService/"
GRPC = ((b"content-type", b"application/grpc"), (b"te", b"trailers"))


class Client:
    """A process that brings Turbo's server into difficulties; `with` ends it."""

    def __init__(self, peer, program, server, *arguments):
        self.process = subprocess.Popen(
            [*program, server.target, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **peer.env},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def read_line(self):
        return self.process.stdout.readline().split()

    def read_all(self):
        lines = [line.split() for line in self.process.stdout]
        if self.process.wait(SECONDS) != 0:
            raise AssertionError(f"the client ended with {self.process.returncode} behind {lines}")
        return {line[0]: line[1] for line in lines}


class FaultsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        python, node = interop.grpc_python(folder.name), interop.grpc_js()
        self.peers = [
            (python, [interop.PYTHON, os.path.abspath("tests/interop/grpc_python/faults.py")]),
            (node, ["node", os.path.abspath("tests/interop/grpc_js/faults.mjs")]),
        ]
        self.server = self.start()

    def start(self, *flags):
        server = interop.Server(interop.TURBO, flags=flags)
        self.addCleanup(server.end)
        return server

    def with_each_client(self, check, *arguments, server=None):
        server = server or self.server
        for peer, program in self.peers:
            with self.subTest(peer=str(peer)), Client(peer, program, server, *arguments) as client:
                check(client)
                self.assert_open_calls(0, server)

    def assert_open_calls(self, wanted, server=None):
        """So many methods run, as soon as the server has heard of it."""
        url = f"http://127.0.0.1:{(server or self.server).port}/open_calls"
        end, count = time.monotonic() + 10, None
        while count != wanted and time.monotonic() < end:
            with urllib.request.urlopen(url, timeout=10) as page:
                count = int(page.read())
        self.assertEqual(count, wanted)

    # ---- real clients ----

    def test_messages_that_are_too_large(self):
        wanted = {
            "largest": "OK",
            "larger": "RESOURCE_EXHAUSTED",
            "much_larger": "RESOURCE_EXHAUSTED",
            "after_that": "OK",
            "larger_in_a_stream": "RESOURCE_EXHAUSTED",
            "larger_reply": "RESOURCE_EXHAUSTED",
        }
        self.with_each_client(lambda client: self.assertEqual(client.read_all(), wanted), "limits")

    def test_deadlines_at_each_step(self):
        steps = "passed", "before_the_reply", "between_replies", "while_it_sends", "unread"
        wanted = dict.fromkeys(steps, "DEADLINE_EXCEEDED")
        self.with_each_client(
            lambda client: self.assertEqual(client.read_all(), wanted), "deadlines"
        )

    def test_metadata_of_63_kilobytes(self):
        # In a head of several frames.
        server = self.start("--max_head_bytes=100000")
        self.with_each_client(
            lambda client: self.assertEqual(client.read_all(), {"metadata": "OK"}),
            "metadata",
            "64512",
            server=server,
        )

    def test_more_metadata_than_is_allowed(self):
        self.with_each_client(
            lambda client: self.assertEqual(client.read_all(), {"metadata": "RESOURCE_EXHAUSTED"}),
            "metadata",
            "64512",
        )

    def test_1000_calls_at_once(self):
        def check(client):
            self.assertEqual(client.read_line(), ["holding", "10"])
            self.assert_open_calls(CALLS)
            client.process.stdin.write("go on\n")
            client.process.stdin.flush()
            self.assertEqual(client.read_line(), ["went_on", "20", "OK"])

        self.with_each_client(check, "hold", str(CALLS))

    def test_a_client_that_is_killed(self):
        def check(client):
            self.assertEqual(client.read_line(), ["holding", "10"])
            self.assert_open_calls(50)
            client.process.kill()

        self.with_each_client(check, "hold", "50")

    # ---- raw ones ----

    def connect(self, settings=()):
        connection = Connection(Target("127.0.0.1", self.server.port, seconds=20))
        self.addCleanup(connection.close)
        connection.greet(settings)
        return connection

    def begin(self, connection, method, *more):
        return connection.request(METHOD + method, method="POST", more=(*GRPC, *more), end=False)

    def status(self, connection, stream):
        """The status of a call, from wherever it stands."""
        answer = connection.expect_response(stream)
        fields = dict((answer.trailers or []) + answer.fields)
        return int(fields[b"grpc-status"])

    def test_a_reset_ends_the_method(self):
        connection = self.connect()
        streams = [self.begin(connection, "StreamingInputCall") for _ in range(20)]
        self.assert_open_calls(20)
        connection.send(*(frames.rst_stream(stream, Code.CANCEL) for stream in streams))
        self.assert_open_calls(0)
        connection.expect_alive()

    def test_a_client_that_stops_sending_and_listens(self):
        connection = self.connect()
        self.begin(connection, "StreamingInputCall")
        self.assert_open_calls(1)
        connection.half_close()
        self.assert_open_calls(0)
        connection.expect_closed()

    def test_a_connection_that_is_reset(self):
        connection = self.connect()
        self.begin(connection, "FullDuplexCall")
        self.assert_open_calls(1)
        connection._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        self.assert_open_calls(0)

    def test_more_behind_the_end_of_a_stream(self):
        connection = self.connect()
        stream = self.begin(connection, "FullDuplexCall")
        connection.send(frames.data(stream, message(b""), end=True), frames.data(stream, message(b"")))
        connection.expect_stream_error(stream, Code.STREAM_CLOSED)
        self.assert_open_calls(0)

    def test_a_request_without_a_message(self):
        connection = self.connect()
        stream = self.begin(connection, "EmptyCall")
        connection.send(frames.data(stream, end=True))
        self.assertEqual(self.status(connection, stream), 13)
        connection.expect_alive()

    def test_a_call_cut_inside_of_a_message(self):
        connection = self.connect()
        for method in ("EmptyCall", "StreamingInputCall"):
            stream = self.begin(connection, method)
            connection.send(frames.data(stream, message(b"abc", length=100), end=True))
            self.assertEqual(self.status(connection, stream), 13)
        self.assert_open_calls(0)

    def test_a_malformed_timeout(self):
        connection = self.connect()
        for timeout in (b"1", b"123456789S", b"-1S", b"1x", b"1.5S"):
            stream = self.begin(connection, "EmptyCall", (b"grpc-timeout", timeout))
            with self.subTest(timeout=timeout):
                self.assertEqual(self.status(connection, stream), 13)
        connection.expect_alive()

    def test_a_deadline_behind_shut_windows(self):
        connection = self.connect({Setting.INITIAL_WINDOW_SIZE: 0})
        timeout = (b"grpc-timeout", b"300m")
        stream = self.begin(connection, "StreamingOutputCall", timeout)
        parameters = b"\x12\x04\x08\x80\x80\x40"  # 1 MiB
        connection.send(frames.data(stream, message(parameters * 64), end=True))
        connection.expect_head(stream)
        self.assert_open_calls(1)
        self.assert_open_calls(0)
        connection.expect_alive()


if __name__ == "__main__":
    unittest.main(verbosity=2)
