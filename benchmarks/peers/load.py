"""The load: a client program pinned to a CPU of its own, its results read from a line of JSON."""

import json
import os
import subprocess
from dataclasses import dataclass
from typing import Callable

from processes import CannotMeasure

GRACE_SECONDS = 30


@dataclass(frozen=True)
class Load:
    """What the client saw: answers received, how fast, and what went wrong.

    `errors` counts by kind, zeros left out. `resumed` is the share of connections that resumed a
    session, None when the client keeps its connections.
    """

    requests: int
    requests_per_second: float
    p99_ms: float
    errors: dict
    resumed: float | None = None


def run(scenario, port, seconds, cpu, directory):
    """Loads the server on `port` for a whole number of seconds."""
    command = scenario.client.command(scenario, port, seconds, directory)
    try:
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds + GRACE_SECONDS,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
        )
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure(f"{command[0]} did not end after {error.timeout} s") from error
    return scenario.client.read(command[0], result.stdout, result.stderr)


def read_summary(client, output, complaint=""):
    for line in output.splitlines():
        if line.startswith("summary "):
            return load_of(json.loads(line.removeprefix("summary ")))
    raise CannotMeasure(f"{client} printed no summary: {output}{complaint}")


def load_of(summary):
    """Everything in a summary that is no measurement counts errors of the kind it is named for."""
    requests = summary.pop("requests")
    seconds = summary.pop("seconds")
    resumed = summary.pop("resumed", None)
    return Load(
        requests=requests,
        requests_per_second=requests / seconds,
        p99_ms=summary.pop("p99_ms"),
        errors={kind: count for kind, count in summary.items() if count},
        resumed=None if resumed is None else resumed / max(requests, 1),
    )


@dataclass(frozen=True)
class Client:
    """A program that loads a server.

    `command` returns its words from a scenario, a port, seconds and a directory for its files;
    `read` makes a Load of its name, of what it printed and of what it complained.
    """

    command: Callable
    read: Callable = read_summary
