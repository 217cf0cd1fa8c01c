#!/usr/bin/python3
"""Weighs an idle keep-alive connection: how much a server's memory grows over thousands of them.

This process opens the connections and sends one request on each. Memory is the server's PSS (Pss in
/proc/PID/smaps_rollup); the kernel's part of a connection is not in it. "warm" is the growth after
a few hundred connections are open, so that pools of a fixed size do not count; "cold" is the growth
since the server began to listen, over all connections. "anonymous" is the warm growth without pages
of files, which other processes share and so change.

With --http2 the one request is HTTP/2's. A session holds tables and windows by the protocol, so no
bound is judged.

With --tls the connections are TLS 1.3. OpenSSL's buffers and keys are the greater part of such a
connection, so no bound is judged. A server that speaks no TLS is left out, and that is said.

  ./bazelw build -c opt //apps/hello //benchmarks/limits:raw_epoll
  benchmarks/peers/idle_memory.py
  benchmarks/peers/idle_memory.py --tls
  benchmarks/peers/idle_memory.py --http2 --servers=hello,nginx,h2o,nghttpd
"""

import argparse
import contextlib
import sys
import time
from dataclasses import dataclass

import answers
import certificates
import http2_client
import processes
import servers
from answers import PLAINTEXT
from processes import CannotMeasure

DESCRIPTORS_TO_SPARE = 200
SETTLE_SECONDS = 0.3


@dataclass(frozen=True)
class Weight:
    """Bytes per connection; `base` is all the server took before the first."""

    warm: float
    cold: float
    anonymous: float
    base: int


def main():
    options = parse_arguments()
    processes.exit_on_sigterm()
    try:
        require_descriptors(options.connections + options.warm_up)
        if options.tls:
            servers.require_tools(certificates.PACKAGES)
        if options.http2:
            http2_client.require()
        chosen = servers.speaking(servers.chosen_servers(options), options.http2, options.tls)
    except CannotMeasure as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{'server':16} {'warm B':>8} {'cold B':>8} {'anonymous B':>12} {'empty server KiB':>17}")
    weights = weigh_all(chosen, options)
    passed = len(weights) == len(chosen)
    if "hello" in weights and not options.tls and not options.http2:
        kept = weights["hello"].warm <= options.bound
        passed = passed and kept
        print(
            f"{'PASS' if kept else 'FAIL'} hello: {weights['hello'].warm:.0f} bytes a connection,"
            f" bound {options.bound:.0f}"
        )
    return 0 if passed else 1


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    servers.add_server_flags(parser, "hello,yardstick,nginx")
    parser.add_argument("--connections", type=int, default=8000, help="default: 8000")
    parser.add_argument(
        "--warm-up", type=int, default=500, help="connections opened before (default: 500)"
    )
    parser.add_argument(
        "--bound",
        type=float,
        default=512,
        help="bytes hello may take with neither of these two (default: 512)",
    )
    parser.add_argument("--tls", action="store_true", help="weigh TLS connections")
    parser.add_argument("--http2", action="store_true", help="weigh HTTP/2 connections")
    return parser.parse_args()


def require_descriptors(connections):
    limit = processes.raise_descriptor_limit()
    if limit < connections + DESCRIPTORS_TO_SPARE:
        raise CannotMeasure(f"{limit} descriptors are too few for {connections} connections")


def weigh_all(chosen, options):
    """Prints a line per server as it is weighed; returns the weights by name."""
    weights = {}
    for server in chosen:
        try:
            weight = weigh(server, options)
        except (CannotMeasure, OSError) as error:
            print(f"FAILED {server.name}: {error}", flush=True)
            continue
        weights[server.name] = weight
        print(
            f"{server.name:16} {weight.warm:8.0f} {weight.cold:8.0f} {weight.anonymous:12.0f}"
            f" {weight.base / 1024:17,.0f}",
            flush=True,
        )
    return weights


def weigh(server, options):
    warm_up, connections = options.warm_up, options.connections
    with contextlib.ExitStack() as opened:
        certificate = opened.enter_context(certificates.self_signed()) if options.tls else None
        tls = answers.tls_context(options.http2) if options.tls else None
        running = opened.enter_context(
            servers.running_server(
                server, PLAINTEXT, certificate=certificate, http2=options.http2
            )
        )
        connect = used_http2_connection if options.http2 else used_connection
        cold = settled_memory(running.pid)
        open_connections(connect, running.port, tls, warm_up, opened)
        warm = settled_memory(running.pid)
        open_connections(connect, running.port, tls, connections, opened)
        full = settled_memory(running.pid)
    return Weight(
        warm=(full["Pss"] - warm["Pss"]) / connections,
        cold=(full["Pss"] - cold["Pss"]) / (connections + warm_up),
        anonymous=(full["Pss_Anon"] - warm["Pss_Anon"]) / connections,
        base=cold["Pss"],
    )


def open_connections(connect, port, tls, count, opened):
    """Opens connections that last as long as `opened`, one request and answer on each."""
    for _ in range(count):
        opened.enter_context(connect(port, tls))


def used_connection(port, tls):
    connection = answers.connect(port, tls)
    connection.sendall(PLAINTEXT.request())
    answers.read_answer(connection)
    return connection


def used_http2_connection(port, tls):
    """Its socket only: a session here weighs more than a server's."""
    connection = http2_client.Connection(port, tls)
    connection.ask(PLAINTEXT.path)
    return connection.socket


def settled_memory(pid):
    """The server's memory once two readings agree, so that what it does after an answer is done."""
    before = None
    memory = processes.memory(pid)
    while memory != before:
        time.sleep(SETTLE_SECONDS)
        before, memory = memory, processes.memory(pid)
    return memory


if __name__ == "__main__":
    sys.exit(main())
