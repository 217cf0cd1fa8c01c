"""The yardstick keeps to HTTP as far as it claims to: whatever way bytes arrive and leave."""

import socket
import subprocess
import sys
import time
import unittest

RAW_EPOLL = sys.argv.pop(1)
REQUEST = b"GET /plaintext HTTP/1.1\r\nHost: x\r\n\r\n"
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: turbo\r\nDate: Mon, 23 Nov 2026 07:00:00 GMT\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!"
)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def connect(port, seconds=10):
    """A connection to a server that may still be starting."""
    end = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=seconds)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise


def receive(connection, count):
    data = bytearray()
    while len(data) < count:
        chunk = connection.recv(count - len(data))
        if not chunk:
            break
        data += chunk
    return bytes(data)


class RawEpollTest(unittest.TestCase):
    def start(self, *options):
        port = free_port()
        server = subprocess.Popen([RAW_EPOLL, f"--port={port}", *options])
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        connection = connect(port)
        self.addCleanup(connection.close)
        return connection

    def test_answers_a_request_with_the_bytes_of_hello(self):
        connection = self.start()
        connection.sendall(REQUEST)
        self.assertEqual(receive(connection, len(ANSWER)), ANSWER)

    def test_answers_each_of_pipelined_requests(self):
        connection = self.start()
        connection.sendall(REQUEST * 16)
        self.assertEqual(receive(connection, 16 * len(ANSWER)), 16 * ANSWER)

    def test_finds_a_blank_line_cut_anywhere(self):
        connection = self.start()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for cut in range(1, len(REQUEST)):
            # A whole request before the cut one: its answer shows that the cut bytes were read.
            connection.sendall(REQUEST + REQUEST[:cut])
            self.assertEqual(receive(connection, len(ANSWER)), ANSWER)
            connection.sendall(REQUEST[cut:])
            self.assertEqual(receive(connection, len(ANSWER)), ANSWER)

    def test_answers_larger_than_the_socket_arrive_whole(self):
        connection = self.start(f"--body-bytes={1 << 20}")
        head = ANSWER.partition(b"Content-Type")[0] + (
            b"Content-Type: application/octet-stream\r\nContent-Length: 1048576\r\n\r\n"
        )
        connection.sendall(REQUEST * 9)
        for _ in range(9):
            self.assertEqual(receive(connection, len(head)), head)
            self.assertEqual(receive(connection, 1 << 20), b"x" * (1 << 20))

    def test_explains_itself_when_asked_and_when_misused(self):
        asked = subprocess.run([RAW_EPOLL, "--help"], capture_output=True, text=True)
        misused = subprocess.run([RAW_EPOLL, "--port=x"], capture_output=True, text=True)
        self.assertIn("usage: raw_epoll", asked.stdout)
        self.assertEqual(asked.returncode, 0)
        self.assertIn("usage: raw_epoll", misused.stderr)
        self.assertNotEqual(misused.returncode, 0)


if __name__ == "__main__":
    unittest.main()
