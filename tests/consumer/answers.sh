#!/usr/bin/env bash
# Runs the consumer's server, given as the argument: it must answer, and end cleanly on SIGTERM.
set -euo pipefail

coproc SERVER { exec "$1"; }
server=$SERVER_PID
trap 'kill -KILL "$server" 2>/dev/null || true' EXIT

read -r -t 20 -u "${SERVER[0]}" line || { echo "it does not say where it listens" >&2; exit 1; }
answer="$(curl -sS --max-time 20 "http://127.0.0.1:${line##* }/hello/you")"
[[ "$answer" == "Hello, you" ]] || { echo "it answers '$answer'" >&2; exit 1; }

kill -TERM "$server"
wait "$server" || { echo "it ends with exit code $?" >&2; exit 1; }
echo "$1 answers"
