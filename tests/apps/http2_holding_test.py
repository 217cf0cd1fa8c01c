"""Clients that hold what they were given, or take their time, over HTTP/2 with default limits.

They are not cut before the timeouts of the server, which are long; but nobody else waits for them,
and what they cost stays within its bound.
"""

import os
import tempfile
import unittest

from files_process import Files
from frames import (
    LARGEST_WINDOW, PREFACE, WINDOW_BYTES, Setting, continuation, data, headers, settings,
    window_update,
)  # fmt: skip
from header_blocks import encode, literal, table_size_update
from http2_attacker import GROWTH_BYTES, STREAM_BYTES, AttackTest

STREAMS = 100
CONNECTIONS = 200
CONNECTION_BYTES = 32 << 10  # an HTTP/2 connection with its tables and a request half read
FILE_BYTES = 10 << 20
NO_WINDOW = {Setting.INITIAL_WINDOW_SIZE: 0}
ALL_WINDOW = {Setting.INITIAL_WINDOW_SIZE: LARGEST_WINDOW}
OPEN_ALL = window_update(0, LARGEST_WINDOW - WINDOW_BYTES)


class DownloadTest(AttackTest):
    """Of answers that are there already, without a copy."""

    def download_all(self, attacker, path="/blob"):
        return [attacker.request(path) for _ in range(STREAMS)]

    def test_zero_windows(self):
        """CVE-2019-9517, and 9511."""
        with self.attacked(STREAMS * STREAM_BYTES) as server:
            attacker = self.attacker(server, NO_WINDOW)
            for stream in self.download_all(attacker):
                attacker.expect_head(stream)
            attacker.expect_alive()

    def test_a_window_of_the_connection_alone(self):
        with self.attacked(STREAMS * STREAM_BYTES) as server:
            attacker = self.attacker(server, ALL_WINDOW)
            streams = self.download_all(attacker)
            got = lambda: sum(len(attacker.answer(stream).body) for stream in streams)
            attacker.expect("a window full", lambda: got() == WINDOW_BYTES)
            attacker.expect_alive()
            self.assertEqual(got(), WINDOW_BYTES)

    def test_windows_of_a_byte(self):
        """Either a byte for a byte, or the end of it."""
        with self.attacked() as server:
            attacker = self.attacker(server, {Setting.INITIAL_WINDOW_SIZE: 1})
            stream = attacker.request("/blob")
            for count in range(1, 2000):
                attacker.expect(
                    "a byte, or GOAWAY",
                    lambda: len(attacker.answer(stream).body) >= count or attacker.goaway,
                )
                attacker.pour([window_update(stream, 1)])

    def test_answers_that_nobody_reads(self):
        with self.attacked(STREAMS * STREAM_BYTES) as server:
            attacker = self.attacker(server, ALL_WINDOW)
            attacker.send(OPEN_ALL)
            self.download_all(attacker)

    def test_10000_small_answers_that_nobody_reads(self):
        with self.attacked(STREAMS * STREAM_BYTES) as server:
            attacker = self.attacker(server)
            head = attacker.target.head(path="/plaintext")
            attacker.pour(
                (headers(attacker.new_stream(), head) for _ in range(10_000)), reads=False
            )


class FileDownloadTest(DownloadTest):
    """Of files, which are read piece by piece."""

    PAGE = ("/page.txt", b"a page")

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        for name, content in (("page.txt", b"a page"), ("plaintext", b"x"), ("blob", b"")):
            with open(os.path.join(cls.folder, name), "wb") as file:
                file.write(content)
        os.truncate(os.path.join(cls.folder, "blob"), FILE_BYTES)

    def start(self):
        return Files(self.folder, "--loops=1")


