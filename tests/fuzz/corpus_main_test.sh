#!/usr/bin/env bash
# corpus_main feeds every file and the same mutations each time, and never passes without a corpus.
set -u
fuzz="$PWD/tests/fuzz/checksum_fuzz"
cd "$(mktemp -d "$TEST_TMPDIR/XXXXXX")" || exit 1
mkdir -p corpus/deeper empty crashing
printf 'GET / HTTP/1.1\r\n' >corpus/one
printf 'HEAD' >corpus/deeper/two
printf 'crash' >crashing/input
failures=0

expect() {
  [[ "$2" == "$3" ]] && return
  echo "$1: wanted '$3', got '$2'"
  failures=$((failures + 1))
}

# Two files and the empty input, and ten mutations of each file.
output="$("$fuzz" --mutations=10 corpus)"
expect "exit code" $? 0
expect "count" "$(grep '^corpus' <<<"$output")" "corpus: 2 files, 23 inputs run"
expect "second run" "$("$fuzz" --mutations=10 corpus)" "$output"
expect "a file by name" "$("$fuzz" --mutations=0 corpus/one | head -1)" \
  "corpus: 1 files, 2 inputs run"
[[ "$("$fuzz" --mutations=10 --seed=2 corpus)" != "$output" ]]
expect "another seed mutates otherwise" $? 0

"$fuzz" empty 2>/dev/null
expect "an empty folder" $? 1
"$fuzz" nowhere 2>/dev/null
expect "a missing folder" $? 1
"$fuzz" 2>/dev/null
expect "no folder" $? 1
"$fuzz" --mutations=some corpus 2>/dev/null
expect "a bad flag" $? 2
("$fuzz" crashing) >/dev/null 2>&1
expect "a crash" $? 134

((failures == 0))
