"""An attacker, a client that behaves well meanwhile, and what must hold of a server under attack.

The server is the real hello (or files) with its default limits and one loop, so that the attacker
and the other client meet on it.
"""

import contextlib
import http.client
import os
import re
import select
import threading
import time
import unittest

import frames
from connection import Connection, Target
from hello_process import Hello

# A sanitizer's memory is not the server's, and it takes its time.
SANITIZED = bool({"ASAN_OPTIONS", "TSAN_OPTIONS"} & set(os.environ))
# Any page for the other client. The machine may be busy with other tests; the bar of 50 ms is for
# the benchmarks.
SLOWEST_SECONDS = 2.0 if SANITIZED else 0.5
PAUSE_SECONDS = 0.005
GROWTH_BYTES = 1 << 20
STREAM_BYTES = 64 << 10  # what a blocked stream may cost
GROWTH_PER_BYTE_SENT = 4
# All that an attack may take; a server that neither reads nor cuts would hold it up for ever.
ATTACK_SECONDS = 20
SEND_BYTES = 1 << 16


class Attacker(Connection):
    """A connection that sends much while it reads, or does not; counts what it sent."""

    def __init__(self, target):
        super().__init__(target)
        self.sent_bytes = 0
        self.credit = {}  # by stream, 0 is the connection; what the server lets us send
        self._waiting = bytearray()  # of what is being poured
        self._pours = False

    def pour(self, chunks, reads=True):
        """Sends the chunks until they are all sent or the server has closed. A server that stops
        reading holds up the rest. Without `reads` nothing is read before that."""
        end = time.monotonic() + ATTACK_SECONDS
        self._pours = True
        for chunk in chunks:
            self._waiting += chunk
            if len(self._waiting) >= SEND_BYTES and not self._push(reads, end):
                break
        self._push(reads, end)
        self._waiting.clear()
        self._pours = False

    def send(self, *pieces):
        """Answers to what is read meanwhile go behind what waits, which may be half a frame."""
        if self._pours:
            self._waiting += b"".join(pieces)
        else:
            super().send(*pieces)

    def await_credit(self, stream, size):
        """Reads until so much DATA may go on a stream, then takes it."""
        for key in (0, stream):
            self.credit.setdefault(key, self._first_credit(key))
            self.expect(f"a window of {size} on {key}", lambda key=key: self.credit[key] >= size)
            self.credit[key] -= size

    def _first_credit(self, key):
        first = self.settings.get(frames.Setting.INITIAL_WINDOW_SIZE, frames.WINDOW_BYTES)
        first = first if key else frames.WINDOW_BYTES
        return first + sum(
            each.increment
            for each in self.log
            if (each.kind, each.stream) == (frames.Type.WINDOW_UPDATE, key)
        )

    def _take(self, frame):
        super()._take(frame)
        if frame.kind == frames.Type.WINDOW_UPDATE and frame.stream in self.credit:
            self.credit[frame.stream] += frame.increment

    def _push(self, reads, end):
        """Sends all that waits; False when the server closed or time is up."""
        while self._waiting and not self.closed:
            left = end - time.monotonic()
            if left <= 0:
                return False
            readable, writable, _ = select.select(
                [self._socket] if reads else [], [self._socket], [], left
            )
            if readable:
                self.read_frame(0)
            elif writable and not self._send_some():
                return False
        return not self.closed

    def _send_some(self):
        self._socket.settimeout(0)
        try:
            count = self._socket.send(self._waiting)
        except BlockingIOError:
            return True
        except OSError:  # closed; what it said before is still to be read
            return False
        finally:
            self._socket.settimeout(self.target.seconds)
        self.sent_bytes += count
        del self._waiting[:count]
        return True


