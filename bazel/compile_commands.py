#!/usr/bin/env python3
"""Writes compile_commands.json at the workspace's root, for clangd and clang-tidy.

Asks Bazel for the compile actions it would run; nothing is compiled. Arguments go to Bazel, so
`./bazelw run //bazel:compile_commands -- --config=asan` describes that configuration.
"""

import json
import os
import subprocess
import sys

# Options with a value that only matter to the build: dependency files and reproducible output.
_DROPPED = ("-MD", "-frandom-seed=", "-fno-canonical-system-headers")
_DROPPED_WITH_VALUE = ("-MF",)


def clean(arguments):
    kept = []
    skip_next = False
    for argument in arguments:
        if skip_next:
            skip_next = False
        elif argument in _DROPPED_WITH_VALUE:
            skip_next = True
        elif not argument.startswith(_DROPPED):
            kept.append(argument)
    return kept


def source_of(arguments):
    return arguments[arguments.index("-c") + 1] if "-c" in arguments else None


def query(root, options):
    command = [
        "bazel", "aquery", "--keep_going", *options, "--output=jsonproto", "--noinclude_artifacts",
        'mnemonic("CppCompile", //...)',
    ]
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    # An editor is wanted most while a target is broken; what Bazel knows of the others is kept.
    actions = json.loads(done.stdout or "{}").get("actions", [])
    if not actions:
        sys.exit(done.stderr.decode() + "compile_commands: bazel aquery failed")
    if done.returncode != 0:
        print("compile_commands: some targets cannot be analysed and are left out", file=sys.stderr)
    return actions


def main():
    root = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not root:
        sys.exit("compile_commands: run it as ./bazelw run //bazel:compile_commands")
    entries = {}
    for action in query(root, sys.argv[1:]):
        arguments = clean(action.get("arguments", []))
        source = source_of(arguments)
        # A source compiled twice, with and without -fPIC, needs one entry.
        if source and source not in entries:
            entries[source] = {"directory": root, "file": source, "arguments": arguments}
    path = os.path.join(root, "compile_commands.json")
    with open(path + ".new", "w", encoding="utf-8") as out:
        json.dump([entries[source] for source in sorted(entries)], out, indent=1)
        out.write("\n")
    os.replace(path + ".new", path)
    print(f"{path}: {len(entries)} sources")


if __name__ == "__main__":
    main()
