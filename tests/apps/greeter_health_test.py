"""Python's gRPC asks the real greeter for its health, and watches it until it is stopped."""

import json
import os
import subprocess
import threading
import unittest

from greeter_process import Greeter

# Debian's, whose gRPC is a module of that one alone.
PYTHON = "/usr/bin/python3"
CALLER = os.path.abspath("tests/apps/health_caller.py")
SECONDS = 30


def ask(greeter):
    """What the caller was told; greeter is stopped once it watches."""
    process = subprocess.Popen(
        [PYTHON, CALLER, greeter.address.replace("127.0.0.1", "localhost")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    guard = threading.Timer(SECONDS, process.kill)
    guard.start()
    told = []
    with process:
        for line in process.stdout:
            told.append(json.loads(line))
            if told[-1] == ["watch", "SERVING"]:
                greeter.terminate()
    guard.cancel()
    return told, process.returncode


class GreeterHealthTest(unittest.TestCase):
    def test_python_checks_and_watches_it(self):
        with Greeter() as greeter:
            told, code = ask(greeter)
            # Sooner than the drain's time: the watcher does not keep it.
            self.assertEqual(greeter.process.wait(5), 0)
        self.assertEqual(code, 0)
        self.assertEqual(
            told,
            [
                ["check ", "SERVING"],
                ["check helloworld.Greeter", "SERVING"],
                ["check no.Such", "NOT_FOUND"],
                ["watch no.Such", "SERVICE_UNKNOWN"],
                ["watch", "SERVING"],
                ["watch", "NOT_SERVING"],
                ["watch", "UNAVAILABLE the server is stopping"],
            ],
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)
