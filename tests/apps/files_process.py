"""The real files as a process of a test: started on a free port, ended."""

import os
import re
import signal
import subprocess

from server_process import ServerProcess

FILES = os.path.abspath("apps/files/files")
LISTENING = re.compile(r"serving .* on (\S+)(?: \(TLS\))? with \d+ loops?")


class Files(ServerProcess):
    """A running files; `with` ends it."""

    def __init__(self, root, *flags):
        command = [FILES, f"--root={root}", "--address=127.0.0.1", "--port=0", "--loops=2", *flags]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0
        )
        line = self.process.stdout.readline().decode()
        match = LISTENING.search(line)
        if match is None:
            self.end()
            raise AssertionError(f"files said {line!r}")
        self.address = match[1]
        self.scheme = "https" if "(TLS)" in line else "http"

    def url(self, path):
        return f"{self.scheme}://{self.address}{path}"

    def stop(self):
        """Ends it as a service manager does; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)
