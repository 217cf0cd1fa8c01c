"""What the rounds of a comparison say: medians, ratios to a peer, verdicts, tables."""

import csv
import statistics
from dataclasses import dataclass

from scenarios import YARDSTICK

YARDSTICK_AGAIN = "yardstick-again"


@dataclass(frozen=True)
class Sample:
    """One server under one kind of load in one round; times are of one request.

    `resumed` is the share of connections that resumed a session, where each request had its own.
    """

    scenario: str
    server: str
    round: int
    cpu_us: float
    user_us: float
    client_us: float
    requests_per_second: float
    p99_ms: float
    answer_bytes: int
    errors: str
    resumed: float | None = None


@dataclass(frozen=True)
class Ratio:
    """CPU per request over a peer's in the same round: the median and the extremes."""

    median: float
    low: float
    high: float
    rounds: int


class Results:
    """All samples of a comparison, and what could not be measured."""

    def __init__(self):
        self.samples = []
        self.failures = []

    def add(self, sample):
        self.samples.append(sample)

    def add_failure(self, scenario, number, server, reason):
        self.failures.append(f"FAILED {scenario}, round {number}: {server}: {reason}")

    def servers(self, scenario):
        """The servers measured under a scenario, the yardstick first, the others as they began."""
        names = dict.fromkeys(s.server for s in self.samples if s.scenario == scenario)
        return sorted(names, key=lambda name: (name != YARDSTICK, name != YARDSTICK_AGAIN))

    def of(self, scenario, server):
        return [s for s in self.samples if (s.scenario, s.server) == (scenario, server)]

    def median(self, scenario, server, field):
        return statistics.median(getattr(s, field) for s in self.of(scenario, server))

    def errors(self, scenario, server):
        """What went wrong in any round, in words; empty when nothing did."""
        told = [f"round {s.round}: {s.errors}" for s in self.of(scenario, server) if s.errors]
        return "; ".join(told)

    def cheapest(self, scenario, peers):
        """The peer with the least CPU per request, by its median; None when none was measured."""
        measured = [peer for peer in peers if self.of(scenario, peer)]
        return min(measured, key=lambda peer: self.median(scenario, peer, "cpu_us"), default=None)

    def ratio(self, scenario, server, peer):
        """The ratio to the peer, pairing the samples of a round, or None without a pair."""
        base = {s.round: s.cpu_us for s in self.of(scenario, peer)}
        ratios = [s.cpu_us / base[s.round] for s in self.of(scenario, server) if s.round in base]
        if not ratios:
            return None
        return Ratio(statistics.median(ratios), min(ratios), max(ratios), len(ratios))


def summary(results, scenarios, bounds):
    """The whole report on our servers and their peers as text, and whether nothing in it failed."""
    parts = []
    passed = not results.failures
    for scenario in scenarios:
        peer = results.cheapest(scenario.name, scenario.peers)
        parts += [title(scenario, peer), table(results, scenario.name, peer)]
        parts += notes(results, scenario.name)
        for kept, text in verdicts(results, scenario, bounds):
            passed = passed and kept
            parts.append(text)
        parts.append("")
    text = "\n".join(parts + results.failures).rstrip() + "\n"
    return text, passed and not any_errors(results)


def any_errors(results):
    return any(sample.errors for sample in results.samples)


def title(scenario, peer, separator="; "):
    return f"{scenario.title}{separator}ratio to {name_of(peer)}" if peer else scenario.title


def name_of(peer):
    return "the yardstick" if peer == YARDSTICK else peer


# Tables

COLUMNS = (
    f"{'server':16} {'CPU us':>8} {'user':>7} {'kernel':>7} {'ratio':>6} {'min..max':>13}"
    f" {'requests/s':>11} {'p99 ms':>7} {'client us':>9} {'bytes':>8}"
)


def table(results, scenario, peer):
    rows = [row(results, scenario, server, peer) for server in results.servers(scenario)]
    return "\n".join([COLUMNS, *rows])


def row(results, scenario, server, peer):
    def median(field):
        return results.median(scenario, server, field)

    cpu, user, p99 = median("cpu_us"), median("user_us"), median("p99_ms")
    ratio = results.ratio(scenario, server, peer)
    middle = f"{ratio.median:.2f}" if ratio else "-"
    spread = f"{ratio.low:.2f}..{ratio.high:.2f}" if ratio else "-"
    return (
        f"{server:16} {cpu:8.2f} {user:7.2f} {cpu - user:7.2f} {middle:>6} {spread:>13}"
        f" {median('requests_per_second'):11,.0f} {f'{p99:.2f}' if p99 else '-':>7}"
        f" {median('client_us'):9.2f} {median('answer_bytes'):8.0f}"
    )


def notes(results, scenario):
    """What a reader of the table must know: errors, and how far a ratio can be trusted."""
    lines = [
        f"ERRORS of {server}: {results.errors(scenario, server)}"
        for server in results.servers(scenario)
        if results.errors(scenario, server)
    ]
    lines += [
        f"RESUMED {scenario}: {results.median(scenario, server, 'resumed'):.1%} of {server}'s"
        " connections resumed a session"
        for server in results.servers(scenario)
        if results.of(scenario, server)[0].resumed is not None
    ]
    same = results.ratio(scenario, YARDSTICK_AGAIN, YARDSTICK)
    if same:
        lines.append(
            f"NOISE {scenario}: the yardstick against itself {same.median:.3f},"
            f" single rounds {same.low:.3f}..{same.high:.3f}"
        )
    return lines


def verdicts(results, scenario, bounds):
    """The verdict on ours by each bound there is, when it was measured."""
    if not results.of(scenario.name, scenario.subject):
        return []
    return [
        verdict(results, scenario, bounds[name], peers)
        for name, peers in scenario.comparisons()
        if name in bounds
    ]


def verdict(results, scenario, bound, peers):
    """Whether the median ratio of ours to the cheapest of `peers` keeps the bound, without an
    error, and that in words."""
    name, server = scenario.name, scenario.subject
    peer = results.cheapest(name, peers)
    ratio = results.ratio(name, server, peer)
    if ratio is None:
        wanted = " or ".join(name_of(each) for each in peers)
        return False, f"FAIL {server} {name}: no round with it and {wanted}"
    passed = ratio.median <= bound and not results.errors(name, server)
    text = (
        f"{'PASS' if passed else 'FAIL'} {server} {name}: {ratio.median:.3f} x {name_of(peer)},"
        f" bound {bound:.2f}, single rounds {ratio.low:.3f}..{ratio.high:.3f}"
    )
    absent = [each for each in peers if not results.of(name, each)]
    if absent:
        text += f"; {', '.join(absent)} not measured"
    if ratio.rounds < scenario.rounds_for_a_verdict:
        text += f"; {ratio.rounds} rounds, {scenario.rounds_for_a_verdict} are needed to count"
    return passed, text


def write_samples(results, path):
    """Every sample as a line of CSV, for whoever wants to look closer."""
    fields = list(Sample.__dataclass_fields__)
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        writer.writerow(fields)
        writer.writerows([getattr(s, name) for name in fields] for s in results.samples)
