"""The suite against nghttpd: what it deviates in is known, so the suite is right in all else."""

import unittest

import peers
from cases import CASES, Outcome
from known_deviations import NGHTTPD
from suite_test_case import SuiteTestCase


class NghttpdTest(SuiteTestCase):
    def test_everything(self):
        with peers.nghttpd() as target:
            self.expect(target, known=NGHTTPD)

    def test_a_small_table(self):
        # Every other case would have to start with the size update that this one leaves out.
        title = "No size update though the server's SETTINGS want one (RFC 9113 4.3.1)"
        with peers.nghttpd("--header-table-size=1024") as target:
            case = next(case for case in CASES if case.title == title)
            self.assertEqual(case.run(target).outcome, Outcome.PASSED)

    def test_without_priorities_of_rfc_7540(self):
        with peers.nghttpd("--no-rfc7540-pri") as target:
            self.expect(target, chosen=lambda case: case.is_of("RFC 9218"), skips=[])


if __name__ == "__main__":
    unittest.main()
