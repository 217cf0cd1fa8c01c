"""Turbo and Python's gRPC call each other: the interop tests, plain and over TLS."""

import unittest

import interop


class Test(interop.InteropTest):
    def make_peer(self, folder):
        return interop.grpc_python(folder)


if __name__ == "__main__":
    unittest.main(verbosity=2)
