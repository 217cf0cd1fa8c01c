"""The suite against nginx: what it deviates in is known, so the suite is right in all else."""

import unittest

import peers
from known_deviations import NGINX
from suite_test_case import SuiteTestCase


class NginxTest(SuiteTestCase):
    def test_everything(self):
        with peers.nginx() as target:
            self.expect(target, known=NGINX)


if __name__ == "__main__":
    unittest.main()
