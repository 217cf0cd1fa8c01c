#!/usr/bin/env python3
"""Prints the example of the README that stands below `<!-- example: NAME -->`.

usage: extract.py README NAME
"""
import re
import sys

readme, name = sys.argv[1:]
text = open(readme, encoding="utf-8").read()
found = re.search(rf"<!-- example: {name} -->\n```cpp\n(.*?)```", text, re.DOTALL)
if not found:
    sys.exit(f"{readme}: no example named {name}")
print(found.group(1), end="")
