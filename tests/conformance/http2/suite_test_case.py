"""The suite within a test: what fails must be known, and what is known must fail."""

import unittest

import suite
from cases import CASES, Outcome


class SuiteTestCase(unittest.TestCase):
    """Base of the tests that run the suite against a server."""

    def expect(self, target, *, known=None, chosen=lambda case: True, skips=None):
        """Runs the cases that `chosen(case)` takes.

        `known`: {reason: [(section, title), ...]}, what is to fail. `skips`: the reasons for which
        cases may be skipped, all of which must occur; None: any.
        """
        cases = suite.in_order(filter(chosen, CASES))
        self.assertTrue(cases)
        results = suite.run(cases, target)
        for result in results:
            print(suite.line_of(result))
        listed = {name: reason for reason, names in (known or {}).items() for name in names}
        problems = [problem for result in results if (problem := _problem(result, listed))]
        missing = listed.keys() - {_name(result) for result in results}
        problems += [f"there is no such case: {name}" for name in missing]
        self.assertEqual(problems, [], "\n" + "\n".join(problems))
        if skips is not None:
            skipped = {each.text for each in results if each.outcome == Outcome.SKIPPED}
            self.assertEqual(skipped, set(skips))


def _name(result):
    return result.case.section, result.case.title


def _problem(result, listed):
    known = listed.get(_name(result))
    if result.outcome == Outcome.FAILED and known is None:
        return suite.line_of(result)
    if result.outcome != Outcome.FAILED and known is not None:
        return f"{suite.line_of(result)}, though it is known to fail: {known}"
    return None
