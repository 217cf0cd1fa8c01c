"""A server of ours as a process of a test: what its tests ask of it, whichever it is."""

import os
import time


class ServerProcess:
    """`process` and `address` are set by who derives from it; `with` ends it."""

    process = None
    address = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def port(self):
        return int(self.address.rpartition(":")[2])

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resting_descriptors(self):
        """The number of open descriptors, once it has not changed for a while: every loop listens
        and no connection is about to be closed."""
        count, since = self.open_descriptors(), time.monotonic()
        while time.monotonic() < since + 0.3:
            time.sleep(0.02)
            if self.open_descriptors() != count:
                count, since = self.open_descriptors(), time.monotonic()
        return count

    def settled_descriptors(self, wanted):
        """The number of open descriptors, once it is `wanted` or has had time to become so."""
        end = time.monotonic() + 5
        while self.open_descriptors() != wanted and time.monotonic() < end:
            time.sleep(0.02)
        return self.open_descriptors()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
