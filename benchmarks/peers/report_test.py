"""What the rounds say: ratios formed within a round, verdicts at the bound, nothing hidden."""

import pathlib
import tempfile
import unittest

import plot
import report
import wrk


def sample(server, number, cpu_us, errors="", scenario="keepalive"):
    return report.Sample(scenario, server, number, cpu_us, 0.5, 6.0, 1000.0, 0.4, 130, errors)


def results_of(*samples):
    results = report.Results()
    for each in samples:
        results.add(each)
    return results


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
        ratio = results.ratio("keepalive", "hello")
        self.assertAlmostEqual(ratio.median, 1.02)
        self.assertAlmostEqual(ratio.low, 1.0)
        self.assertAlmostEqual(ratio.high, 1.1)

    def test_a_round_without_the_yardstick_forms_no_ratio(self):
        results = results_of(sample("yardstick", 1, 5.0), sample("hello", 2, 5.0))
        self.assertIsNone(results.ratio("keepalive", "hello"))
        self.assertFalse(report.verdict(results, "keepalive", "hello", 9.0)[0])

    def test_a_verdict_passes_up_to_its_bound(self):
        results = results_of(sample("yardstick", 1, 4.0), sample("hello", 1, 5.0))
        self.assertTrue(report.verdict(results, "keepalive", "hello", 1.26)[0])
        self.assertTrue(report.verdict(results, "keepalive", "hello", 1.25)[0])
        self.assertFalse(report.verdict(results, "keepalive", "hello", 1.24)[0])

    def test_a_verdict_says_when_the_rounds_are_too_few(self):
        results = results_of(sample("yardstick", 1, 4.0), sample("hello", 1, 4.0))
        self.assertIn("5 are needed", report.verdict(results, "keepalive", "hello", 1.05)[1])

    def test_errors_fail_a_comparison_and_are_told_of(self):
        results = results_of(sample("yardstick", 1, 5.0), sample("hello", 1, 5.0, "7 not_2xx"))
        text, passed = report.summary(results, [wrk.KEEPALIVE], {"keepalive": 1.05}, "hello")
        self.assertFalse(passed)
        self.assertIn("ERRORS of hello: round 1: 7 not_2xx", text)
        self.assertIn("FAIL hello", text)

    def test_a_failed_round_fails_a_comparison_and_is_told_of(self):
        results = results_of(sample("yardstick", 1, 5.0))
        results.add_failure("keepalive", 1, "nginx", "it did not listen")
        text, passed = report.summary(results, [wrk.KEEPALIVE], {}, "hello")
        self.assertFalse(passed)
        self.assertIn("FAILED keepalive, round 1: nginx: it did not listen", text)

    def test_the_table_has_the_yardstick_first_and_says_how_far_to_trust_it(self):
        results = results_of(
            sample("hello", 1, 5.0), sample("yardstick-again", 1, 5.5), sample("yardstick", 1, 5.0)
        )
        text, _ = report.summary(results, [wrk.KEEPALIVE], {}, "hello")
        rows = [line.split()[0] for line in text.splitlines()[2:5]]
        self.assertEqual(rows, ["yardstick", "yardstick-again", "hello"])
        self.assertIn("the yardstick against itself 1.100", text)

    def test_a_plot_is_drawn_of_what_was_measured(self):
        results = results_of(sample("yardstick", 1, 1.0), sample("h2o", 1, 14.0))
        with tempfile.TemporaryDirectory() as name:
            plot.write(results, [wrk.KEEPALIVE, wrk.PIPELINED], {}, pathlib.Path(name))
            image = (pathlib.Path(name) / "ratios.png").read_bytes()
        self.assertTrue(image.startswith(b"\x89PNG"))


if __name__ == "__main__":
    unittest.main()
