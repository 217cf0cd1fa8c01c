"""The command of h2load, the client that speaks HTTP/2, and how its report is read."""

import re

from load import Client, Load
from processes import CannotMeasure

PACKAGES = {"h2load": "nghttp2-client"}

PROTOCOL = {True: "--npn-list=h2", False: "--h1"}
# "100 total, 100 started, 100 done, ..." and "100 2xx, 0 3xx, ...".
COUNT = re.compile(r"(\d+) (\w+)")


# Of flow control, a stream's and a connection's, as a power of two: h2load's own.
WINDOW_BITS = 30


def words(port, path, connections, requests, streams, http2=True, tls=False, bits=WINDOW_BITS):
    """The command that sends so many requests in all, `streams` at once on each connection."""
    scheme = "https" if tls else "http"
    load = ["-t1", f"-c{connections}", f"-m{streams}", f"-n{requests}", f"-w{bits}", f"-W{bits}"]
    return ["h2load", PROTOCOL[http2], *load, f"{scheme}://127.0.0.1:{port}{path}"]


def command(scenario, port, seconds, _directory):
    """Counts requests, not time, for what was in hand at the end of a time would be work that
    nobody counts: hundreds of answers of a MiB, begun or not as each server orders its streams."""
    requests = scenario.requests_per_second * seconds
    return words(
        port,
        scenario.resource.path,
        scenario.connections,
        requests,
        scenario.streams,
        tls=scenario.tls,
        bits=scenario.window_bits,
    )


def read_report(program, output, complaint=""):
    """It tells no percentiles."""
    rate = re.search(r"^finished in .*?, ([\d.]+) req/s", output, re.MULTILINE)
    seen, status = counts(output, "requests"), counts(output, "status codes")
    if not rate or not seen or not status:
        raise CannotMeasure(f"{program} printed no report: {output}{complaint}")
    errors = {kind: seen[kind] for kind in ("failed", "errored", "timeout")}
    errors["not_2xx"] = sum(status.values()) - status["2xx"]
    return Load(
        requests=seen["succeeded"],
        requests_per_second=float(rate.group(1)),
        p99_ms=0,
        errors={kind: count for kind, count in errors.items() if count},
    )


def counts(output, title):
    line = re.search(rf"^{title}: (.*)", output, re.MULTILINE)
    return {kind: int(count) for count, kind in COUNT.findall(line.group(1))} if line else {}


CLIENT = Client(command, read_report)