class Friend(threading.Thread):
    """Asks for a page again and again, by HTTP/1.1 and by HTTP/2 in turn."""

    def __init__(self, server, path, body):
        super().__init__(daemon=True)
        self.server, self.path, self.body = server, path, body
        self.answers, self.slowest, self.problem = 0, 0.0, None
        self.most_memory = 0
        self.stopping = threading.Event()

    def run(self):
        try:
            old = http.client.HTTPConnection(self.server.target.host, self.server.target.port)
            old.timeout = 10
            with contextlib.closing(old), Connection(self.server.target) as new:
                new.greet()
                while not self.stopping.wait(PAUSE_SECONDS):
                    self.time(self.ask_http1, old)
                    self.time(self.ask_http2, new)
                    self.most_memory = max(self.most_memory, resident_bytes(self.server))
        except Exception as error:  # pylint: disable=broad-except
            self.problem = repr(error)

    def time(self, ask, connection):
        started = time.monotonic()
        body = ask(connection)
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.answers += 1
        if body != self.body:
            raise AssertionError(f"a wrong answer: {body!r}")

    def ask_http1(self, connection):
        connection.request("GET", self.path)
        return connection.getresponse().read()

    def ask_http2(self, connection):
        stream = connection.request(self.path)
        body = connection.expect_response(stream).body
        connection.answers.clear()
        connection.log.clear()
        return body

    def stop(self):
        self.stopping.set()
        self.join(20)


def resident_bytes(server):
    """Anonymous memory: code that is read for the first time does not count."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"RssAnon:\s*(\d+) kB", status.read())[1]) << 10


class AttackTest(unittest.TestCase):
    """Tests derive from it."""

    # What the friend asks for, and gets.
    PAGE = ("/plaintext", b"Hello, World!")

    def start(self):
        return Hello("--address=127.0.0.1", "--port=0", "--loops=1")

    def warm(self, server):
        """What is to happen before memory and descriptors are counted: the pages are there, the
        files open, and the first line of the log has made its queue."""
        with Attacker(server.target) as attacker:
            attacker.greet()
            for path in ("/plaintext", "/blob"):
                attacker.expect_response(attacker.request(path, method="HEAD"))
            attacker.pour(frames.ping() for _ in range(1000))
            attacker.expect_closed()

    @contextlib.contextmanager
    def started(self):
        """A server to be attacked, which must end well behind it."""
        server = self.start()
        server.target = Target("127.0.0.1", server.port)
        server.attackers = []
        try:
            self.ask_as_friend(server, 20)
            self.warm(server)
            server.descriptors = server.resting_descriptors()
            server.memory = resident_bytes(server)
            yield server
            server.process.terminate()
            self.assertEqual(server.process.wait(15), 0)
        finally:
            for attacker in server.attackers:
                attacker.close()
            server.end()

    @contextlib.contextmanager
    def attack(self, server, growth=GROWTH_BYTES):
        """The server has a friend. Behind the attack the friend must have been served throughout,
        memory must have stayed within `growth` and a share of what was sent, and nothing may be
        left behind."""
        friend = Friend(server, *self.PAGE)
        friend.start()
        self.await_answers(friend, 4)
        yield
        # The attack's end must be seen by the friend too.
        self.await_answers(friend, friend.answers + 4)
        friend.stop()
        self.check(server, friend, growth)
        while server.attackers:
            server.attackers.pop().close()
        self.assertEqual(server.settled_descriptors(server.descriptors), server.descriptors)
        self.ask_as_friend(server, 2)

    @contextlib.contextmanager
    def attacked(self, growth=GROWTH_BYTES):
        """A server for one attack."""
        with self.started() as server, self.attack(server, growth):
            yield server

    def check(self, server, friend, growth):
        self.assertIsNone(friend.problem)
        self.assertLess(friend.slowest, SLOWEST_SECONDS)
        self.assertIsNone(server.process.poll(), "the server has ended")
        if not SANITIZED:
            sent = sum(attacker.sent_bytes for attacker in server.attackers)
            grown = friend.most_memory - server.memory
            self.assertLess(grown, growth + GROWTH_PER_BYTE_SENT * sent)

    def ask_as_friend(self, server, answers):
        friend = Friend(server, *self.PAGE)
        friend.start()
        self.await_answers(friend, answers)
        friend.stop()
        self.assertIsNone(friend.problem)

    def await_answers(self, friend, count):
        end = time.monotonic() + ATTACK_SECONDS
        while friend.answers < count and friend.is_alive() and time.monotonic() < end:
            time.sleep(0.001)
        self.assertIsNone(friend.problem)
        self.assertGreaterEqual(friend.answers, count)

    def attacker(self, server, settings=(), greets=True):
        """Has connected and, unless told otherwise, exchanged SETTINGS."""
        attacker = Attacker(server.target)
        server.attackers.append(attacker)
        if greets:
            attacker.greet(settings)
        return attacker
