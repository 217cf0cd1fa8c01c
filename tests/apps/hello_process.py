"""The real hello as a process of a test: started on a free port, looked at, ended."""

import os
import re
import signal
import socket
import subprocess
import time

from server_process import ServerProcess

HELLO = os.path.abspath("apps/hello/hello")
LISTENING = re.compile(r"listening on (\S+)(?: \(.*\))? with (\d+) loops?, up to (\d+) descriptors")
STOP_SECONDS = 15


class Hello(ServerProcess):
    """A running hello; `with` ends it."""

    def __init__(self, *flags, log=None):
        """`log`: a file for what hello logs; else the test's own."""
        # Unbuffered: what is not ours to read must not stay behind in a buffer of this process.
        self.process = subprocess.Popen(
            [HELLO, *flags], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, bufsize=0
        )
        self.line = self.process.stdout.readline().decode()
        match = LISTENING.search(self.line)
        if match is None:
            self.end()
            raise AssertionError(f"hello said {self.line!r} and ended with {self.process.wait()}")
        self.address, self.loops, self.descriptor_limit = match.groups()

    def url(self, path="/", scheme="http"):
        return f"{scheme}://{self.address}{path}"

    def connect(self):
        host = self.address.rpartition(":")[0].strip("[]")
        return socket.create_connection((host, self.port), timeout=10)

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=STOP_SECONDS):
        """The exit code, and the seconds it took."""
        started = time.monotonic()
        code = self.process.wait(seconds)
        return code, time.monotonic() - started


def run_hello(*flags):
    """hello with flags that make it end by itself."""
    return subprocess.run(
        [HELLO, *flags],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=20,
        check=False,
    )


def receive_until_end(connection):
    """All that arrives until the peer ends; a reset raises."""
    pieces = []
    while piece := connection.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def receive_some(connection, wanted):
    """Receives until `wanted` is among the bytes."""
    received = b""
    while wanted not in received:
        piece = connection.recv(1 << 16)
        if not piece:
            raise AssertionError(f"the connection ended behind {received!r}")
        received += piece
    return received


SIGNALS = (signal.SIGTERM, signal.SIGINT)
