"""Node's http2 module talks to the real hello: many streams, back-pressure, cancels, shutdown."""

import json
import os
import shutil
import signal
import subprocess
import threading
import unittest

from http2_servers import ServersTest

SCRIPT = os.path.abspath("tests/apps/http2_client.mjs")
SECONDS = 20


def talk(hello, scheme, authority):
    """What the script saw, by step; hello is ended while the last one runs."""
    node = shutil.which("node")
    if node is None:
        raise AssertionError("node is needed, see bazel/packages-test.txt")
    command = [node, SCRIPT, hello.url("", scheme), *([authority] if scheme == "https" else [])]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    guard = threading.Timer(SECONDS, process.kill)
    guard.start()
    seen = {}
    try:
        for line in process.stdout:
            told = json.loads(line)
            seen[told.pop("step")] = told
            if "holding" in seen and "shutdown" not in seen:
                hello.send_signal(signal.SIGTERM)
    finally:
        guard.cancel()
        process.stdout.close()
        code = process.wait(SECONDS)
    if code != 0:
        raise AssertionError(f"node ended with {code} behind {list(seen)}")
    return seen


class NodeTest(ServersTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seen, cls.codes = {}, {}
        for scheme, server in cls.servers.items():
            cls.seen[scheme] = talk(server, scheme, cls.authority.certificate)
            cls.codes[scheme] = server.wait()[0]

    def tearDown(self):
        """Nothing runs any more."""

    def assert_seen(self, step, **wanted):
        for scheme, seen in self.seen.items():
            with self.subTest(scheme=scheme):
                self.assertEqual(seen[step], wanted)

    def test_300_streams_get_their_own_answers(self):
        self.assert_seen("many", right=300)

    def test_bodies_come_back_unchanged(self):
        self.assert_seen("bodies", same=4)

    def test_a_stopped_reader_holds_up_nobody(self):
        self.assert_seen("pauses", meanwhile="Hello, World!", whole=8)

    def test_cancelled_downloads_leave_the_others_alone(self):
        self.assert_seen("cancels", whole=20, after="Hello, World!")

    def test_requests_of_every_kind(self):
        self.assert_seen(
            "kinds",
            head=[200, "1048576", 0],
            unknown=404,
            continued="told to go on",
            trailed="with trailers",
        )

    def test_ping_is_answered(self):
        self.assert_seen("ping", pong="8 bytes!")

    def test_the_settings_are_those_that_are_promised(self):
        self.assert_seen("settings", maxConcurrentStreams=128, initialWindowSize=262144)

    def test_a_request_in_hand_is_answered_at_the_end(self):
        for seen in self.seen.values():
            self.assertEqual(seen["shutdown"]["body"], "begun before and ended after")
            codes = [code for code, _ in seen["shutdown"]["goaways"]]
            last = [last for _, last in seen["shutdown"]["goaways"]]
            self.assertEqual(set(codes), {0})
            self.assertEqual(last[0], (1 << 31) - 1)
            self.assertEqual(sorted(last, reverse=True), last)
        self.assertEqual(self.codes, {"http": 0, "https": 0})


del ServersTest  # a base only

if __name__ == "__main__":
    unittest.main(verbosity=2)
