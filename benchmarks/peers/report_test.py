"""What the rounds say: ratios formed within a round, verdicts at the bound, nothing hidden."""

import pathlib
import tempfile
import unittest

import measure
import plot
import report
import scenarios
import servers
from processes import CannotMeasure
from scenarios import KEEPALIVE, PIPELINED, TLS_KEEPALIVE


def sample(server, number, cpu_us, errors="", scenario="keepalive", resumed=None):
    return report.Sample(
        scenario, server, number, cpu_us, 0.5, 6.0, 1000.0, 0.4, 130, errors, resumed
    )


def results_of(*samples):
    results = report.Results()
    for each in samples:
        results.add(each)
    return results


def verdict(results, scenario, bound):
    """The only one there is by the scenario's first bound, and that in words."""
    (only,) = report.verdicts(results, scenario, {scenario.name: bound})
    return only


def rounds_of(scenario, **cpu_us_by_server):
    """Samples of a scenario, round after round."""
    return results_of(
        *(
            sample(server, number, cpu_us, scenario=scenario)
            for server, rounds in cpu_us_by_server.items()
            for number, cpu_us in enumerate(rounds, 1)
        )
    )


class PlanTest(unittest.TestCase):
    def test_a_server_takes_part_where_it_speaks_what_is_asked(self):
        nginx = servers.Server("nginx", "nginx", servers.nginx_arguments, "")
        yardstick = servers.yardstick_server("yardstick", "raw_epoll")
        runs = measure.planned_runs([nginx, yardstick], [KEEPALIVE, TLS_KEEPALIVE], 2)
        plan = [(scenario.name, number, server.name) for scenario, number, server in runs]
        both = [("keepalive", number, name) for number in (1, 2) for name in ("nginx", "yardstick")]
        self.assertEqual(sorted(plan[:4]), both)
        self.assertEqual(plan[4:], [("tls-keepalive", 1, "nginx"), ("tls-keepalive", 2, "nginx")])
        with self.assertRaisesRegex(CannotMeasure, "no server can take part in tls-keepalive"):
            measure.planned_runs([yardstick], [TLS_KEEPALIVE], 2)


