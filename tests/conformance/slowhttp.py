#!/usr/bin/python3
"""Has slowhttptest attack hello in its four ways at the same time, and asks it for pages meanwhile.

hello runs with its default limits and timeouts. Slow heads and slow bodies must be cut before the
attack's time is over, every page must be answered soon, the attacker's own probes too, memory must
not grow with the attack, and no descriptor may be left behind. Takes about a minute.

  ./bazelw build -c opt //apps/hello
  tests/conformance/slowhttp.py
"""

import argparse
import http.client
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "apps"))

import hello_process  # noqa: E402

PROBE_SECONDS = 5
RATE = 50  # connections a second, slowhttptest's own default
PAUSE = 0.02
ALL_CUT = "No open connections left"
# Way: its flags, the page, and whether all its connections must be cut before it ends. One that
# reads slowly may go on as long as it reads.
ATTACKS = {
    "slow heads (slowloris)": (["-H", "-i", "3"], "/", True),
    "slow bodies": (["-B", "-i", "5", "-s", "8192", "-x", "20"], "/echo", True),
    "slow reading": (["-X", "-w", "1", "-y", "512", "-n", "2", "-z", "32", "-k", "3"], "/blob",
                     False),
    "ranges (Apache killer)": (["-R", "-a", "5", "-b", "2000", "-t", "HEAD"], "/blob", True),
}  # fmt: skip


def main():
    options = parse_arguments()
    if shutil.which("slowhttptest") is None:
        print("slowhttptest is missing: apt-get install slowhttptest", file=sys.stderr)
        return 2
    hello_process.HELLO = str(options.hello)
    with hello_process.Hello("--address=127.0.0.1", "--port=0") as hello:
        print(f"slowhttptest attacks {hello.address} for {options.seconds} s", flush=True)
        problems = attack(hello, options)
    for problem in problems:
        print("FAILED  ", problem)
    print(f"{'FAIL' if problems else 'PASS'}: {len(problems)} problems")
    return 1 if problems else 0


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--hello", type=pathlib.Path, default=ROOT / "bazel-bin/apps/hello/hello", help="the binary"
    )
    parser.add_argument("--connections", type=int, default=200, help="of each way (default: 200)")
    # Above body_timeout, 30 s, and the second by which it may be noticed late.
    parser.add_argument("--seconds", type=int, default=50, help="at the most (default: 50)")
    parser.add_argument(
        "--bound", type=float, default=1.0, help="seconds for any answer (default: 1)"
    )
    parser.add_argument(
        "--megabytes", type=float, default=64, help="hello's memory may grow by (default: 64)"
    )
    return parser.parse_args()


def attack(hello, options):
    """What went wrong, as sentences."""
    descriptors = hello.resting_descriptors()
    memory = resident_megabytes(hello)
    client = SecondClient(hello, options.bound)
    client.start()
    attackers = {way: start_attacker(way, hello, options) for way in ATTACKS}
    largest = memory
    while any(process.poll() is None for process, _ in attackers.values()):
        time.sleep(0.5)
        largest = max(largest, resident_megabytes(hello))
    client.stop()

    problems = list(client.problems)
    for way, (_, output) in attackers.items():
        output.seek(0)
        problems += judge(way, output.read().decode(errors="replace"))
    print(f"{client.answers} pages meanwhile, the slowest after {client.slowest * 1000:.0f} ms")
    print(f"memory: {memory:.1f} MB before, {largest:.1f} MB at most")
    if largest - memory > options.megabytes:
        problems.append(f"memory grew by {largest - memory:.1f} MB")
    left = hello.settled_descriptors(descriptors)
    if left != descriptors:
        problems.append(f"{left} descriptors are open, {descriptors} were before")
    return problems


def start_attacker(way, hello, options):
    flags, path, _ = ATTACKS[way]
    command = ["slowhttptest", *flags, "-u", hello.url(path), "-l", str(options.seconds)]
    command += ["-c", str(options.connections), "-r", str(RATE), "-p", str(PROBE_SECONDS)]
    # A file, since a pipe that nobody reads would stop it.
    output = tempfile.TemporaryFile()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    )
    return process, output


class SecondClient(threading.Thread):
    """Asks for a page again and again, each time on a new connection."""

    def __init__(self, hello, bound):
        super().__init__(daemon=True)
        self.hello, self.bound = hello, bound
        self.answers, self.slowest, self.problems = 0, 0.0, []
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.wait(PAUSE) and len(self.problems) < 5:
            started = time.monotonic()
            try:
                self.ask()
            except (OSError, http.client.HTTPException) as error:
                self.problems.append(f"a page was not answered: {error!r}")
                continue
            seconds = time.monotonic() - started
            self.answers += 1
            self.slowest = max(self.slowest, seconds)
            if seconds > self.bound:
                self.problems.append(f"a page took {seconds:.2f} s")

    def ask(self):
        host = self.hello.address.rpartition(":")[0]
        connection = http.client.HTTPConnection(host, self.hello.port, timeout=10)
        try:
            connection.request("GET", "/plaintext")
            answer = connection.getresponse()
            body = answer.read()
            if (answer.status, body) != (200, b"Hello, World!"):
                self.problems.append(f"a wrong answer: {answer.status} {body!r}")
        finally:
            connection.close()

    def stop(self):
        self.stopping.set()
        self.join()
        if self.answers == 0:
            self.problems.append("no page was answered")


def judge(way, text):
    """What slowhttptest found, as sentences."""
    must_be_cut = ATTACKS[way][2]
    text = re.sub("\x1b\\[[0-9;]*m", "", text)
    exits = re.findall(r"Exit status:\s*(.*)", text)
    print(f"{way}: {exits[-1].strip() if exits else 'no word'}")
    if not exits:
        return [f"{way}: slowhttptest did not finish: {text[-300:]!r}"]
    problems = []
    if re.search(r"service available:\s*NO", text):
        problems.append(f"{way}: a probe was not answered within {PROBE_SECONDS} s")
    if must_be_cut and ALL_CUT not in exits[-1]:
        problems.append(f"{way}: connections were still open at the end")
    return problems


def resident_megabytes(hello):
    status = pathlib.Path(f"/proc/{hello.process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s*(\d+) kB", status).group(1)) / 1024


if __name__ == "__main__":
    sys.exit(main())
