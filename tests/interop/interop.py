"""The interop tests: which peers there are, how they run, and what comes of each case.

Every peer is a server and a client of grpc.testing.TestService. A server prints "listening on PORT", a
client a line for each case, "ok CASE" or "FAILED CASE: why".
"""

import os
import re
import subprocess
import tempfile
import unittest

import certificates

HERE = "tests/interop"
README = os.path.join(HERE, "README.md")
# Debian's, whose gRPC is a module of that one alone.
PYTHON = "/usr/bin/python3"
SECONDS = 120

COMPRESSION_CASES = (
    "client_compressed_unary",
    "server_compressed_unary",
    "client_compressed_streaming",
    "server_compressed_streaming",
)
CASES = (
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    *COMPRESSION_CASES,
    "rpc_soak",
    "channel_soak",
    # Not of the official list.
    "half_duplex",
    "concurrent_unary",
)


class Peer:
    """An implementation of gRPC. `lacks`: cases that its server cannot do."""

    def __init__(self, title, server, client, lacks=(), env=None):
        self.title, self.server, self.client = title, server, client
        self.lacks, self.env = lacks, env or {}

    def __str__(self):
        return self.title


def _built(name):
    return os.path.abspath(os.path.join(HERE, name))


class _Turbo(Peer):
    def server_command(self, files):
        flags = ("--tls_cert=" + files[0], "--tls_key=" + files[1]) if files else ()
        return [*self.server, *flags]

    def client_command(self, target, authority, cases):
        flags = ["--tls_ca=" + authority] if authority else []
        return [*self.client, "--target=" + target, *flags, *cases]


class _Foreign(Peer):
    def server_command(self, files):
        return [*self.server, *files]

    def client_command(self, target, authority, _):
        return [*self.client, target, *([authority] if authority else [])]


TURBO = _Turbo("Turbo", [_built("turbo/server")], [_built("turbo/client")])


def grpc_cpp():
    return _Foreign("gRPC C++", [_built("grpc_cpp/server")], [_built("grpc_cpp/client")])


def grpc_python(folder):
    """`folder` gets the stubs."""
    subprocess.run(
        [
            "protoc", "-I.", "--python_out=" + folder, "--grpc_python_out=" + folder,
            "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
            *(f"{HERE}/{name}.proto" for name in ("empty", "messages", "test")),
        ],
        check=True,
        timeout=30,
    )  # fmt: skip
    return _Foreign(
        "Python",
        [PYTHON, _built("grpc_python/server.py")],
        [PYTHON, _built("grpc_python/client.py")],
        lacks=("client_compressed_unary", "client_compressed_streaming"),
        env={"PYTHONPATH": folder},
    )


def grpc_js():
    return _Foreign(
        "grpc-js",
        ["node", _built("grpc_js/server.mjs")],
        ["node", _built("grpc_js/client.mjs")],
        lacks=COMPRESSION_CASES,
        env={"NODE_MODULES": os.path.abspath("tests/node_modules")},
    )


class Server:
    """A running server; `with` ends it."""

    def __init__(self, peer, files=(), flags=()):
        self.process = subprocess.Popen(
            [*peer.server_command(files), *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **peer.env},
        )
        line = self.process.stdout.readline()
        match = re.fullmatch(r"listening on (\d+)\n", line)
        if match is None:
            self.end()
            raise AssertionError(f"{peer}'s server said {line!r}")
        self.port = int(match[1])
        self.target = f"localhost:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def run_client(peer, target, authority=None, cases=()):
    """What came of each case: nothing, or what went wrong."""
    done = subprocess.run(
        peer.client_command(target, authority, cases),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, **peer.env},
    )
    results = {}
    for line in done.stdout.splitlines():
        match = re.fullmatch(r"ok (\w+)|FAILED (\w+): (.*)", line)
        if match:
            results[match[1] or match[2]] = match[3]
    if done.returncode not in (0, 1) or not results:
        raise AssertionError(f"{peer}'s client ended with {done.returncode}: {done.stdout[-500:]}")
    return results


def run_pair(client, server, authority):
    """The cases of one peer as client and another as server, plain and over TLS: what came of each
    that both can do."""
    cases = [case for case in CASES if case not in server.lacks]
    files = authority.sign("server")
    with Server(server) as plain, Server(server, files) as secure:
        results = run_client(client, plain.target, cases=cases)
        over_tls = run_client(client, secure.target, authority.certificate, cases)
    for case, wrong in over_tls.items():
        if wrong:
            results[case] = f"over TLS: {wrong}"
    return {case: wrong for case, wrong in results.items() if case in cases}


def mark(results, case):
    if case not in results:
        return "–"
    return "✗" if results[case] else "✓"


class InteropTest(unittest.TestCase):
    """Turbo and one peer, which derived classes make, in both directions."""

    def make_peer(self, folder):
        raise NotImplementedError

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.authority = certificates.Authority(folder.name)
        self.peer = self.make_peer(folder.name)

    def check(self, client, server, column):
        results = run_pair(client, server, self.authority)
        self.assertEqual({case: wrong for case, wrong in results.items() if wrong}, {})
        # The table tells what holds.
        marks = [mark(results, case) for case in CASES]
        self.assertEqual(read_column(column), marks)

    def test_it_calls_turbo(self):
        self.check(self.peer, TURBO, f"{self.peer} → Turbo")

    def test_turbo_calls_it(self):
        self.check(TURBO, self.peer, f"Turbo → {self.peer}")


# ---- the table of README.md ----


def read_column(title):
    with open(README, encoding="utf-8") as file:
        rows = [
            [cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in file
            if line.startswith("|")
        ]
    head = next(row for row in rows if row[0] == "case")
    by_case = {row[0].strip("`"): row for row in rows}
    return [by_case[case][head.index(title)] for case in CASES]


def make_table(columns):
    """`columns`: titles and results."""
    lines = [
        "| case | " + " | ".join(columns) + " |",
        "|---|" + ":-:|" * len(columns),
    ]
    for case in CASES:
        marks = " | ".join(mark(results, case) for results in columns.values())
        lines.append(f"| `{case}` | {marks} |")
    return "\n".join(lines) + "\n"
