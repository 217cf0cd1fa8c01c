"""The real greeter as a process of a test: started on a free port, ended."""

import os
import re
import signal
import subprocess

from server_process import ServerProcess

GREETER = os.path.abspath("apps/greeter/greeter")
CLIENT = os.path.abspath("apps/greeter/greeter_client")
LISTENING = re.compile(r"listening on (\S+)(?: \(TLS\))? with \d+ loops?")


class Greeter(ServerProcess):
    """A running greeter; `with` ends it."""

    def __init__(self, *flags):
        command = [GREETER, "--address=127.0.0.1", "--port=0", "--loops=2", *flags]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0
        )
        line = self.process.stdout.readline().decode()
        match = LISTENING.search(line)
        if match is None:
            self.end()
            raise AssertionError(f"greeter said {line!r}")
        self.address = match[1]

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)


def run(*command, env=None, seconds=30):
    """Runs a program to its end, whatever that is."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=seconds,
        check=False,
        env=env,
    )


def run_client(*arguments):
    return run(CLIENT, *arguments)
