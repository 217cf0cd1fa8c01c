"""How hello ends while clients speak HTTP/2: in two phases, without losing a request."""

import signal
import subprocess
import threading
import unittest

import frames
from connection import Connection, Failure, Target
from hello_process import SIGNALS, Hello

BLOB_BYTES = 1 << 20
HALF = b"u" * 16_000
EVERY_STREAM = frames.LARGEST_STREAM


class EndTest(unittest.TestCase):
    def start(self):
        hello = Hello("--address=127.0.0.1", "--port=0")
        self.addCleanup(hello.end)
        hello.target = Target("127.0.0.1", hello.port)
        return hello

    def connect(self, hello):
        client = Connection(hello.target)
        self.addCleanup(client.close)
        client.greet()
        return client

    def begin_upload(self, client):
        """A request of which half has arrived."""
        stream = client.request("/echo", method="POST", end=False)
        client.send(frames.data(stream, HALF))
        client.expect_alive()
        return stream

    def end_upload(self, client, stream):
        client.send(frames.data(stream, HALF, end=True))
        self.assertEqual(client.expect_response(stream).body, HALF * 2)

    def expect_farewell(self, client):
        """The server closes, and then the client does: for one that stays it would wait."""
        client.expect_closed()
        self.assertEqual(client.goaway.code, frames.Code.NO_ERROR)
        client.close()

    def assert_ends(self, hello, seconds):
        code, took = hello.wait()
        self.assertEqual(code, 0)
        self.assertLess(took, seconds)

    def test_idle_connections_are_told_and_closed(self):
        for number in SIGNALS:
            hello = self.start()
            clients = [self.connect(hello) for _ in range(20)]
            for client in clients:
                client.expect_response(client.request("/plaintext"))
            hello.send_signal(number)
            for client in clients:
                self.expect_farewell(client)
            self.assert_ends(hello, 3)

    def test_the_end_comes_in_two_phases(self):
        """RFC 9113 6.8: a request that was on its way when the client was told is still served."""
        hello = self.start()
        client = self.connect(hello)
        upload = self.begin_upload(client)
        client.acknowledges = False  # the PING behind the first GOAWAY would begin the second
        hello.send_signal(signal.SIGTERM)
        client.expect("the first GOAWAY", lambda: client.goaway)
        self.assertEqual(client.goaway.code, frames.Code.NO_ERROR)
        self.assertEqual(client.goaway.last_stream, EVERY_STREAM)
        on_its_way = client.request("/plaintext")
        self.assertEqual(client.expect_response(on_its_way).body, b"Hello, World!")
        with self.assertRaises(ConnectionRefusedError):
            hello.connect()
        client.expect("a PING", lambda: self.pings(client))
        client.send(*(frames.ping(ping.payload, ack=True) for ping in self.pings(client)))
        client.expect("the last GOAWAY", lambda: client.goaway.last_stream != EVERY_STREAM)
        self.assertEqual(client.goaway.last_stream, on_its_way)
        too_late = client.request("/plaintext")
        self.end_upload(client, upload)
        self.expect_farewell(client)
        self.assertEqual(client.answer(too_late).status, 0)
        self.assert_ends(hello, 3)

    def pings(self, client):
        return [
            frame
            for frame in client.log
            if frame.kind == frames.Type.PING and not frame.has(frames.Flag.ACK)
        ]

    def test_a_download_in_hand_comes_whole(self):
        hello = self.start()
        client = self.connect(hello)
        streams = [client.request("/blob") for _ in range(8)]
        client.expect("a window full", lambda: self.received(client) == frames.WINDOW_BYTES)
        hello.send_signal(signal.SIGTERM)
        client.send(frames.window_update(0, 16 << 20))
        client.send(*(frames.window_update(stream, 2 << 20) for stream in streams))
        for stream in streams:
            self.assertEqual(len(client.expect_response(stream).body), BLOB_BYTES)
        self.expect_farewell(client)
        self.assert_ends(hello, 3)

    def received(self, client):
        return sum(len(answer.body) for answer in client.answers.values())

    def test_no_request_is_lost_under_load(self):
        for number in SIGNALS:
            hello = self.start()
            load = subprocess.Popen(
                ["h2load", "-D", "2", "-c", "4", "-m", "10", hello.url("/plaintext")],
                stdout=subprocess.DEVNULL,
            )
            self.addCleanup(lambda load=load: (load.kill(), load.wait()))
            askers = [Asker(hello.target) for _ in range(4)]
            for asker in askers:
                asker.wait_for_answers(20)
            hello.send_signal(number)
            for asker in askers:
                self.assertIsNone(asker.wait_for_end())
            self.assert_ends(hello, 4)

    def test_a_second_signal_ends_it_at_once(self):
        hello = self.start()
        client = self.connect(hello)
        self.begin_upload(client)
        hello.send_signal(signal.SIGTERM)
        client.expect("GOAWAY", lambda: client.goaway)
        hello.send_signal(signal.SIGTERM)
        self.assertEqual(hello.wait(5)[0], 128 + signal.SIGTERM)


class Asker(threading.Thread):
    """Asks on streams of one connection, several at a time, until it is told of the end: then all
    up to the last stream that the server names must have been answered."""

    STREAMS = 5

    def __init__(self, target):
        super().__init__(daemon=True)
        self.connection = Connection(target)
        self.connection.greet()
        self.answers, self.failure = 0, None
        self.changed = threading.Condition()
        self.start()

    def run(self):
        try:
            with self.connection:
                self.ask()
        except Failure as failure:
            self.failure = str(failure)

    def ask(self):
        client = self.connection
        while not client.goaway:
            streams = [client.request(f"/hello/{self.answers}") for _ in range(self.STREAMS)]
            done = lambda: all(client.answer(stream).ended for stream in streams)
            client.expect("answers or GOAWAY", lambda: done() or client.goaway or client.closed)
            client.log.clear()
            with self.changed:
                self.answers += self.STREAMS
                self.changed.notify_all()
        client.expect_closed()
        for stream, answer in client.answers.items():
            if stream <= client.goaway.last_stream and answer.status != 200:
                self.failure = f"stream {stream} of {client.goaway.last_stream}: {answer}"

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
