"""What the rounds of a comparison say: medians, ratios to the yardstick, verdicts, tables."""

import csv
import statistics
from dataclasses import dataclass

YARDSTICK = "yardstick"
YARDSTICK_AGAIN = "yardstick-again"
ROUNDS_FOR_A_VERDICT = 5


@dataclass(frozen=True)
class Sample:
    """One server under one kind of load in one round; times are of one request."""

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


@dataclass(frozen=True)
class Ratio:
    """CPU per request over the yardstick's in the same round: the median and the extremes."""

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

    def ratio(self, scenario, server):
        """The ratio to the yardstick, pairing the samples of a round, or None without a pair."""
        yardstick = {s.round: s.cpu_us for s in self.of(scenario, YARDSTICK)}
        ratios = [
            s.cpu_us / yardstick[s.round] for s in self.of(scenario, server) if s.round in yardstick
        ]
        if not ratios:
            return None
        return Ratio(statistics.median(ratios), min(ratios), max(ratios), len(ratios))


def summary(results, scenarios, bounds, server):
    """The whole report on `server` and its peers as text, and whether nothing in it failed."""
    parts = []
    passed = not results.failures
    for scenario in scenarios:
        parts += [scenario.title, table(results, scenario.name)]
        parts += notes(results, scenario.name)
        if results.of(scenario.name, server) and scenario.name in bounds:
            kept, text = verdict(results, scenario.name, server, bounds[scenario.name])
            passed = passed and kept
            parts.append(text)
        parts.append("")
    text = "\n".join(parts + results.failures).rstrip() + "\n"
    return text, passed and not any_errors(results)


def any_errors(results):
    return any(sample.errors for sample in results.samples)


# Tables

COLUMNS = (
    f"{'server':16} {'CPU us':>8} {'user':>7} {'kernel':>7} {'ratio':>6} {'min..max':>13}"
    f" {'requests/s':>11} {'p99 ms':>7} {'client us':>9} {'bytes':>8}"
)


def table(results, scenario):
    return "\n".join([COLUMNS] + [row(results, scenario, s) for s in results.servers(scenario)])


def row(results, scenario, server):
    def median(field):
        return results.median(scenario, server, field)

    cpu, user, p99 = median("cpu_us"), median("user_us"), median("p99_ms")
    ratio = results.ratio(scenario, server)
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
    same = results.ratio(scenario, YARDSTICK_AGAIN)
    if same:
        lines.append(
            f"NOISE {scenario}: the yardstick against itself {same.median:.3f},"
            f" single rounds {same.low:.3f}..{same.high:.3f}"
        )
    return lines


def verdict(results, scenario, server, bound):
    """Whether the server's median ratio keeps the bound, without an error, and that in words."""
    ratio = results.ratio(scenario, server)
    if ratio is None:
        return False, f"FAIL {server} {scenario}: no round with it and the yardstick"
    passed = ratio.median <= bound and not results.errors(scenario, server)
    text = (
        f"{'PASS' if passed else 'FAIL'} {server} {scenario}: {ratio.median:.3f} x the yardstick,"
        f" bound {bound:.2f}, single rounds {ratio.low:.3f}..{ratio.high:.3f}"
    )
    if ratio.rounds < ROUNDS_FOR_A_VERDICT:
        text += f"; {ratio.rounds} rounds, {ROUNDS_FOR_A_VERDICT} are needed to count"
    return passed, text


def write_samples(results, path):
    """Every sample as a line of CSV, for whoever wants to look closer."""
    fields = list(Sample.__dataclass_fields__)
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        writer.writerow(fields)
        writer.writerows([getattr(s, name) for name in fields] for s in results.samples)
