"""The real greeter, called by Python's gRPC and by its own client, looked at by curl."""

import json
import os
import subprocess
import tempfile
import threading
import unittest

import certificates
from greeter_process import GREETER, Greeter, run, run_client

# Debian's, whose gRPC is a module of that one alone.
PYTHON = "/usr/bin/python3"
CALLER = os.path.abspath("tests/apps/greeter_caller.py")
SECONDS = 30


def make_stubs(folder):
    """What protoc and gRPC's plugin write for Python."""
    made = run(
        "protoc", "-I.", "--python_out=" + folder, "--grpc_python_out=" + folder,
        "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin", "apps/greeter/greeter.proto",
    )  # fmt: skip
    if made.returncode != 0:
        raise AssertionError(f"protoc: {made.stderr}")


def call(greeter, stubs, *authority):
    """What the caller saw, by step; greeter is asked to stop while the last one runs."""
    process = subprocess.Popen(
        [PYTHON, CALLER, greeter.address.replace("127.0.0.1", "localhost"), *authority],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": stubs},
    )
    guard = threading.Timer(SECONDS, process.kill)
    guard.start()
    seen = {}
    with process:
        for line in process.stdout:
            told = json.loads(line)
            seen[told.pop("step")] = told
            if "holding" in seen and "held" not in seen:
                greeter.terminate()
                process.stdin.write("go on\n")
                process.stdin.flush()
    guard.cancel()
    if process.returncode != 0:
        raise AssertionError(f"the caller ended with {process.returncode} behind {list(seen)}")
    return seen


class GreeterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.authority = certificates.Authority(cls.folder)
        cls.tls_flags = [
            "--tls_%s=%s" % pair for pair in zip(("cert", "key"), cls.authority.sign("server"))
        ]
        make_stubs(cls.folder)

    def assert_called(self, flags, authority):
        with Greeter(*flags) as greeter:
            seen = call(greeter, self.folder, *authority)
            self.assertEqual(greeter.process.wait(SECONDS), 0)
        hellos = ["Hello, Ann!", "Hello, Bob!", "Hello, Çelik!"]
        self.assertEqual(seen["unary"], {"message": "Hello, Ann!", "code": "OK"})
        self.assertEqual(seen["client_streaming"], {"message": "Hello, Ann, Bob, Çelik!"})
        self.assertEqual(
            seen["server_streaming"],
            {"messages": ["Hello, Ann!", "Good to see you, Ann!", "Goodbye, Ann!"]},
        )
        self.assertEqual(seen["bidi"], {"messages": hellos})
        self.assertEqual(seen["many"], {"right": 500})
        self.assertEqual(seen["unknown_method"], {"code": "UNIMPLEMENTED"})
        self.assertEqual(seen["health"], {"state": "0801"})
        self.assertEqual(seen["reflection"], {"lists": True})
        # A call in hand goes on to its end.
        self.assertEqual(seen["held"], {"messages": hellos[:2]})

    def test_python_calls_it_plain(self):
        self.assert_called([], [])

    def test_python_calls_it_over_tls(self):
        self.assert_called(self.tls_flags, [self.authority.certificate])

    def test_its_own_client_calls_it(self):
        wanted = (
            "SayHello: Hello, Ann!\n"
            "SayHelloStreamRequest: Hello, Ann, Bob!\n"
            "SayHelloStreamReply: Hello, Ann!\n"
            "SayHelloStreamReply: Good to see you, Ann!\n"
            "SayHelloStreamReply: Goodbye, Ann!\n"
            "SayHelloBidiStream: Hello, Ann!\n"
            "SayHelloBidiStream: Hello, Bob!\n"
        )
        for server_flags, client_flags in (
            ([], []),
            (self.tls_flags, ["--tls_ca=" + self.authority.certificate]),
        ):
            with self.subTest(tls=bool(client_flags)), Greeter(*server_flags) as greeter:
                done = run_client(f"--target={greeter.address}", *client_flags, "Ann", "Bob")
                self.assertEqual((done.stdout, done.stderr, done.returncode), (wanted, "", 0))

    def test_the_client_says_what_is_wrong(self):
        with Greeter(*self.tls_flags) as greeter:
            for why, *flags in (
                ("certificate", "--tls"),  # one that the system does not trust
                ("UNAVAILABLE", "--timeout_ms=3000"),  # plain
            ):
                done = run_client(f"--target={greeter.address}", *flags)
                self.assertEqual((done.stdout, done.returncode), ("", 1))
                self.assertIn(why, done.stderr)
            port = greeter.port
        done = run_client(f"--target=127.0.0.1:{port}")
        self.assertIn("refused", done.stderr)
        self.assertEqual(done.returncode, 1)

    def test_the_port_has_a_page_and_a_log(self):
        log = os.path.join(self.folder, "access.log")
        with Greeter("--access_log=" + log) as greeter:
            for version in ("--http1.1", "--http2", "--http2-prior-knowledge"):
                url = f"http://{greeter.address}/"
                page = run("curl", "-sS", "--noproxy", "*", version, url)
                self.assertIn("helloworld.Greeter", page.stdout)
            self.assertEqual(run_client(f"--target={greeter.address}").returncode, 0)
            greeter.terminate()
            self.assertEqual(greeter.process.wait(SECONDS), 0)
        with open(log, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        self.assertEqual(len(lines), 7)
        self.assertTrue(any("/helloworld.Greeter/SayHello" in str(line) for line in lines))

    def test_what_cannot_work_is_told_at_start(self):
        for flags, why in (
            (["--port=70000"], "--port"),
            (["--tls_cert=nowhere.pem"], "go together"),
            (["--loops=2000"], "--loops"),
            (["--no_such_flag"], "no_such_flag"),
        ):
            done = run(GREETER, *flags)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(why, done.stderr)
        helped = run(GREETER, "--help")
        self.assertEqual(helped.returncode, 0)
        self.assertIn("--tls_self_signed", helped.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
