#!/usr/bin/python3
"""Compares the CPU time RPC costs per call, as a ratio to gRPC C++ on the same messages.

Servers: ours and gRPC C++, by its callback and by its asynchronous interface, serve the same
service, each alone on one CPU with h2load on another. Clients: ours and gRPC C++, by its
asynchronous interface, call our server, each alone on one CPU with the server on another. A round
runs each once, each round in another order; a ratio is to the cheapest of gRPC C++ within a round.
Printed are medians, with the extremes.

  ./bazelw build -c opt //benchmarks/peers/rpc/...
  benchmarks/peers/rpc.py

Ends with 0 when ours kept its bounds, with 1 when not, with 2 when nothing could be measured.
"""

import argparse
import contextlib
import os
import pathlib
import re
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import types
from dataclasses import dataclass

import h2load
import load
import measure
import processes
import servers
from processes import CannotMeasure

BINARIES = servers.REPOSITORY / "bazel-bin/benchmarks/peers/rpc"
BUILD = "./bazelw build -c opt //benchmarks/peers/rpc/..."
OURS = "turbo"
START_SECONDS = 20
LOAD_SECONDS = 60
WARM_UP_SHARE = 10
HEADERS = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
# Of flow control, as gRPC's clients have it: 1 MiB.
WINDOW_BITS = 20


@dataclass(frozen=True)
class Calls:
    """A kind of load: which method, with what message, by how many streams.

    For each call `messages` come back, which is what the time is divided by, in `answer_bytes`.
    """

    name: str
    title: str
    path: str
    message: bytes
    connections: int
    streams: int
    calls_per_second: int
    bound: float
    answer_bytes: int
    messages: int = 1


def frame(message):
    return struct.pack(">BI", 0, len(message)) + message


# Payload{body: "Hello, World!"} and ListRequest{count: 1000, bytes: 1024}, encoded.
ECHO = frame(b"\x0a\x0dHello, World!")
LIST = frame(b"\x08\xe8\x07\x10\x80\x08")
SERVERS = (
    Calls(
        "unary-20",
        "one small message each way, 20 at a time on each of 8 connections",
        "/turbo.bench.Bench/Echo",
        ECHO,
        connections=8,
        streams=20,
        calls_per_second=30_000,
        bound=0.25,
        answer_bytes=len(ECHO),
    ),
    Calls(
        "unary-1",
        "one small message each way, one at a time on each of 32 connections",
        "/turbo.bench.Bench/Echo",
        ECHO,
        connections=32,
        streams=1,
        calls_per_second=20_000,
        bound=0.5,
        answer_bytes=len(ECHO),
    ),
    Calls(
        "list",
        "1,000 messages of 1 KiB a call, 2 at a time on each of 4 connections; per message",
        "/turbo.bench.Bench/List",
        LIST,
        connections=4,
        streams=2,
        calls_per_second=100,
        bound=0.2,
        # A message of 1 KiB has three bytes in front of it, and its prefix.
        answer_bytes=1000 * (1024 + 3 + 5),
        messages=1000,
    ),
)


@dataclass(frozen=True)
class ClientCalls:
    """A kind of calls that a client makes, on one connection."""

    name: str
    title: str
    at_once: int
    calls_per_second: int
    bound: float = 0.3


CLIENTS = (
    ClientCalls("client-20", "a client's small unary calls, 20 at a time", 20, 30_000),
    ClientCalls("client-1", "a client's small unary calls, one at a time", 1, 8_000),
)


def main():
    options = parse_arguments()
    processes.exit_on_sigterm()
    try:
        servers.require_tools(h2load.PACKAGES)
        require_programs(options.programs)
        results = [measure_kind(kind, options) for kind in chosen_kinds(options)]
    except (CannotMeasure, OSError, subprocess.SubprocessError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if all(results) else 1


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9, help="default: 9")
    parser.add_argument("--seconds", type=int, default=2, help="of load each (default: 2)")
    parser.add_argument("--bound", type=float, help="of all kinds, in place of their own")
    names = [kind.name for kind in (*SERVERS, *CLIENTS)]
    parser.add_argument("--kind", action="append", choices=names, help="default: all")
    parser.add_argument(
        "--programs", type=pathlib.Path, default=BINARIES, metavar="DIRECTORY", help="where they are"
    )
    return parser.parse_args()


def chosen_kinds(options):
    return [
        kind for kind in (*SERVERS, *CLIENTS) if not options.kind or kind.name in options.kind
    ]


def require_programs(directory):
    for side in (OURS, "grpc"):
        for role in ("server", "client"):
            program = directory / f"{side}_{role}"
            if not program.is_file():
                raise CannotMeasure(f"{program} is missing; build it: {BUILD}")


