#!/usr/bin/python3
"""Counts the system calls a server makes per keep-alive request, by strace.

The server is traced while one connection, opened and used before, sends requests one after another:
what is seen is the steady state. The verdict: one receiving and one sending call a request, and no
other but epoll_wait. With --http2 the client sends the requests of ten streams at once and waits
for all their answers: the calls are to be one for all ten.

  ./bazelw build -c opt //apps/hello //benchmarks/limits:raw_epoll
  benchmarks/peers/syscalls.py
  benchmarks/peers/syscalls.py --http2 --servers=hello
"""

import argparse
import collections
import re
import sys
import tempfile
import time
from pathlib import Path

import answers
import http2_client
import processes
import servers
from answers import PLAINTEXT
from processes import CannotMeasure

RECEIVING = {"recvfrom", "recvmsg", "recvmmsg", "read", "readv"}
SENDING = {"sendto", "sendmsg", "sendmmsg", "write", "writev"}
WAITING = {"epoll_wait", "epoll_pwait", "epoll_pwait2"}
WARM_UP_EXCHANGES = 100
ATTACH_SECONDS = 20
PACKAGES = {"strace": "strace"}

# "PID name(" at the start of a call; its end, when traced apart, and what strace says of signals,
# exits and the wait it interrupted by attaching begin otherwise.
CALL = re.compile(r"^\d+ +(\w+)\(", re.MULTILINE)
INTERRUPTED_BY_ATTACHING = "restart_syscall"


def main():
    options = parse_arguments()
    processes.exit_on_sigterm()
    try:
        servers.require_tools(PACKAGES)
        if options.http2:
            http2_client.require()
        chosen = servers.speaking(servers.chosen_servers(options), options.http2)
    except CannotMeasure as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if all([report(server, options) for server in chosen]) else 1


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    servers.add_server_flags(parser, "hello,yardstick")
    parser.add_argument("--requests", type=int, default=1000, help="per server (default: 1000)")
    servers.add_http2_flags(parser)
    options = parser.parse_args()
    if options.http2 and options.requests % options.streams:
        parser.error("--requests must be a multiple of --streams")
    return options


def report(server, options):
    """Prints what one server calls; returns whether it calls no more than it must."""
    try:
        calls = trace_calls(server, options)
    except (CannotMeasure, OSError) as error:
        print(f"FAILED {server.name}: {error}", flush=True)
        return False
    requests, at_once = options.requests, streams_of(options)
    print(f"{server.name}, {requests} requests:")
    for name, count in calls.most_common():
        print(f"  {name:16} {count:7} {count / requests:8.3f} a request")
    passed, text = judge(calls, requests, requests // at_once)
    print(f"{'PASS' if passed else 'FAIL'} {server.name}: {text}\n", flush=True)
    return passed


def streams_of(options):
    return options.streams if options.http2 else 1


def trace_calls(server, options):
    """How often each system call is begun while a server answers requests on one connection."""
    connect = http2_client.Connection if options.http2 else Keepalive
    at_once = streams_of(options)
    with (
        tempfile.TemporaryDirectory(prefix="turbo-strace-") as name,
        servers.running_server(server, PLAINTEXT, http2=options.http2) as running,
        connect(running.port) as connection,
    ):
        ask(connection, WARM_UP_EXCHANGES, at_once)
        trace, complaints = Path(name) / "trace", Path(name) / "complaints"
        strace = ["strace", "-f", "-o", str(trace), "-p", str(running.pid)]
        with processes.running(strace, complaints) as tracer:
            wait_until_attached(tracer, complaints)
            ask(connection, options.requests // at_once, at_once)
        return calls_in(trace.read_text(errors="replace"))


class Keepalive:
    """A connection by HTTP/1.1, asked as one by HTTP/2 is."""

    def __init__(self, port):
        self.socket = answers.connect(port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, _path, _count):
        self.socket.sendall(PLAINTEXT.request())
        answers.read_answer(self.socket)


def ask(connection, exchanges, at_once):
    for _ in range(exchanges):
        connection.ask(PLAINTEXT.path, at_once)


def wait_until_attached(tracer, complaints):
    end = time.monotonic() + ATTACH_SECONDS
    while "attached" not in complaints.read_text():
        if tracer.poll() is not None or time.monotonic() > end:
            raise CannotMeasure(f"strace cannot attach: {complaints.read_text().strip()}")
        time.sleep(0.02)


def calls_in(trace):
    calls = collections.Counter(CALL.findall(trace))
    del calls[INTERRUPTED_BY_ATTACHING]
    return calls


def judge(calls, requests, exchanges):
    """Whether the calls are one receive and one send an exchange, and waiting; that in words."""
    received = sum(calls[name] for name in RECEIVING)
    sent = sum(calls[name] for name in SENDING)
    others = sorted(set(calls) - RECEIVING - SENDING - WAITING)
    passed = received == exchanges and sent == exchanges and not others
    text = f"{received / requests:.3f} receiving and {sent / requests:.3f} sending calls a request"
    return passed, f"{text}, other calls: {', '.join(others) or 'none but waiting'}"


if __name__ == "__main__":
    sys.exit(main())
