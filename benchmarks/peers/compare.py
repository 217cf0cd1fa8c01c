#!/usr/bin/python3
"""Compares the CPU time servers spend per request, as a ratio to a bare epoll loop.

Of files, over TLS and over HTTP/2 the ratio is to a peer, nginx, h2o or nghttpd; a handshake counts
as a request with the GET that follows it.

Every server runs alone on one CPU and its client on another. A round runs each server once, each
round in another order; a server's ratio is formed within a round, so that what changes on the
machine from round to round does not count. Printed are medians over the rounds, with the extremes.

  ./bazelw build -c opt //apps/hello //apps/files //benchmarks/limits:raw_epoll \\
      //benchmarks/peers:tls_handshakes
  benchmarks/peers/compare.py

Ends with 0 when all went well and ours kept their bounds, with 1 when not, with 2 when nothing
could be measured.
"""

import argparse
import datetime
import pathlib
import sys
import tempfile

import certificates
import h2load
import http2_client
import measure
import plot
import processes
import report
import scenarios
import servers
from processes import CannotMeasure

DEFAULT_BOUNDS = {
    "keepalive": 1.05,
    "pipelined": 1.4,
    "static_1k": 0.9,
    "static_100k": 0.9,
    "static_10m": 0.9,
    "tls-keepalive": 0.95,
    "tls-blob": 1.0,
    "tls-handshake": 1.0,
    "tls-resumption": 1.0,
    "h2-1": 0.8,
    "h2-10": 0.8,
    "h2-10:h2o": 1.0,
    "h2-100": 0.8,
    "h2-1-static_1m": 0.8,
    "h2-10-static_1m": 0.8,
    "h2-100-static_1m": 0.8,
}
PACKAGES = {"wrk": "wrk", "gnuplot": "gnuplot-nox"}


def main():
    options = parse_arguments()
    processes.exit_on_sigterm()
    try:
        servers.require_tools(PACKAGES)
        processes.raise_descriptor_limit()
        return compare(options)
    except CannotMeasure as error:
        print(error, file=sys.stderr)
        return 2


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    servers.add_server_flags(parser, "hello,files,yardstick,yardstick-again,nginx,h2o,nghttpd")
    parser.add_argument("--rounds", type=positive, default=9, help="default: 9")
    parser.add_argument(
        "--seconds", type=positive, default=1, help="how long a measurement lasts (default: 1)"
    )
    parser.add_argument(
        "--scenario",
        action="append",
        choices=scenarios.catalogue(),
        help="a kind of load to measure; may be repeated (default: all)",
    )
    parser.add_argument(
        "--bound",
        action="append",
        type=bound,
        default=[],
        metavar="SCENARIO[:RIVAL]=RATIO",
        help="the ratio ours may reach (default: "
        + ", ".join(f"{name}={ratio}" for name, ratio in DEFAULT_BOUNDS.items())
        + ")",
    )
    parser.add_argument(
        "--tls-handshakes",
        default=scenarios.TLS_HANDSHAKES,
        metavar="PATH",
        help="the binary of tls_handshakes, the client that measures handshakes",
    )
    parser.add_argument(
        "--output", type=pathlib.Path, metavar="DIRECTORY", help="where table and plot go"
    )
    return parser.parse_args()


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError("at least 1 is needed")
    return number


def bound(text):
    name, _, ratio = text.partition("=")
    known = scenarios.catalogue().values()
    if not any(name == each for scenario in known for each, _ in scenario.comparisons()):
        raise ValueError(f"no scenario is called {name!r}, or it has no such rival")
    return name, float(ratio)


def compare(options):
    """Measures, reports, and returns the exit code."""
    chosen = servers.chosen_servers(options)
    loads = scenarios.chosen_scenarios(options.scenario, options.tls_handshakes)
    if any(each.tls for each in loads):
        servers.require_tools(certificates.PACKAGES)
    if any(each.http2 for each in loads):
        servers.require_tools(h2load.PACKAGES)
        http2_client.require()
    bounds = {**DEFAULT_BOUNDS, **dict(options.bound)}
    output = output_directory(options.output)
    results = measure.measure(chosen, loads, options.rounds, options.seconds, output)

    text, passed = report.summary(results, loads, bounds)
    text += servers.note_of_left_out(chosen, loads)
    text += servers.warning_of_unoptimised(chosen)
    print(text)
    (output / "report.txt").write_text(text)
    report.write_samples(results, output / "samples.csv")
    plot.write(results, loads, bounds, output)
    print(f"\ntable, samples and plot are in {output}")
    return 0 if passed else 1


def output_directory(wanted):
    if wanted is None:
        now = datetime.datetime.now().strftime("%Y%m%d-%H%M%S-")
        return pathlib.Path(tempfile.mkdtemp(prefix="turbo-compare-" + now))
    wanted.mkdir(parents=True, exist_ok=True)
    return wanted.resolve()


if __name__ == "__main__":
    sys.exit(main())
