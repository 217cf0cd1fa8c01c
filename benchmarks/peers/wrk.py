"""The load: wrk, pinned to a CPU of its own, its results read from a line of JSON."""

import json
import os
import subprocess
from dataclasses import dataclass

from answers import BLOB, PLAINTEXT, Resource
from processes import CannotMeasure

GRACE_SECONDS = 30

# wrk's own report is for people; this is the same summary for a program.
SUMMARY_LUA = """\
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('summary {"requests": %d, "seconds": %.6f, "p99_ms": %.3f, ' ..
    '"not_2xx": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(99) / 1e3,
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
"""

PIPELINE_LUA = """\
local batch
init = function()
  batch = string.rep(wrk.format("GET"), %d)
end
request = function() return batch end
"""


@dataclass(frozen=True)
class Scenario:
    """A kind of load."""

    name: str
    title: str
    resource: Resource
    connections: int
    pipelined: int = 1


KEEPALIVE = Scenario("keepalive", "keep-alive, 64 connections", PLAINTEXT, connections=64)
PIPELINED = Scenario(
    "pipelined", "pipelined by 16, 64 connections", PLAINTEXT, connections=64, pipelined=16
)
BODY = Scenario("blob", "1 MiB bodies, 16 connections", BLOB, connections=16)
SCENARIOS = {scenario.name: scenario for scenario in (KEEPALIVE, PIPELINED, BODY)}


@dataclass(frozen=True)
class Load:
    """What wrk saw: answers received, how fast, and what went wrong (by kind, zeros left out)."""

    requests: int
    requests_per_second: float
    p99_ms: float
    errors: dict


def run(scenario, port, seconds, cpu, directory):
    """Loads the server on `port` for a whole number of seconds."""
    script = directory / f"{scenario.name}.lua"
    script.write_text(lua(scenario))
    command = ["wrk", "-t1", f"-c{scenario.connections}", f"-d{seconds}s", "-s", str(script)]
    url = f"http://127.0.0.1:{port}{scenario.resource.path}"
    try:
        result = subprocess.run(
            [*command, url],
            capture_output=True,
            text=True,
            timeout=seconds + GRACE_SECONDS,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
        )
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure(f"wrk did not end after {error.timeout} s") from error
    return read_summary(result.stdout, result.stderr)


def lua(scenario):
    pipeline = PIPELINE_LUA % scenario.pipelined if scenario.pipelined > 1 else ""
    return pipeline + SUMMARY_LUA


def read_summary(output, complaint=""):
    for line in output.splitlines():
        if line.startswith("summary "):
            return load_of(json.loads(line.removeprefix("summary ")))
    raise CannotMeasure(f"wrk printed no summary: {output}{complaint}")


def load_of(summary):
    kinds = ("not_2xx", "connect", "read", "write", "timeout")
    return Load(
        requests=summary["requests"],
        requests_per_second=summary["requests"] / summary["seconds"],
        p99_ms=summary["p99_ms"],
        errors={kind: summary[kind] for kind in kinds if summary[kind]},
    )
