#!/usr/bin/python3
"""Has testssl.sh judge the TLS of hello, and compares with what is expected.

Nothing of medium severity or above may be found. What it finds below that stands, with the reason, in
testssl.expected beside this file; anything else, more or less, is a failure. Takes some minutes.

  ./bazelw build -c opt //apps/hello
  tests/conformance/testssl.py
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "apps"))

import certificates  # noqa: E402
import hello_process  # noqa: E402

# Protocols, suite categories, forward secrecy, server preferences and defaults, the page's headers,
# vulnerabilities. Left out: every suite one by one, and simulated clients, which say the same again.
CHECKS = ["-p", "-s", "-f", "-P", "-S", "-h", "-U"]
BAD = {"MEDIUM", "HIGH", "CRITICAL", "FATAL"}
NOTHING_TO_SAY = {"OK", "INFO", "DEBUG"}


def main():
    options = parse_arguments()
    testssl = shutil.which("testssl")
    if testssl is None:
        print("testssl is missing: apt-get install testssl.sh", file=sys.stderr)
        return 2
    hello_process.HELLO = str(options.hello)
    with tempfile.TemporaryDirectory() as folder:
        findings = judge(testssl, pathlib.Path(folder), options.seconds)
    return report(findings, read_expected(options.expected))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--hello", type=pathlib.Path, default=ROOT / "bazel-bin/apps/hello/hello", help="the binary"
    )
    parser.add_argument("--expected", type=pathlib.Path, default=HERE / "testssl.expected")
    parser.add_argument("--seconds", type=int, default=600, help="give up then (default: 600)")
    return parser.parse_args()


def judge(testssl, folder, seconds):
    """What testssl.sh finds, as {(severity, id): text}."""
    authority = certificates.Authority(folder)
    chain, key = authority.sign("server")
    output = folder / "findings.json"
    flags = (f"--tls_cert={chain}", f"--tls_key={key}", "--address=127.0.0.1", "--port=0")
    with hello_process.Hello(*flags, log=subprocess.DEVNULL) as hello:
        print(f"testssl.sh looks at {hello.address}, which takes some minutes", flush=True)
        subprocess.run(
            [
                testssl, "--quiet", "--color", "0", "--warnings", "batch", "--ip", "127.0.0.1",
                "--add-ca", authority.certificate, "--jsonfile", output, *CHECKS,
                f"localhost:{hello.port}",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=seconds, check=False,
        )  # fmt: skip
    found = json.loads(output.read_text(encoding="utf-8"))
    return {
        (finding["severity"], finding["id"]): finding["finding"]
        for finding in found
        if finding["severity"] not in NOTHING_TO_SAY
    }


def read_expected(path):
    """Lines of "SEVERITY id  reason"."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {tuple(line.split()[:2]) for line in lines if not line.startswith("#")}


def report(findings, expected):
    bad = 0
    for (severity, name), text in sorted(findings.items()):
        known = (severity, name) in expected and severity not in BAD
        bad += not known
        print(f"{'expected' if known else 'FAILED  '} {severity:8} {name}: {text}")
    for severity, name in sorted(expected - findings.keys()):
        bad += 1
        print(f"FAILED   {severity:8} {name} is expected and was not found: update testssl.expected")
    print(f"{'FAIL' if bad else 'PASS'}: {bad} of {len(findings)} findings are not as expected")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
