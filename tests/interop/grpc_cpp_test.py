"""Turbo and gRPC C++ 1.51 call each other: the interop tests, plain and over TLS."""

import unittest

import interop


class Test(interop.InteropTest):
    def make_peer(self, _):
        return interop.grpc_cpp()


if __name__ == "__main__":
    unittest.main(verbosity=2)
