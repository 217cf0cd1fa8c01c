#!/usr/bin/env bash
# Runs the consumer's program, given as the argument, and fails unless it works.
set -euo pipefail
timeout 20 "$1"
