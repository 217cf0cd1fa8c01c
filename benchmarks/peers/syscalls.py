#!/usr/bin/python3
"""Counts the system calls a server makes per keep-alive request, by strace.

The server is traced while one connection, opened and used before, sends requests one after another:
what is seen is the steady state. The verdict: one receiving and one sending call a request, and no
other but epoll_wait.

  ./bazelw build -c opt //apps/hello //benchmarks/limits:raw_epoll
  benchmarks/peers/syscalls.py
"""

import argparse
import collections
import re
import sys
import tempfile
import time
from pathlib import Path

import answers
import processes
import servers
from answers import PLAINTEXT
from processes import CannotMeasure

RECEIVING = {"recvfrom", "recvmsg", "recvmmsg", "read", "readv"}
SENDING = {"sendto", "sendmsg", "sendmmsg", "write", "writev"}
WAITING = {"epoll_wait", "epoll_pwait", "epoll_pwait2"}
WARM_UP_REQUESTS = 100
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
        chosen = servers.chosen_servers(options)
    except CannotMeasure as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if all([report(server, options.requests) for server in chosen]) else 1


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    servers.add_server_flags(parser, "hello,yardstick")
    parser.add_argument("--requests", type=int, default=1000, help="per server (default: 1000)")
    return parser.parse_args()


def report(server, requests):
    """Prints what one server calls; returns whether it calls no more than it must."""
    try:
        calls = trace_calls(server, requests)
    except (CannotMeasure, OSError) as error:
        print(f"FAILED {server.name}: {error}", flush=True)
        return False
    print(f"{server.name}, {requests} requests:")
    for name, count in calls.most_common():
        print(f"  {name:16} {count:7} {count / requests:8.3f} a request")
    passed, text = judge(calls, requests)
    print(f"{'PASS' if passed else 'FAIL'} {server.name}: {text}\n", flush=True)
    return passed


def trace_calls(server, requests):
    """How often each system call is begun while a server answers requests on one connection."""
    with (
        tempfile.TemporaryDirectory(prefix="turbo-strace-") as name,
        servers.running_server(server, PLAINTEXT) as running,
        answers.connect(running.port) as connection,
    ):
        ask(connection, WARM_UP_REQUESTS)
        trace, complaints = Path(name) / "trace", Path(name) / "complaints"
        strace = ["strace", "-f", "-o", str(trace), "-p", str(running.pid)]
        with processes.running(strace, complaints) as tracer:
            wait_until_attached(tracer, complaints)
            ask(connection, requests)
        return calls_in(trace.read_text(errors="replace"))


def ask(connection, requests):
    for _ in range(requests):
        connection.sendall(PLAINTEXT.request())
        answers.read_answer(connection)


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


def judge(calls, requests):
    """Whether the calls are one receive and one send a request, and waiting; and that in words."""
    received = sum(calls[name] for name in RECEIVING)
    sent = sum(calls[name] for name in SENDING)
    others = sorted(set(calls) - RECEIVING - SENDING - WAITING)
    passed = received == requests and sent == requests and not others
    text = f"{received / requests:.3f} receiving and {sent / requests:.3f} sending calls a request"
    return passed, f"{text}, other calls: {', '.join(others) or 'none but waiting'}"


if __name__ == "__main__":
    sys.exit(main())
