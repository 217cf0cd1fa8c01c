#!/usr/bin/python3
"""Counts the user-space instructions servers spend per request, by callgrind.

Instructions do not depend on what else the machine does: this repeats within a percent anywhere.
The kernel's are not counted. Each server runs twice, with 16 connections per loop from h2load and
so many requests more the second time; the difference is theirs alone. Requests are HTTP/1.1, one at
a time on each connection, or with --http2 some streams at once.

  ./bazelw build -c opt //apps/hello //benchmarks/limits:raw_epoll
  benchmarks/peers/instructions.py
  benchmarks/peers/instructions.py --http2 --servers=hello,nginx,h2o,nghttpd
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import h2load
import http2_client
import processes
import servers
from answers import PLAINTEXT
from processes import CannotMeasure

CONNECTIONS_PER_LOOP = 16
WARM_UP_REQUESTS = 2000
START_SECONDS = 60
LOAD_SECONDS = 300
TWO_LOOPS_TOLERANCE = 1.02
DEFAULT_BOUND = 2000
DEFAULT_HTTP2_BOUND = 5000
PACKAGES = {"valgrind": "valgrind", **h2load.PACKAGES}


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
    counts = count_all(chosen, options)
    verdicts = judge(counts, options.bound or default_bound(options.http2))
    print("".join(text + "\n" for _, text in verdicts), end="")
    print(servers.warning_of_unoptimised(chosen), end="")
    complete = len(counts) == len(chosen)
    return 0 if complete and all(passed for passed, _ in verdicts) else 1


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    servers.add_server_flags(parser, "hello,hello-2-loops,yardstick,nginx")
    parser.add_argument("--requests", type=int, default=20000, help="per server (default: 20000)")
    servers.add_http2_flags(parser)
    parser.add_argument(
        "--bound",
        type=float,
        help=f"instructions hello may spend (default: {DEFAULT_BOUND}, {DEFAULT_HTTP2_BOUND} with"
        " --http2)",
    )
    return parser.parse_args()


def default_bound(http2):
    return DEFAULT_HTTP2_BOUND if http2 else DEFAULT_BOUND


def count_all(chosen, options):
    """Prints a line per server as it is counted; returns the counts by name."""
    counts = {}
    for server in chosen:
        try:
            counts[server.name] = instructions_per_request(server, options)
            print(f"{server.name:16} {counts[server.name]:8,.0f} instructions/request", flush=True)
        except (CannotMeasure, OSError) as error:
            print(f"FAILED {server.name}: {error}", flush=True)
    return counts


def instructions_per_request(server, options):
    """What more requests cost: start, connections and end are the same in both runs."""
    few, many = (
        instructions_for(server, requests, options.http2, options.streams)
        for requests in (WARM_UP_REQUESTS, WARM_UP_REQUESTS + options.requests)
    )
    return (many - few) / options.requests


def instructions_for(server, requests, http2, streams):
    """All instructions of a server that starts, answers so many requests and ends."""
    with tempfile.TemporaryDirectory(prefix="turbo-callgrind-") as name:
        callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={name}/%p"]
        with servers.running_server(
            server, PLAINTEXT, wrapper=callgrind, start_seconds=START_SECONDS, http2=http2
        ) as running:
            connections = CONNECTIONS_PER_LOOP * server.loops
            load(running.port, connections, requests, http2, streams if http2 else 1)
        return instructions_in(Path(name) / str(running.pid))


def load(port, connections, requests, http2, streams):
    """Sends requests, `streams` at a time on each connection; raises unless all succeed."""
    output = run(h2load.words(port, PLAINTEXT.path, connections, requests, streams, http2))
    seen = h2load.read_report("h2load", output)
    if seen.errors or seen.requests != requests:
        raise CannotMeasure(f"not all of {requests} requests succeeded:\n{output}")


def run(command):
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=LOAD_SECONDS, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise CannotMeasure(f"{error}") from error
    return result.stdout


def instructions_in(profile):
    """The instructions of all threads, from the profile callgrind writes when a process ends."""
    totals = re.search(r"^totals: (\d+)", profile.read_text(errors="replace"), re.MULTILINE)
    if not totals:
        raise CannotMeasure("callgrind wrote no profile")
    return int(totals.group(1))


def judge(counts, bound):
    """Verdicts, each with its words: hello within its bound, two loops as cheap as one."""
    verdicts = []
    hello, two_loops = counts.get("hello"), counts.get("hello-2-loops")
    if hello is not None:
        verdicts.append((hello <= bound, f"hello: {hello:,.0f} instructions, bound {bound:,.0f}"))
    if hello is not None and two_loops is not None:
        text = f"hello: two loops {two_loops / hello:.3f} x one, bound {TWO_LOOPS_TOLERANCE}"
        verdicts.append((two_loops <= hello * TWO_LOOPS_TOLERANCE, text))
    return [(passed, f"{'PASS' if passed else 'FAIL'} {text}") for passed, text in verdicts]


if __name__ == "__main__":
    sys.exit(main())
