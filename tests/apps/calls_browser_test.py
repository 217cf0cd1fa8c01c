"""Calls of a real server by Chromium, with gRPC-Web and JSON, from its own pages and others', plain
and with TLS; and by curl."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from server_process import ServerProcess

SERVER = os.path.abspath("tests/apps/calls_server")
LISTENING = re.compile(r"listening on (\S+)")
# Node resolves the link, and finds the packages beside it.
SCRIPT = os.path.abspath("tests/apps/calls_browser.mjs")
LIBRARY = os.path.abspath("tests/node_modules/grpc-web/index.esm.js")
SCRIPT_SECONDS = 45


class CallsServer(ServerProcess):
    """A running calls_server."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [SERVER, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0
        )
        line = self.process.stdout.readline().decode()
        match = LISTENING.search(line)
        if match is None:
            self.end()
            raise AssertionError(f"calls_server said {line!r}")
        self.address = match[1]
        self.origin = ("https://" if "--tls" in arguments else "http://") + self.address

    def stop(self):
        """Ends it as a service manager does; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


def run_script(wanted):
    """What calls_browser.mjs tells of each."""
    chromium = shutil.which("chromium")
    node = shutil.which("node")
    if chromium is None or node is None:
        raise AssertionError("chromium and node are needed, see bazel/packages-test.txt")
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [node, SCRIPT, chromium, LIBRARY, json.dumps(wanted)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, "HOME": home},
        )
        try:
            told, _ = process.communicate(timeout=SCRIPT_SECONDS)
        finally:
            process.terminate()  # upon which it ends the browser too
            process.wait(10)
    if process.returncode != 0:
        raise AssertionError(f"the script ended with {process.returncode}")
    return json.loads(told)


def curl(*arguments):
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"]
    done = subprocess.run([*command, *arguments], stdout=subprocess.PIPE, timeout=30, check=True)
    return done.stdout.decode()


class CallsBrowserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.servers = []

        def start(*arguments):
            server = CallsServer(*arguments)
            cls.addClassCleanup(server.end)
            cls.servers.append(server)
            return server.origin

        plain, secure = start(), start("--tls")
        other_plain, other_secure = start(plain), start("--tls", secure)
        *cls.seen, cls.refused = run_script(
            [
                {"page": plain, "server": plain},
                {"page": secure, "server": secure},
                {"page": plain, "server": other_plain},
                {"page": secure, "server": other_secure},
                {"page": other_plain, "server": plain, "refuses": True},
            ]
        )

    def test_fetch_sees_message_status_and_metadata(self):
        for seen in self.seen:
            self.assertEqual(seen["binary"]["books"], ["shelves/ä"])
            self.assertEqual(seen["binary"]["token"], "t")
            self.assertEqual(seen["binary"]["trailers"], "grpc-status: 0\r\ntoken-last: t\r\n")
            self.assertEqual(seen["text"]["books"], ["shelves/ä"])
            self.assertEqual(seen["text"]["trailers"], "grpc-status: 0\r\ntoken-last: none\r\n")

    def test_fetch_sees_why_a_call_failed(self):
        for seen in self.seen:
            self.assertEqual(seen["lost"]["status"], "5")
            self.assertEqual(seen["lost"]["message"], "no such book: %C3%A4")
            self.assertEqual(seen["lost"]["books"], [])

    def test_fetch_reads_streams_as_they_come(self):
        for seen in self.seen:
            for kind in ("stream", "text_stream"):
                self.assertEqual(seen[kind]["books"], ["shelves/1/0", "shelves/1/1"])
                self.assertIn("grpc-status: 10\r\n", seen[kind]["trailers"])
            self.assertEqual(seen["pieces"], 3)

    def test_the_official_client_is_content(self):
        for seen in self.seen:
            for coding in ("text", "binary"):
                call = seen["official"][coding]
                self.assertEqual(call["book"], "shelves/ä")
                self.assertEqual((call["first"], call["last"]), ("t", "t"))
                self.assertEqual(call["status"], 0)
            lost = seen["official"]["lost"]
            self.assertEqual((lost["code"], lost["message"]), (5, "no such book: ä"))
            stream = seen["official"]["stream"]
            self.assertEqual(stream["books"], ["shelves/1/0", "shelves/1/1", "shelves/1/2"])
            self.assertEqual((stream["code"], stream["message"]), (10, "enough"))

    def test_json_is_for_fetch_too(self):
        for seen in self.seen:
            book, unimplemented, posted = seen["json"]
            self.assertEqual(book, [200, '{"name":"shelves/1/books/2"}'])
            self.assertEqual(unimplemented[0], 501)
            self.assertEqual(posted, [200, '{"name":"ä"}'])

    def test_other_origins_are_kept_out(self):
        self.assertEqual(self.refused, [True, True])

    def test_curl_calls_with_json(self):
        origin = self.servers[0].origin
        book = f"{origin}/v1/shelves/1/books/2"
        self.assertEqual(json.loads(curl(book)), {"name": "shelves/1/books/2"})
        self.assertEqual(
            json.loads(curl("-w", "[%{http_code}]", f"{origin}/v1/books/lost").split("[404]")[0]),
            {"code": 5, "message": "no such book: ä", "details": []},
        )
        posted = curl("--json", '{"name": "x"}', f"{origin}/turbo.test.Library/GetBook")
        self.assertEqual(json.loads(posted), {"name": "x"})

    def test_curl_reads_lines_as_they_come(self):
        url = f"{self.servers[1].origin}/v1/shelves/1/books:watch?page_size=100"
        command = ["curl", "--silent", "--insecure", "--no-buffer", "--noproxy", "*", url]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            lines = [process.stdout.readline() for _ in range(2)]
            process.terminate()
        names = [json.loads(line)["result"]["name"] for line in lines]
        self.assertEqual(names, ["shelves/1/0", "shelves/1/1"])
        whole = curl("--no-buffer", "--insecure", url.replace("100", "1")).splitlines()
        self.assertEqual(
            [json.loads(line) for line in whole],
            [
                {"result": {"name": "shelves/1/0"}},
                {"error": {"code": 10, "message": "enough", "details": []}},
            ],
        )

    def test_z_the_servers_end_well(self):
        self.assertEqual([server.stop() for server in self.servers], [0, 0, 0, 0])


if __name__ == "__main__":
    unittest.main()
