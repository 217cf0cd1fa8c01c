"""Runs a measuring program for a moment against the yardstick: usage PROGRAM EXPECTED FLAG...

It must end with 0 and print the regular expression EXPECTED; what is measured is not looked at.
"""

import re
import subprocess
import sys

program, expected, *flags = sys.argv[1:]
# By the interpreter its first line names, Debian's, whose modules it needs; Bazel may find another.
run = subprocess.run([program, *flags], stdout=subprocess.PIPE, text=True, timeout=55, check=False)
print(run.stdout)
if run.returncode != 0:
    sys.exit(f"{program} ended with {run.returncode}")
if not re.search(expected, run.stdout):
    sys.exit(f"{program} printed nothing like {expected!r}")
