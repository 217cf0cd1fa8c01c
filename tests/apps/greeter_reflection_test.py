"""buf calls the real greeter by what its reflection tells, of either version."""

import json
import os
import tempfile
import unittest

from greeter_process import Greeter, run

BUF = os.path.abspath("tests/node_modules/@bufbuild/buf/bin/buf")
VERSIONS = ("grpc-v1", "grpc-v1alpha")


def documents(text):
    """Those of JSON behind each other, of any number of lines."""
    found = []
    while text := text.strip():
        document, end = json.JSONDecoder().raw_decode(text)
        found.append(document)
        text = text[end:]
    return found


class GreeterReflectionTest(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)
        self.greeter = self.enterContext(Greeter())

    def curl(self, version, path, *flags):
        return run(
            "node", BUF, "curl", "--http2-prior-knowledge", "--protocol=grpc",
            "--reflect-protocol=" + version, *flags, f"http://{self.greeter.address}{path}",
            env={**os.environ, "HOME": self.home.name, "no_proxy": "*"},
        )  # fmt: skip

    def assert_said(self, done, wanted):
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.assertEqual(wanted, done.stdout)

    def test_services_and_methods_are_listed(self):
        for version in VERSIONS:
            services = self.curl(version, "", "--list-services")
            self.assert_said(
                services,
                "grpc.health.v1.Health\n"
                "grpc.reflection.v1.ServerReflection\n"
                "grpc.reflection.v1alpha.ServerReflection\n"
                "helloworld.Greeter\n",
            )
            methods = self.curl(version, "", "--list-methods").stdout.split()
            self.assertIn("helloworld.Greeter/SayHelloBidiStream", methods)
            self.assertEqual(len(methods), 4 + 2 + 2)

    def test_each_kind_of_method_is_called(self):
        names = '{"name": "Ann"} {"name": "Bob"}'
        for version in VERSIONS:
            for method, data, wanted in (
                ("SayHello", '{"name": "Ann"}', ["Hello, Ann!"]),
                ("SayHelloStreamRequest", names, ["Hello, Ann, Bob!"]),
                ("SayHelloBidiStream", names, ["Hello, Ann!", "Hello, Bob!"]),
                (
                    "SayHelloStreamReply",
                    '{"name": "Ann"}',
                    ["Hello, Ann!", "Good to see you, Ann!", "Goodbye, Ann!"],
                ),
            ):
                done = self.curl(version, "/helloworld.Greeter/" + method, "-d", data)
                self.assertEqual((done.stderr, done.returncode), ("", 0))
                self.assertEqual([reply["message"] for reply in documents(done.stdout)], wanted)

    def test_health_is_a_service_like_others(self):
        done = self.curl(
            "grpc-v1", "/grpc.health.v1.Health/Check", "-d", '{"service": "helloworld.Greeter"}'
        )
        self.assertEqual(json.loads(done.stdout), {"status": "SERVING"})

    def test_what_is_unknown_is_said_to_be(self):
        for version in VERSIONS:
            done = self.curl(version, "/no.Such/Method", "-d", "{}")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("no.Such", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
