"""Turbo's client against servers that misbehave: the negative HTTP/2 cases of gRPC's interop tests, and
others."""

import os
import subprocess
import unittest

import frames
import header_blocks
import misbehaving_server
from frames import Code, Setting
from misbehaving_server import HEAD, LARGE_REPLY, message

CALLER = os.path.abspath("tests/interop/turbo/caller")
SECONDS = 40


class Test(unittest.TestCase):
    def call(self, script, *, greets=True, calls=1, at_once=1, **flags):
        """What each call came to, as code and message, and the server afterwards."""
        flags.update(calls=calls, at_once=at_once)

        def run(connection):
            if greets:
                connection.greet()
            script(connection)

        with misbehaving_server.Server(run) as server:
            done = subprocess.run(
                [
                    CALLER,
                    f"--target=127.0.0.1:{server.port}",
                    *(f"--{name}={value}" for name, value in flags.items()),
                ],
                stdout=subprocess.PIPE,
                text=True,
                timeout=SECONDS,
                check=True,
            )
        self.assertEqual(server.failures, [])
        results = [tuple(line.split(": ", 1)) for line in done.stdout.splitlines()]
        self.assertEqual(len(results), calls * at_once)
        return results, server

    def assert_codes(self, script, *wanted, **options):
        results, server = self.call(script, calls=len(wanted), **options)
        self.assertEqual([result[0] for result in results], list(wanted), results)
        return server

    # ---- the official ones ----

    def test_goaway(self):
        def script(connection):
            stream = connection.next_call()
            connection.reply(stream)
            connection.send(frames.goaway(stream))
            connection.wait_for_end()

        server = self.assert_codes(script, "OK", "OK", "OK")
        # A call each: none was sent after the GOAWAY, or it was sent again.
        self.assertEqual(len(server.connections), 3)

    def test_rst_after_header(self):
        def script(connection):
            stream = connection.next_call()
            connection.headers(stream, HEAD)
            connection.send(frames.rst_stream(stream, Code.NO_ERROR))
            connection.wait_for_end()

        self.assert_codes(script, "INTERNAL")

    def test_rst_during_data(self):
        def script(connection):
            stream = connection.next_call()
            connection.headers(stream, HEAD)
            connection.data(stream, LARGE_REPLY[: len(LARGE_REPLY) // 2])
            connection.send(frames.rst_stream(stream, Code.NO_ERROR))
            connection.wait_for_end()

        self.assert_codes(script, "INTERNAL")

    def test_rst_after_data(self):
        def script(connection):
            stream = connection.next_call()
            connection.headers(stream, HEAD)
            connection.data(stream, LARGE_REPLY)
            connection.send(frames.rst_stream(stream, Code.NO_ERROR))
            connection.wait_for_end()

        self.assert_codes(script, "INTERNAL")

    def test_ping(self):
        pings = [bytes((i,)) * 8 for i in range(20)]

        def script(connection):
            unsent = list(pings)

            def send_ping():
                connection.send(frames.ping(unsent.pop(0)))

            for _ in range(4):
                send_ping()
                stream = connection.next_call()
                send_ping()
                connection.headers(stream, HEAD)
                send_ping()
                connection.data(stream, LARGE_REPLY[:1000])
                send_ping()
                connection.data(stream, LARGE_REPLY[1000:])
                connection.trailers(stream)
                send_ping()
            connection.wait_for_end()

        server = self.assert_codes(script, *["OK"] * 4)
        self.assertEqual(server.connections[0].pongs, pings)

    def test_max_streams(self):
        most = []

        def script(connection):
            while True:
                stream = connection.next_call()
                most.append(len(connection.open))
                connection.reply(stream)

        def greeting(connection):
            connection.greet({Setting.MAX_CONCURRENT_STREAMS: 1})
            script(connection)

        results, server = self.call(greeting, at_once=15, greets=False)
        self.assertEqual(results, [("OK",)] * 15)
        self.assertEqual(max(most), 1)
        self.assertEqual(len(server.connections), 1)

    # ---- connections that end ----

    def test_a_call_in_hand_goes_on_behind_goaway(self):
        def script(connection):
            stream = connection.next_head()
            connection.send(frames.goaway(stream))
            connection.reply(connection.next_call())
            connection.wait_for_end()

        server = self.assert_codes(script, "OK", "OK")
        self.assertEqual(len(server.connections), 2)

    def test_a_call_that_goaway_leaves_out_is_made_again(self):
        left_out = []

        def script(connection):
            connection.next_head()
            if left_out:
                return connection.serve()
            left_out.append(connection)
            connection.send(frames.goaway(0))
            return connection.wait_for_end()

        # It must fit what is kept for that, and wait until a server that ends a connection at once
        # may be asked again.
        server = self.assert_codes(script, "OK", request_bytes=1000, wait_for_ready="true")
        self.assertEqual(len(server.connections), 2)

    def test_a_refused_stream_is_tried_again(self):
        refused = []

        def script(connection):
            stream = connection.next_call()
            while len(refused) < 2:
                refused.append(stream)
                connection.open.discard(stream)
                connection.send(frames.rst_stream(stream, Code.REFUSED_STREAM))
                stream = connection.next_call()
            connection.reply(stream)
            connection.serve()

        server = self.assert_codes(script, "OK", "OK", request_bytes=1000)
        self.assertEqual(len(server.connections), 1)

    def test_a_stream_refused_for_ever_is_given_up(self):
        def script(connection):
            while True:
                connection.send(frames.rst_stream(connection.next_call(), Code.REFUSED_STREAM))

        self.assert_codes(script, "UNAVAILABLE", request_bytes=1000)

    def test_a_connection_cut_in_a_reply(self):
        def script(connection):
            stream = connection.next_call()
            connection.headers(stream, HEAD)
            connection.data(stream, LARGE_REPLY[:5000])

        self.assert_codes(script, "UNAVAILABLE", "UNAVAILABLE", timeout_ms=5000)

    def test_a_server_of_http_1(self):
        def script(connection):
            connection.take(len(frames.PREFACE))
            connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        self.assert_codes(script, "UNAVAILABLE", greets=False)

    def test_reset_codes(self):
        for code, status in (
            (Code.CANCEL, "CANCELLED"),
            (Code.ENHANCE_YOUR_CALM, "RESOURCE_EXHAUSTED"),
            (Code.INADEQUATE_SECURITY, "PERMISSION_DENIED"),
            (Code.INTERNAL_ERROR, "INTERNAL"),
        ):

            def script(connection, code=code):
                connection.send(frames.rst_stream(connection.next_call(), code))
                connection.wait_for_end()

            with self.subTest(code=code.name):
                self.assert_codes(script, status)

    # ---- time ----

    def test_a_server_that_is_silent(self):
        server = self.assert_codes(
            lambda connection: connection.wait_for_end(), "DEADLINE_EXCEEDED", timeout_ms=300
        )
        self.assertEqual(server.connections[0].resets, {1: Code.CANCEL})

    def test_a_server_that_does_not_greet(self):
        def script(connection):
            while True:
                connection.take(1)

        self.assert_codes(script, "DEADLINE_EXCEEDED", timeout_ms=300, greets=False)

    def test_a_window_that_stays_shut(self):
        def script(connection):
            connection.greet({Setting.INITIAL_WINDOW_SIZE: 0})
            connection.wait_for_end()

        self.assert_codes(script, "DEADLINE_EXCEEDED", timeout_ms=300, greets=False)

    def test_a_reply_that_stops(self):
        def script(connection):
            stream = connection.next_call()
            connection.headers(stream, HEAD)
            connection.data(stream, LARGE_REPLY[:5000])
            connection.wait_for_end()

        server = self.assert_codes(script, "DEADLINE_EXCEEDED", timeout_ms=300)
        self.assertEqual(server.connections[0].resets, {1: Code.CANCEL})

    # ---- answers ----

    def assert_answer(self, code, script):
        """What one answer is taken for, and that the connection is of use behind it."""

        def run(connection):
            stream = connection.next_call()
            script(connection, stream)
            connection.open.discard(stream)
            connection.serve()

        server = self.assert_codes(run, code, "OK")
        self.assertEqual(len(server.connections), 1)

    def test_the_end_without_a_status(self):
        def script(connection, stream):
            connection.headers(stream, HEAD)
            connection.data(stream, LARGE_REPLY, end=True)

        self.assert_answer("UNKNOWN", script)

    def test_other_statuses_of_http(self):
        for status, code in (
            (b"400", "INTERNAL"),
            (b"401", "UNAUTHENTICATED"),
            (b"403", "PERMISSION_DENIED"),
            (b"404", "UNIMPLEMENTED"),
            (b"429", "UNAVAILABLE"),
            (b"502", "UNAVAILABLE"),
            (b"503", "UNAVAILABLE"),
            (b"504", "UNAVAILABLE"),
            (b"418", "UNKNOWN"),
        ):

            def script(connection, stream, status=status):
                connection.headers(stream, [(b":status", status), (b"content-type", b"text/html")])
                connection.data(stream, b"<h1>no</h1>", end=True)

            with self.subTest(status=status):
                self.assert_answer(code, script)

    def test_a_page_is_no_answer(self):
        def script(connection, stream):
            connection.headers(stream, [(b":status", b"200"), (b"content-type", b"text/html")])
            connection.data(stream, b"<h1>hello</h1>", end=True)

        self.assert_answer("UNKNOWN", script)

    def test_malformed_messages(self):
        for name, code, body in (
            ("too large", "RESOURCE_EXHAUSTED", message(b"", length=(1 << 32) - 1)),
            ("compressed by nothing", "INTERNAL", message(b"\x1f\x8b", flag=1)),
            ("an unknown flag", "INTERNAL", message(b"", flag=2)),
            ("no protobuf", "INTERNAL", message(b"\xff\xff\xff")),
            ("cut short", "INTERNAL", message(b"abc", length=100)),
            ("two of them", "INTERNAL", message(b"") * 2),
            ("none", "INTERNAL", b""),
        ):

            def script(connection, stream, body=body):
                connection.headers(stream, HEAD)
                connection.data(stream, body)
                connection.trailers(stream)

            with self.subTest(name):
                self.assert_answer(code, script)

    def test_a_status_beside_a_reply_counts(self):
        def script(connection, stream):
            connection.headers(stream, HEAD)
            connection.data(stream, LARGE_REPLY)
            connection.trailers(stream, [(b"grpc-status", b"10"), (b"grpc-message", b"no%20way")])

        self.assert_answer("ABORTED", script)

    def test_padding(self):
        def script(connection, stream):
            connection.headers(stream, HEAD, padding=bytes(200))
            connection.data(stream, LARGE_REPLY, padding=bytes(255))
            connection.trailers(stream)

        self.assert_answer("OK", script)

    def test_a_head_in_many_pieces(self):
        def script(connection, stream):
            block = header_blocks.encode([*HEAD, (b"x-long", b"x" * 4000)])
            pieces = [block[i : i + 500] for i in range(0, len(block), 500)]
            connection.send(
                frames.headers(stream, pieces[0], end=False, complete=False),
                *(frames.continuation(stream, piece, complete=False) for piece in pieces[1:-1]),
                frames.continuation(stream, pieces[-1]),
            )
            connection.data(stream, LARGE_REPLY)
            connection.trailers(stream)

        self.assert_answer("OK", script)

    def test_a_reply_in_frames_of_a_byte(self):
        body = message(misbehaving_server.LARGE_REPLY[5:])

        def script(connection, stream):
            connection.headers(stream, HEAD)
            for i in range(20):
                connection.data(stream, body[i : i + 1])
            connection.data(stream, body[20:])
            connection.trailers(stream)

        self.assert_answer("OK", script)

    def test_tables_of_no_bytes(self):
        def script(connection):
            connection.greet({Setting.HEADER_TABLE_SIZE: 0})
            connection.serve()  # whose decoder raises if the client uses one

        self.assert_codes(script, "OK", "OK", greets=False)


if __name__ == "__main__":
    unittest.main(verbosity=2)
