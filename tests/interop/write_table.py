"""Writes the table of README.md by running all peers against Turbo.

usage: ./bazelw run //tests/interop:write_table
"""

import os
import tempfile

import certificates
import interop


def run_all(folder):
    authority = certificates.Authority(folder)
    columns = {}
    for peer in (interop.grpc_cpp(), interop.grpc_python(folder), interop.grpc_js()):
        for client, server in ((peer, interop.TURBO), (interop.TURBO, peer)):
            title = f"{client} → {server}"
            columns[title] = interop.run_pair(client, server, authority)
            wrong = {case: why for case, why in columns[title].items() if why}
            print(title, wrong or "all well")
    return columns


def main():
    with tempfile.TemporaryDirectory() as folder:
        table = interop.make_table(run_all(folder))
    path = os.path.join(os.environ["BUILD_WORKSPACE_DIRECTORY"], interop.README)
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    rows = [i for i, line in enumerate(lines) if line.startswith("|") and "→" in line]
    first = last = rows[0]
    while last < len(lines) and lines[last].startswith("|"):
        last += 1
    with open(path, "w", encoding="utf-8") as file:
        file.writelines([*lines[:first], table, *lines[last:]])


if __name__ == "__main__":
    main()
