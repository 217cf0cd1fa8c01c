"""The kinds of load servers are compared under, who of ours is compared in each, and with whom."""

import pathlib
import shutil
from dataclasses import dataclass
from typing import Callable

import wrk
from answers import BLOB, PLAINTEXT, STATIC_1K, STATIC_10M, STATIC_100K, Resource
from processes import CannotMeasure

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TLS_HANDSHAKES = REPOSITORY / "bazel-bin/benchmarks/peers/tls_handshakes"
BUILD_TLS_HANDSHAKES = "./bazelw build -c opt //benchmarks/peers:tls_handshakes"

YARDSTICK = "yardstick"
# What a verdict needs: whole servers stray more from round to round than the yardstick does.
ROUNDS_AGAINST_YARDSTICK = 5
ROUNDS_AGAINST_PEERS = 9


@dataclass(frozen=True)
class Scenario:
    """A kind of load.

    `client` returns the command that makes it, from the scenario, a port, seconds and a directory
    for its files. `peers` are the servers `subject`, ours, is compared with: with the cheapest of
    them.
    """

    name: str
    title: str
    resource: Resource
    connections: int
    client: Callable[["Scenario", int, int, pathlib.Path], list] = wrk.command
    peers: tuple = (YARDSTICK,)
    tls: bool = False
    pipelined: int = 1
    subject: str = "hello"

    @property
    def rounds_for_a_verdict(self):
        return ROUNDS_AGAINST_YARDSTICK if YARDSTICK in self.peers else ROUNDS_AGAINST_PEERS


def handshakes(program, *flags):
    """A client that makes a new connection for each request; see tls_handshakes --help."""
    return lambda scenario, port, seconds, directory: [
        str(program),
        f"--port={port}",
        f"--seconds={seconds}",
        f"--connections={scenario.connections}",
        f"--path={scenario.resource.path}",
        *flags,
    ]


KEEPALIVE = Scenario("keepalive", "keep-alive, 64 connections", PLAINTEXT, connections=64)
PIPELINED = Scenario(
    "pipelined", "pipelined by 16, 64 connections", PLAINTEXT, connections=64, pipelined=16
)
BODY = Scenario("blob", "1 MiB bodies, 16 connections", BLOB, connections=16)
TLS_KEEPALIVE = Scenario(
    "tls-keepalive",
    "keep-alive over TLS 1.3, 64 connections",
    PLAINTEXT,
    connections=64,
    peers=("nginx", "h2o"),
    tls=True,
)
TLS_BODY = Scenario(
    "tls-blob",
    "1 MiB bodies over TLS 1.3, 16 connections",
    BLOB,
    connections=16,
    peers=("nginx",),
    tls=True,
)


def static_scenario(size, resource, connections):
    return Scenario(
        f"static_{resource.path.rpartition('/')[2]}",
        f"files of {size}, {connections} connections",
        resource,
        connections,
        peers=("nginx",),
        subject="files",
    )


STATIC = (
    static_scenario("1 KiB", STATIC_1K, 64),
    static_scenario("100 KiB", STATIC_100K, 16),
    static_scenario("10 MiB", STATIC_10M, 4),
)


def handshake_scenarios(program):
    """What is measured by `program`, tls_handshakes: a request here is a whole connection."""
    return (
        Scenario(
            "tls-handshake",
            "full TLS 1.3 handshake, one GET, close; 16 at a time",
            PLAINTEXT,
            connections=16,
            client=handshakes(program),
            peers=("nginx",),
            tls=True,
        ),
        Scenario(
            "tls-resumption",
            "resumed TLS 1.3 handshake, one GET, close; 16 at a time",
            PLAINTEXT,
            connections=16,
            client=handshakes(program, "--resume"),
            peers=("nginx",),
            tls=True,
        ),
    )


def catalogue(tls_handshakes=TLS_HANDSHAKES):
    """Every scenario by name."""
    known = (KEEPALIVE, PIPELINED, BODY, *STATIC, TLS_KEEPALIVE, TLS_BODY)
    return {each.name: each for each in (*known, *handshake_scenarios(tls_handshakes))}


def chosen_scenarios(names, tls_handshakes):
    """The scenarios of these names, or all; raises when the client of one is not built."""
    known = catalogue(tls_handshakes)
    chosen = [known[name] for name in names or known]
    needs_handshakes = [each.name for each in chosen if each.client is not wrk.command]
    if needs_handshakes and shutil.which(tls_handshakes) is None:
        raise CannotMeasure(
            f"tls_handshakes is missing for {', '.join(needs_handshakes)};"
            f" build it: {BUILD_TLS_HANDSHAKES}\nor choose others with --scenario=NAME"
        )
    return chosen
