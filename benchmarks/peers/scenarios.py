"""The kinds of load servers are compared under, who of ours is compared in each, and with whom."""

import pathlib
import shutil
from dataclasses import dataclass

import h2load
import wrk
from answers import BLOB, PLAINTEXT, STATIC_1K, STATIC_1M, STATIC_10M, STATIC_100K, Resource
from load import Client
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

    `peers` are the servers `subject`, ours, is compared with: with the cheapest of them. Each of
    `rivals` has a bound of its own besides.
    """

    name: str
    title: str
    resource: Resource
    connections: int
    client: Client = wrk.CLIENT
    peers: tuple = (YARDSTICK,)
    rivals: tuple = ()
    tls: bool = False
    pipelined: int = 1
    subject: str = "hello"
    # Over HTTP/2: requests at once on each connection, and how many stand for a second.
    http2: bool = False
    streams: int = 1
    requests_per_second: int = 0
    window_bits: int = h2load.WINDOW_BITS

    @property
    def rounds_for_a_verdict(self):
        return ROUNDS_AGAINST_YARDSTICK if YARDSTICK in self.peers else ROUNDS_AGAINST_PEERS

    def comparisons(self):
        """The name of each bound there may be, and the peers it is a ratio to."""
        rivals = [(f"{self.name}:{rival}", (rival,)) for rival in self.rivals]
        return [(self.name, self.peers), *rivals]


def handshakes(program, *flags):
    """A client that makes a new connection for each request; see tls_handshakes --help."""
    return Client(
        lambda scenario, port, seconds, directory: [
            str(program),
            f"--port={port}",
            f"--seconds={seconds}",
            f"--connections={scenario.connections}",
            f"--path={scenario.resource.path}",
            *flags,
        ]
    )


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


def http2_scenario(name, title, resource, streams, connections, requests_per_second, **more):
    return Scenario(
        name,
        f"{title}, {streams} at a time on each of {connections} connections",
        resource,
        connections,
        client=h2load.CLIENT,
        peers=("nginx", "nghttpd"),
        http2=True,
        streams=streams,
        requests_per_second=requests_per_second,
        **more,
    )


# A hundred files at once in h2load's own window are too much for nginx 1.22, which takes what it
# wrote and did not yet count as payload for a flood.
FILE_WINDOW_BITS = 20
HTTP2 = (
    http2_scenario("h2-1", "HTTP/2", PLAINTEXT, 1, 64, 50_000),
    http2_scenario("h2-10", "HTTP/2", PLAINTEXT, 10, 16, 50_000, rivals=("h2o",)),
    http2_scenario("h2-100", "HTTP/2", PLAINTEXT, 100, 4, 50_000),
    *(
        http2_scenario(
            f"h2-{streams}-static_1m",
            "HTTP/2, files of 1 MiB",
            STATIC_1M,
            streams,
            connections,
            1000,
            subject="files",
            window_bits=FILE_WINDOW_BITS,
        )
        for streams, connections in ((1, 16), (10, 4), (100, 2))
    ),
    http2_scenario("tls-h2-10", "HTTP/2 over TLS 1.3", PLAINTEXT, 10, 16, 50_000, tls=True),
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
    known = (KEEPALIVE, PIPELINED, BODY, *STATIC, TLS_KEEPALIVE, TLS_BODY, *HTTP2)
    return {each.name: each for each in (*known, *handshake_scenarios(tls_handshakes))}


def chosen_scenarios(names, tls_handshakes):
    """The scenarios of these names, or all; raises when the client of one is not built."""
    known = catalogue(tls_handshakes)
    chosen = [known[name] for name in names or known]
    made_by_it = {each.name for each in handshake_scenarios(tls_handshakes)}
    needs_handshakes = [each.name for each in chosen if each.name in made_by_it]
    if needs_handshakes and shutil.which(tls_handshakes) is None:
        raise CannotMeasure(
            f"tls_handshakes is missing for {', '.join(needs_handshakes)};"
            f" build it: {BUILD_TLS_HANDSHAKES}\nor choose others with --scenario=NAME"
        )
    return chosen
