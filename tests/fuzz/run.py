#!/usr/bin/python3
"""Runs the fuzzers of //tests under libFuzzer, from their corpora.

Each runs for --seconds, as many at a time as --jobs says, and is told of as it goes. Inputs that
reach new code are kept in --folder, where the next run begins; so are crashes, hangs, leaks and
exhausted memory, with the log of the run that found them. The exit code is 1 if there is one.

  tests/fuzz/run.py                          all of them, five minutes each
  tests/fuzz/run.py --seconds=20 router      those whose label holds "router"
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
BAZELW = str(ROOT / "bazelw")
# Not the planted crash of corpus_main_test.
ALL = 'kind("cc_test rule", filter("_fuzz$", //tests/...))'
CONFIG = "--config=fuzz"

INPUT_SECONDS = 20  # one input may take; sanitized, on a busy machine
MEMORY_MEGABYTES = 2048
LONGEST_INPUT = 1 << 16
START_SECONDS = 60  # for the corpus, before the time runs
PROGRESS_SECONDS = 60
FINDS = ("crash-", "leak-", "timeout-", "oom-")
STATUS = re.compile(r"^#(\d+)\s.*?cov: (\d+).*?corp: (\d+)/.*?exec/s: (\d+)", re.MULTILINE)
ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def main():
    options = parse_arguments()
    labels = [label for label in find_labels() if any(n in label for n in options.names or [""])]
    if not labels:
        print(f"no fuzzer is named like {options.names}", file=sys.stderr)
        return 2
    binaries = options.binaries or build(labels)
    started = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        runs = [Run(label, binaries, options) for label in labels]
        found = sum(pool.map(Run.run, runs))
    print(
        f"{'FAIL' if found else 'PASS'}: {len(labels)} fuzzers, {found} finds, "
        f"{time.monotonic() - started:.0f} s"
    )
    return 1 if found else 0


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="parts of labels; none: all fuzzers")
    parser.add_argument("--seconds", type=int, default=300, help="for each (default: 300)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="default: one a core")
    parser.add_argument(
        "--folder",
        type=pathlib.Path,
        default=pathlib.Path(tempfile.gettempdir()) / "turbo-fuzz",
        help="for what is found (default: %(default)s)",
    )
    parser.add_argument(
        "--binaries", type=pathlib.Path, help="bazel-bin of --config=fuzz; without it, it builds"
    )
    return parser.parse_args()


def bazel(*arguments):
    done = subprocess.run(
        [BAZELW, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"bazelw {arguments[0]} ended with {done.returncode}")
    return done.stdout


def find_labels():
    return sorted(bazel("query", "--noshow_progress", ALL).split())


def build(labels):
    print(f"building {len(labels)} fuzzers", flush=True)
    bazel("build", CONFIG, "--noshow_progress", *labels)
    return pathlib.Path(bazel("info", CONFIG, "--noshow_progress", "bazel-bin").strip())


class Run:
    """One fuzzer's."""

    def __init__(self, label, binaries, options):
        path = label.removeprefix("//").replace(":", "/")
        self.label = label
        self.binary = binaries / path
        self.corpus = ROOT / (path.removesuffix("_fuzz") + "_corpus")
        self.seconds = options.seconds
        self.folder = options.folder / path.replace("/", "_")
        self.log = self.folder / "log"
        self.learned = self.folder / "corpus"

    def run(self):
        """Fuzzes; returns how many finds there are."""
        self.learned.mkdir(parents=True, exist_ok=True)
        before = set(self.finds())
        with self.log.open("w") as log:
            process = subprocess.Popen(
                self.command(), cwd=self.folder, env=os.environ | ENVIRONMENT,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
            hung = not self.wait(process)
        finds = set(self.finds()) - before
        for find in sorted(finds):
            self.say(f"FOUND {find}: {self.binary} {find}")
        bad = len(finds) or int(hung or process.returncode != 0)
        if bad and not finds:
            self.say(f"ended with {process.returncode}{', after a hang' if hung else ''}")
        self.say(f"{'FAILED' if bad else 'done'}, {self.progress()}; {self.log}")
        return bad

    def command(self):
        return [
            self.binary, self.learned, self.corpus,
            f"-max_total_time={self.seconds}", f"-timeout={INPUT_SECONDS}",
            f"-rss_limit_mb={MEMORY_MEGABYTES}", f"-max_len={LONGEST_INPUT}",
            f"-artifact_prefix={self.folder}/", "-print_final_stats=1",
        ]  # fmt: skip

    def wait(self, process):
        """False if it had to be killed."""
        end = time.monotonic() + self.seconds + START_SECONDS + INPUT_SECONDS
        while time.monotonic() < end:
            try:
                process.wait(PROGRESS_SECONDS)
                return True
            except subprocess.TimeoutExpired:
                self.say(self.progress())
        process.kill()
        process.wait()
        return False

    def finds(self):
        return [path for path in self.folder.iterdir() if path.name.startswith(FINDS)]

    def progress(self):
        lines = STATUS.findall(self.log.read_text(encoding="utf-8", errors="replace"))
        if not lines:
            return "nothing run yet"
        count, coverage, corpus, speed = lines[-1]
        return f"{int(count):,} inputs, {speed} a second, coverage {coverage}, corpus {corpus}"

    def say(self, text):
        print(f"{self.label}: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
