"""What a case is, and how cases come to be known to suite.py.

A case is a function of a client: a Connection that has exchanged SETTINGS with the server, or with
`bare` one over which nothing went yet. It returns when the server did what it must, else the client
raised Failure. Skip says that this server has not what the case is about.
"""

import enum
from dataclasses import dataclass
from typing import Callable

from connection import Connection, Failure

# The names of RFCs in front of a section; a section alone is one of RFC 9113.
UPGRADE, EXTENDED_CONNECT, PRIORITY, HPACK = "RFC 7540", "RFC 8441", "RFC 9218", "RFC 7541"

CASES = []
_OPTIONS = {"tls": "--tls", "plain": "no --tls", "upgrade": "--upgrade", "http1": "--http1"}


class Skip(Exception):
    """The server offers no occasion for the case."""


class Outcome(enum.Enum):
    PASSED = "passed"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Result:
    case: "Case"
    outcome: Outcome
    text: str = ""  # why not passed


@dataclass(frozen=True)
class Case:
    section: str
    title: str
    function: Callable[[Connection], None]
    needs: tuple = ()  # attributes of the target
    settings: dict | None = None  # to be sent in the preface; None: none
    bare: bool = False

    def is_of(self, section):
        """`section` is this one, or one that contains it."""
        return self.section == section or self.section.startswith((section + ".", section + " "))

    def run(self, target):
        missing = [
            _OPTIONS.get(need, f"--{need}") for need in self.needs if not getattr(target, need)
        ]
        if missing:
            return Result(self, Outcome.SKIPPED, f"needs {', '.join(missing)}")
        try:
            with Connection(target) as client:
                if not self.bare:
                    client.greet(self.settings or {})
                self.function(client)
        except Skip as reason:
            return Result(self, Outcome.SKIPPED, str(reason))
        except Failure as failure:
            return Result(self, Outcome.FAILED, str(failure))
        except OSError as error:
            return Result(self, Outcome.FAILED, f"no connection: {error!r}")
        return Result(self, Outcome.PASSED)


def case(section, title, **more):
    """Makes the function that follows a case; `more` is what Case has."""

    def register(function):
        assert not any((each.section, each.title) == (section, title) for each in CASES), title
        CASES.append(Case(section, title, function, **more))
        return function

    return register