class RequestTest(AttackTest):
    def test_half_uploads(self):
        with self.attacked() as server:
            attacker = self.attacker(server)
            for _ in range(STREAMS):
                stream = attacker.request("/echo", method="POST", end=False)
                attacker.pour([data(stream, b"d" * 8000)])
            attacker.expect_alive()

    def test_more_uploads_than_the_connection_s_window(self):
        """Where bodies are consumed at once the window opens again; it is not for ever."""
        with self.attacked() as server:
            attacker = self.attacker(server)
            streams = [attacker.request("/echo", method="POST", end=False) for _ in range(20)]
            for stream in streams:
                for _ in range(20):
                    attacker.await_credit(stream, 16384)
                    attacker.pour([data(stream, b"d" * 16384)])
            attacker.pour(data(stream, end=True) for stream in streams)
            attacker.send(OPEN_ALL)
            attacker.send(*(window_update(stream, LARGEST_WINDOW >> 1) for stream in streams))
            for stream in streams:
                self.assertEqual(len(attacker.expect_response(stream).body), 20 * 16384)

    def test_bytes_with_255_of_padding(self):
        """CVE-2019-9518's cousin: the padding counts, so its window must come back as well."""
        with self.attacked() as server:
            attacker = self.attacker(server)
            stream = attacker.request("/echo", method="POST", end=False)
            piece = data(stream, b"d", padding=b"\0" * 255)
            for _ in range(5000):
                attacker.await_credit(stream, 257)
                attacker.pour([piece])
            attacker.pour([data(stream, end=True)])
            self.assertEqual(attacker.expect_response(stream).body, b"d" * 5000)

    def test_byte_by_byte(self):
        with self.attacked() as server:
            attacker = self.attacker(server, greets=False)
            attacker.acknowledges = False  # that would come between two bytes
            head = attacker.target.head("POST", "/echo", [(b"x-long", b"l" * 3000)])
            sent = PREFACE + settings() + headers(1, head[:2000], end=False, complete=False)
            sent += continuation(1, head[2000:]) + data(1, b"slow", end=True)
            for byte in sent:
                attacker.pour([bytes((byte,))])
            self.assertEqual(attacker.expect_response(1).body, b"slow")

    def test_connections_that_stop_within(self):
        """Within the preface, SETTINGS, a head, a block of a head, a body."""
        with self.attacked(GROWTH_BYTES + CONNECTIONS * CONNECTION_BYTES) as server:
            head = server.target.head("POST", "/echo")
            begun = headers(1, head[:20], end=False, complete=False)
            sent = PREFACE + settings(NO_WINDOW) + begun + continuation(1, head[20:])
            sent += data(1, b"half")
            stops = [1, 3, 20, 24, 30, 40, len(sent) - 40, len(sent) - 15, len(sent) - 2, len(sent)]
            for at in range(CONNECTIONS):
                attacker = self.attacker(server, greets=False)
                attacker.pour([sent[: stops[at % len(stops)]]])

    def test_tables_of_any_size(self):
        """Ours does not grow with what the client would hold; theirs may change with every head."""
        with self.attacked() as server:
            attacker = self.attacker(server, {Setting.HEADER_TABLE_SIZE: (1 << 32) - 1})
            for at in range(500):
                update = table_size_update(0) + table_size_update(4096 if at % 2 else at)
                name = literal(b"x-%d" % at, b"v" * 2000, kind="incremental")
                stream = attacker.new_stream()
                attacker.send(headers(stream, update + attacker.target.head("HEAD") + name))
                attacker.expect_response(stream)
            self.assertLessEqual(attacker.decoder.table_size, 4096)

    def test_many_updates_of_the_table_in_one_block(self):
        with self.attacked() as server:
            attacker = self.attacker(server)
            updates = (table_size_update(0) + table_size_update(4000)) * 2000
            for _ in range(50):
                stream = attacker.new_stream()
                attacker.pour([headers(stream, updates + attacker.target.head())])
            first = attacker.answer(1)
            attacker.expect("an answer, or GOAWAY", lambda: first.ended or attacker.goaway)

    def test_cookies_in_crumbs(self):
        with self.attacked() as server:
            attacker = self.attacker(server)
            crumbs = encode([(b"cookie", b"a=%d" % at) for at in range(90)])
            for _ in range(100):
                stream = attacker.new_stream()
                attacker.pour([headers(stream, attacker.target.head(path="/cookie") + crumbs)])
                body = attacker.expect_response(stream).body
                self.assertEqual(body, b"".join(b"a=%d\n" % at for at in range(90)))
                attacker.send(window_update(0, len(body)))


del AttackTest  # a base only

if __name__ == "__main__":
    unittest.main(verbosity=2)