class ReportTest(unittest.TestCase):
    def test_a_ratio_pairs_the_samples_of_a_round(self):
        # The machine is three times slower in round 2; the ratios do not see it.
        results = results_of(
            sample("yardstick", 1, 5.0),
            sample("hello", 1, 5.0),
            sample("yardstick", 2, 15.0),
            sample("hello", 2, 16.5),
            sample("yardstick", 3, 5.0),
            sample("hello", 3, 5.1),
        )
        ratio = results.ratio("keepalive", "hello", "yardstick")
        self.assertAlmostEqual(ratio.median, 1.02)
        self.assertAlmostEqual(ratio.low, 1.0)
        self.assertAlmostEqual(ratio.high, 1.1)

    def test_a_round_without_the_yardstick_forms_no_ratio(self):
        results = results_of(sample("yardstick", 1, 5.0), sample("hello", 2, 5.0))
        self.assertIsNone(results.ratio("keepalive", "hello", "yardstick"))
        self.assertFalse(verdict(results, KEEPALIVE, 9.0)[0])

    def test_a_verdict_passes_up_to_its_bound(self):
        results = results_of(sample("yardstick", 1, 4.0), sample("hello", 1, 5.0))
        self.assertTrue(verdict(results, KEEPALIVE, 1.26)[0])
        self.assertTrue(verdict(results, KEEPALIVE, 1.25)[0])
        self.assertFalse(verdict(results, KEEPALIVE, 1.24)[0])

    def test_a_verdict_says_when_the_rounds_are_too_few(self):
        results = results_of(sample("yardstick", 1, 4.0), sample("hello", 1, 4.0))
        self.assertIn("5 are needed", verdict(results, KEEPALIVE, 1.05)[1])

    def test_over_tls_the_cheapest_peer_is_the_measure(self):
        # h2o is the cheaper one, though nginx was in a round.
        results = rounds_of(
            "tls-keepalive", h2o=(9.0, 8.0, 8.0), nginx=(8.5, 10.0, 10.0), hello=(7.6, 7.6, 7.6)
        )
        self.assertEqual(results.cheapest("tls-keepalive", TLS_KEEPALIVE.peers), "h2o")
        passed, text = verdict(results, TLS_KEEPALIVE, 0.95)
        self.assertTrue(passed)
        self.assertIn("PASS hello tls-keepalive: 0.950 x h2o", text)
        self.assertIn("3 rounds, 9 are needed", text)

    def test_a_peer_that_was_not_measured_is_told_of(self):
        results = rounds_of("tls-keepalive", nginx=(10.0,), hello=(9.0,))
        self.assertIn("h2o not measured", verdict(results, TLS_KEEPALIVE, 0.95)[1])
        passed, text = verdict(rounds_of("tls-keepalive", hello=(9.0,)), TLS_KEEPALIVE, 0.95)
        self.assertFalse(passed)
        self.assertIn("no round with it and nginx or h2o", text)

    def test_a_rival_has_a_verdict_of_its_own(self):
        scenario = scenarios.catalogue()["h2-10"]
        bounds = {"h2-10": 0.8, "h2-10:h2o": 1.0}
        results = rounds_of("h2-10", hello=(4.0,), nghttpd=(6.0,), nginx=(9.0,), h2o=(3.0,))
        better, rival = report.verdicts(results, scenario, bounds)
        self.assertTrue(better[0])
        self.assertIn("PASS hello h2-10: 0.667 x nghttpd, bound 0.80", better[1])
        self.assertFalse(rival[0])
        self.assertIn("FAIL hello h2-10: 1.333 x h2o, bound 1.00", rival[1])
        self.assertFalse(report.summary(results, [scenario], bounds)[1])
        self.assertEqual(report.verdicts(rounds_of("h2-10", h2o=(3.0,)), scenario, bounds), [])

    def test_the_share_of_resumed_connections_is_told(self):
        _, resumption = scenarios.handshake_scenarios("/nowhere")
        results = results_of(
            sample("nginx", 1, 200.0, scenario="tls-resumption", resumed=0.998),
            sample("nginx", 2, 200.0, "4 not_resumed", scenario="tls-resumption", resumed=0.98),
        )
        text, passed = report.summary(results, [resumption], {})
        self.assertIn("RESUMED tls-resumption: 98.9% of nginx's connections", text)
        self.assertIn("ERRORS of nginx: round 2: 4 not_resumed", text)
        self.assertFalse(passed)

    def test_errors_fail_a_comparison_and_are_told_of(self):
        results = results_of(sample("yardstick", 1, 5.0), sample("hello", 1, 5.0, "7 not_2xx"))
        text, passed = report.summary(results, [KEEPALIVE], {"keepalive": 1.05})
        self.assertFalse(passed)
        self.assertIn("ERRORS of hello: round 1: 7 not_2xx", text)
        self.assertIn("FAIL hello", text)

    def test_a_failed_round_fails_a_comparison_and_is_told_of(self):
        results = results_of(sample("yardstick", 1, 5.0))
        results.add_failure("keepalive", 1, "nginx", "it did not listen")
        text, passed = report.summary(results, [KEEPALIVE], {})
        self.assertFalse(passed)
        self.assertIn("FAILED keepalive, round 1: nginx: it did not listen", text)

    def test_the_table_has_the_yardstick_first_and_says_how_far_to_trust_it(self):
        results = results_of(
            sample("hello", 1, 5.0), sample("yardstick-again", 1, 5.5), sample("yardstick", 1, 5.0)
        )
        text, _ = report.summary(results, [KEEPALIVE], {})
        rows = [line.split()[0] for line in text.splitlines()[2:5]]
        self.assertEqual(rows, ["yardstick", "yardstick-again", "hello"])
        self.assertIn("the yardstick against itself 1.100", text)

    def test_a_plot_is_drawn_of_what_was_measured(self):
        results = results_of(sample("yardstick", 1, 1.0), sample("h2o", 1, 14.0))
        with tempfile.TemporaryDirectory() as name:
            plot.write(results, [KEEPALIVE, PIPELINED], {}, pathlib.Path(name))
            image = (pathlib.Path(name) / "ratios.png").read_bytes()
        self.assertTrue(image.startswith(b"\x89PNG"))


if __name__ == "__main__":
    unittest.main()
