#!/usr/bin/python3
"""Asks an HTTP/2 server everything RFC 9113 and 7541 say of it, each case on its own connection.

GET / must be answered with 200 and a small body, an unknown path with 404, and the server's table
for HPACK must not be smaller than usual (4096 bytes). What else the server has is told by flags;
cases that lack something are skipped, and counted.

  tests/conformance/http2/suite.py 127.0.0.1:8080 --large=/blob --post=/echo --upgrade --http1
  tests/conformance/http2/suite.py 127.0.0.1:8443 --tls --only=6.9
  tests/conformance/http2/suite.py --list --only="RFC 7541"
"""

import argparse
import concurrent.futures
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compression  # noqa: E402, F401 - for its cases, as those below
import priorities  # noqa: E402, F401
import section_3_starting  # noqa: E402, F401
import section_4_frames  # noqa: E402, F401
import section_5_streams  # noqa: E402, F401
import section_6_connection  # noqa: E402, F401
import section_6_data  # noqa: E402, F401
import section_6_flow_control  # noqa: E402, F401
import section_8_messages  # noqa: E402, F401
import upgrade  # noqa: E402, F401
from cases import CASES, Case, Outcome  # noqa: E402
from connection import Target  # noqa: E402

THREADS = 16


def main():
    options = parse_arguments()
    chosen = in_order(case for case in CASES if options.only is None or case.is_of(options.only))
    if not chosen:
        print(f"no case is of section {options.only}", file=sys.stderr)
        return 2
    if options.list:
        for case in chosen:
            print(f"{case.section:14} {case.title}")
        print(f"{len(chosen)} cases")
        return 0
    started = time.monotonic()
    results = run(chosen, target_of(options))
    for result in results:
        print(line_of(result))
    counts = ", ".join(
        f"{sum(result.outcome == outcome for result in results)} {outcome.value.lower()}"
        for outcome in Outcome
    )
    print(f"{counts} of {len(results)} cases in {time.monotonic() - started:.1f} s")
    return 1 if any(result.outcome == Outcome.FAILED for result in results) else 0


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("server", nargs="?", metavar="HOST:PORT")
    parser.add_argument(
        "--tls", action="store_true", help="TLS with ALPN h2; any certificate will do"
    )
    parser.add_argument("--large", metavar="PATH", help="GET answers with 200 KB or more")
    parser.add_argument("--post", metavar="PATH", help="POST takes a body of up to 1 MB: 200")
    parser.add_argument("--cookies", metavar="PATH", help="GET answers with the cookies it got")
    parser.add_argument("--upgrade", action="store_true", help="it takes Upgrade: h2c")
    parser.add_argument("--http1", action="store_true", help="it serves HTTP/1.1 on the same port")
    parser.add_argument("--only", metavar="SECTION", help='such as 6.9, or "RFC 7541 5.2"')
    parser.add_argument("--list", action="store_true", help="print the cases, run none")
    parser.add_argument(
        "--seconds", type=float, default=5, help="wait for anything (default: %(default)s)"
    )
    options = parser.parse_args()
    if not options.list and (options.server is None or ":" not in options.server):
        parser.error("which server? HOST:PORT")
    return options


def target_of(options):
    host, _, port = options.server.rpartition(":")
    return Target(
        host.strip("[]"),
        int(port),
        tls=options.tls,
        large=options.large,
        post=options.post,
        cookies=options.cookies,
        upgrade=options.upgrade,
        http1=options.http1,
        seconds=options.seconds,
    )


def run(cases, target):
    """A result for each case, in the same order; then one for the server having survived."""
    alive = Case("", "The server still serves", lambda client: client.expect_service())
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(lambda case: case.run(target), cases))
    return [*results, alive.run(target)]


def in_order(cases):
    """By RFC and section; within one, as they are written."""
    return sorted(cases, key=lambda case: _numbers(case.section))


def _numbers(section):
    rfc, _, number = section.rpartition(" ")
    # RFC 9113 first, whose name is left out; an appendix behind the numbers.
    parts = (int(part) if part.isdigit() else 99 for part in number.split("."))
    return (rfc, *parts)


def line_of(result):
    text = f": {result.text}" if result.text else ""
    return f"{result.outcome.value:7} {result.case.section:14} {result.case.title}{text}"


if __name__ == "__main__":
    sys.exit(main())
