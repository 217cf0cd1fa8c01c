"""The rounds of a comparison: each server alone under load, its CPU time read from outside."""

import contextlib
import resource
import sys
from dataclasses import dataclass

import certificates
import load
import processes
import servers
from processes import CannotMeasure
from report import Results, Sample

WARM_UP_SECONDS = 1
START_AND_STOP_SECONDS = 0.4


@dataclass(frozen=True)
class Times:
    """CPU time spent so far, by the server (its split in ticks) and by the client."""

    server_seconds: float
    user_ticks: int
    system_ticks: int
    client_seconds: float

    def __sub__(self, earlier):
        return Times(
            self.server_seconds - earlier.server_seconds,
            self.user_ticks - earlier.user_ticks,
            self.system_ticks - earlier.system_ticks,
            self.client_seconds - earlier.client_seconds,
        )


def read_times(pid):
    """The times of the server `pid` and of the client, the only child that ends meanwhile."""
    client = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Times(
        processes.cpu_seconds(pid),
        *processes.user_and_system_ticks(pid),
        client.ru_utime + client.ru_stime,
    )


def measure(chosen, scenarios, rounds, seconds, directory):
    """Runs all rounds; a server that fails in one is left out of that round and told of.

    A server that does not speak what a scenario asks for, or has no such answer, takes no part.
    """
    cpus = processes.separate_cpus()
    results = Results()
    runs = planned_runs(chosen, scenarios, rounds)
    progress = Progress(len(runs), seconds)
    with certificate_for(scenarios) as certificate:
        for scenario, number, server in runs:
            progress.begin(f"{scenario.name}, round {number}, {server.name}")
            shown = certificate if scenario.tls else None
            try:
                outcome = load_once(server, scenario, seconds, cpus, directory, shown)
                results.add(sample(server, scenario, number, *outcome))
            except (CannotMeasure, OSError) as error:
                results.add_failure(scenario.name, number, server.name, error)
    progress.end()
    return results


def certificate_for(scenarios):
    """A certificate all servers show, where a scenario needs one."""
    needed = any(scenario.tls for scenario in scenarios)
    return certificates.self_signed() if needed else contextlib.nullcontext()


def planned_runs(chosen, scenarios, rounds):
    """Scenario, number of the round and server of each measurement, in their order."""
    return [
        (scenario, number, server)
        for scenario in scenarios
        for number in range(1, rounds + 1)
        for server in order_of_round(taking_part(chosen, scenario), number)
    ]


def taking_part(chosen, scenario):
    able = [
        server
        for server in chosen
        if server.speaks(scenario.tls, scenario.http2) and server.has(scenario.resource)
    ]
    if not able:
        raise CannotMeasure(f"no server can take part in {scenario.name}; see --servers in --help")
    return able


def order_of_round(chosen, number):
    """Each round begins with another server and every second runs backwards.

    So none always follows the same neighbour, whose traces on the machine it would inherit.
    """
    turned = number % len(chosen)
    order = chosen[turned:] + chosen[:turned]
    return order if number % 2 else order[::-1]


def load_once(server, scenario, seconds, cpus, directory, certificate):
    """One server under one load, warmed up first: what was seen, times spent, answer's size."""
    server_cpu, client_cpu = cpus
    with servers.running_server(
        server, scenario.resource, server_cpu, certificate=certificate, http2=scenario.http2
    ) as running:
        load.run(scenario, running.port, WARM_UP_SECONDS, client_cpu, directory)
        before = read_times(running.pid)
        seen = load.run(scenario, running.port, seconds, client_cpu, directory)
        spent = read_times(running.pid) - before
    if seen.requests == 0:
        raise CannotMeasure(f"it answered nothing: {seen.errors}")
    return seen, spent, running.answer_bytes


def sample(server, scenario, number, seen, spent, answer_bytes):
    cpu_us = spent.server_seconds * 1e6 / seen.requests
    user_share = spent.user_ticks / max(spent.user_ticks + spent.system_ticks, 1)
    return Sample(
        scenario=scenario.name,
        server=server.name,
        round=number,
        cpu_us=cpu_us,
        user_us=cpu_us * user_share,
        client_us=spent.client_seconds * 1e6 / seen.requests,
        requests_per_second=seen.requests_per_second,
        p99_ms=seen.p99_ms,
        answer_bytes=answer_bytes,
        errors=", ".join(f"{count} {kind}" for kind, count in seen.errors.items()),
        resumed=seen.resumed,
    )


class Progress:
    """Says on stderr what is being measured and how long all of it will still take."""

    def __init__(self, steps, seconds):
        self.steps = steps
        self.done = 0
        self.step_seconds = seconds + WARM_UP_SECONDS + START_AND_STOP_SECONDS
        self.before, self.after = ("\r\x1b[K", "") if sys.stderr.isatty() else ("", "\n")

    def begin(self, what):
        left = (self.steps - self.done) * self.step_seconds
        self.done += 1
        line = f"[{self.done}/{self.steps}] {what}; {left:.0f} s left"
        print(self.before + line, end=self.after, file=sys.stderr, flush=True)

    def end(self):
        print(self.before, end="", file=sys.stderr, flush=True)
