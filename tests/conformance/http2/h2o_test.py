"""The suite's part on Upgrade: h2c against h2o, since neither nghttpd nor nginx takes it."""

import unittest

import peers
from known_deviations import H2O_UPGRADE
from suite_test_case import SuiteTestCase


class H2OTest(SuiteTestCase):
    def test_upgrade(self):
        with peers.h2o() as target:
            self.expect(
                target,
                known=H2O_UPGRADE,
                chosen=lambda case: case.section.startswith("RFC 7540"),
                skips=["needs --tls"],
            )


if __name__ == "__main__":
    unittest.main()
