"""The suite against files, whose answers come from a disk: no deviation at all."""

import pathlib
import tempfile
import unittest

import peers
from connection import Target
from files_process import Files
from suite_test_case import SuiteTestCase

SECONDS = 20  # with sanitizers, and other tests beside


class FilesTest(SuiteTestCase):
    def test_everything(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder) / "www"
            peers.write_pages(root)
            files = Files(root)
            self.addCleanup(files.end)
            port = int(files.address.rpartition(":")[2])
            self.expect(Target(
                "127.0.0.1", port, large="/large", upgrade=True, http1=True, seconds=SECONDS
            ))  # fmt: skip
            self.assertIsNone(files.process.poll(), "files ended by itself")


if __name__ == "__main__":
    unittest.main()
