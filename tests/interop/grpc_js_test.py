"""Turbo and grpc-js call each other: the interop tests, plain and over TLS."""

import unittest

import interop


class Test(interop.InteropTest):
    def make_peer(self, _):
        return interop.grpc_js()


if __name__ == "__main__":
    unittest.main(verbosity=2)
