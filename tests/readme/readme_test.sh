#!/usr/bin/env bash
# Runs the README's examples as a reader would: each client against each server, curl against the web
# server.
set -u
cd "$(dirname "$0")" || exit 1
failures=0

expect() { # what, wanted, got
  if [[ "$3" == *"$2"* ]]; then
    echo "ok: $1"
  else
    echo "FAILED: $1: wanted '$2', got '$3'"
    failures=$((failures + 1))
  fi
}

wait_for_port() {
  for _ in $(seq 200); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    read -r -t 0.05 <> <(:) || true
  done
  echo "FAILED: nothing listens on port $1"
  exit 1
}

for server in echo_callbacks echo_coroutines; do
  "./$server" &
  pid=$!
  wait_for_port 7007
  for client in line_client_callbacks line_client_coroutine; do
    expect "$client against $server" "how are you?" "$(timeout 10 "./$client")"
  done
  kill "$pid"
  wait "$pid" 2>/dev/null
done

expect "line_client_callbacks without a server" "refused" "$(timeout 10 ./line_client_callbacks 2>&1)"

./web_server &
pid=$!
wait_for_port 8080
expect "GET /" "Hello!" "$(curl -s http://127.0.0.1:8080/)"
expect "GET /nap" "slept" "$(curl -s http://127.0.0.1:8080/nap)"
expect "GET /hello/you" "Hello, you!" "$(curl -s http://127.0.0.1:8080/hello/you)"
expect "GET /nothing" "404" "$(curl -s http://127.0.0.1:8080/nothing)"
kill "$pid"
wait "$pid"
expect "the exit code after SIGTERM" "0" "$?"

mkdir -p "$TEST_TMPDIR/public"
echo "some text" >"$TEST_TMPDIR/public/text"
./web_streams "$TEST_TMPDIR/public" &
pid=$!
wait_for_port 8081
head -c 5000000 /dev/zero >"$TEST_TMPDIR/upload"
for path in count count_pieces; do
  expect "POST /$path" "5000000" "$(curl -s --data-binary "@$TEST_TMPDIR/upload" "http://127.0.0.1:8081/$path")"
done
expect "GET /zeros" "67108864" "$(curl -s http://127.0.0.1:8081/zeros | wc -c)"
expect "GET /files/text" "some text" "$(curl -s http://127.0.0.1:8081/files/text)"
expect "a range" "=text=" "=$(curl -s -r 5-8 http://127.0.0.1:8081/files/text)="
kill "$pid"
wait "$pid"
expect "web_streams' exit code after SIGTERM" "0" "$?"

./grpc_server &
pid=$!
wait_for_port 8082
greetings="$(timeout 10 ./grpc_client)"
expect "grpc_client" $'Hello, Ann!\nHello, Ann!\nGoodbye, Ann!' "$greetings"
expect "grpc_callbacks" "Hello, Bob!" "$(timeout 10 ./grpc_callbacks)"
expect "grpc_server's page" "a page" "$(curl -s http://127.0.0.1:8082/)"
kill "$pid"
wait "$pid"
expect "grpc_server's exit code after SIGTERM" "0" "$?"
expect "grpc_callbacks without a server" "refused" "$(timeout 10 ./grpc_callbacks 2>&1)"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout "$TEST_TMPDIR/key.pem" -out "$TEST_TMPDIR/chain.pem" \
  2>/dev/null
./tls_server "$TEST_TMPDIR/chain.pem" "$TEST_TMPDIR/key.pem" &
pid=$!
wait_for_port 8443
page="$(timeout 10 ./tls_client "$TEST_TMPDIR/chain.pem")"
expect "tls_client against tls_server: protocol" "TLSv1.3" "$page"
expect "tls_client against tls_server: page" "Hello, TLS!" "$page"
expect "tls_client that trusts only the system" "self-signed certificate" \
  "$(timeout 10 ./tls_client 2>&1)"
expect "tls_server without its files" "nowhere.pem" \
  "$(./tls_server nowhere.pem "$TEST_TMPDIR/key.pem" 2>&1)"
kill "$pid"
wait "$pid"
exit "$failures"