def measure_kind(kind, options):
    """Prints what each program spends; whether ours kept its bound."""
    print(f"{kind.name}: {kind.title}", flush=True)
    programs = options.programs
    if isinstance(kind, Calls):
        measure_once = measure_server
        commands = {
            OURS: [programs / "turbo_server"],
            "grpc-callback": [programs / "grpc_server", "--api=callback"],
            "grpc-async": [programs / "grpc_server", "--api=async"],
        }
    else:
        measure_once = measure_client
        commands = {OURS: [programs / "turbo_client"], "grpc-async": [programs / "grpc_client"]}
    spent = {name: [] for name in commands}
    for number in range(1, options.rounds + 1):
        for name in measure.order_of_round(list(commands), number):
            spent[name].append(measure_once(kind, commands[name], options))
            print(f"\r  round {number} of {options.rounds} ", end="", file=sys.stderr, flush=True)
    print("\r", end="", file=sys.stderr)
    return judge(kind.name, spent, options.rounds, options.bound or kind.bound)


def judge(name, spent, rounds, bound):
    peers = [each for each in spent if each != OURS]
    cheaper = [min(spent[peer][i] for peer in peers) for i in range(rounds)]
    for program, times in spent.items():
        ratios = [mine / peer for mine, peer in zip(times, cheaper)]
        print(
            f"  {program:14} {statistics.median(times):8.2f} us"
            f"  x {statistics.median(ratios):.2f}  {min(ratios):.2f}..{max(ratios):.2f}"
        )
    ratio = statistics.median(mine / peer for mine, peer in zip(spent[OURS], cheaper))
    good = ratio <= bound
    print(f"{'PASS' if good else 'FAIL'} {name}: {ratio:.3f} x gRPC C++, bound {bound}")
    return good


@contextlib.contextmanager
def running_server(command, cpu):
    """The process of a server, the port it listens on and a directory for files."""
    with tempfile.TemporaryDirectory(prefix="turbo-bench-") as name:
        directory = pathlib.Path(name)
        port = processes.free_port()
        log = directory / "output.log"
        with processes.running([*command, f"--port={port}"], log, cpu) as process:
            processes.wait_until_listening(process, port, START_SECONDS)
            yield process, port, directory


def measure_server(kind, command, options):
    """Microseconds of the server's CPU for each message that came back."""
    server_cpu, client_cpu = processes.separate_cpus()
    with running_server(command, server_cpu) as (process, port, directory):
        (directory / "message").write_bytes(kind.message)
        calls = kind.calls_per_second * options.seconds
        run_load(kind, port, max(calls // WARM_UP_SHARE, 1), client_cpu, directory)
        before = processes.cpu_seconds(process.pid)
        run_load(kind, port, calls, client_cpu, directory)
        spent = processes.cpu_seconds(process.pid) - before
    return spent * 1e6 / (calls * kind.messages)


def measure_client(kind, command, options):
    """Microseconds of the client's CPU for each call; what it takes to start does not count."""
    server_cpu, client_cpu = processes.separate_cpus()
    with running_server([options.programs / "turbo_server"], server_cpu) as (_, port, _):

        def cpu_of(calls):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            words = [*command, f"--port={port}", f"--calls={calls}", f"--at_once={kind.at_once}"]
            subprocess.run(
                words,
                check=True,
                timeout=LOAD_SECONDS,
                stdout=subprocess.DEVNULL,
                preexec_fn=lambda: os.sched_setaffinity(0, {client_cpu}),
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        calls = kind.calls_per_second * options.seconds
        few = calls // WARM_UP_SHARE
        return (cpu_of(calls) - cpu_of(few)) * 1e6 / (calls - few)


def run_load(kind, port, calls, cpu, directory):
    """Raises unless every call was answered, with all its messages."""
    calls = max(calls, kind.connections * kind.streams)
    words = h2load.words(
        port, kind.path, kind.connections, calls, kind.streams, bits=WINDOW_BITS
    )
    command = [*words[:-1], *HEADERS, "-d", str(directory / "message"), words[-1]]

    def read(program, output, complaint):
        # What an RPC came to stands in trailers that h2load does not look at.
        data = re.search(r"\((\d+)\) data$", output, re.MULTILINE)
        if data is None or int(data.group(1)) != calls * kind.answer_bytes:
            raise CannotMeasure(f"{kind.name} was not answered as it should be: {output}{complaint}")
        return h2load.read_report(program, output, complaint)

    client = load.Client(lambda *_: command, read)
    seen = load.run(types.SimpleNamespace(client=client), port, LOAD_SECONDS, cpu, directory)
    if seen.errors:
        raise CannotMeasure(f"{kind.name}: {seen.errors}")


if __name__ == "__main__":
    sys.exit(main())
