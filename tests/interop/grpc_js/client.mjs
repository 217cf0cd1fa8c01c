// The interop tests' client on grpc-js: prints "ok CASE" or "FAILED CASE: why" for each.
//
//   node client.mjs HOST:PORT [ROOT_PEM]
//
// It cannot tell how a reply came, only that it is the one asked for, nor choose how each request of a
// stream goes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { grpc, TestService, UnimplementedService, zeros } from "./service.mjs";

const { status } = grpc;
const kRequestBytes = [27182, 8, 1828, 45904];
const kResponseBytes = [31415, 9, 2653, 58979];
const kEchoInitial = "x-grpc-test-echo-initial";
const kEchoTrailing = "x-grpc-test-echo-trailing-bin";
const kTrailing = Buffer.from([0xab, 0xab, 0xab]);
const kSpecial = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
const kSoakCalls = 30;
const kSoakChannels = 10;
const kConcurrentCalls = 1000;

const [target, authority] = process.argv.slice(2);
const credentials = authority
  ? grpc.credentials.createSsl(readFileSync(authority))
  : grpc.credentials.createInsecure();

const connect = (Service, options = {}) =>
  new Service(target, credentials, { "grpc.use_local_subchannel_pool": 1, ...options });
const deadline = () => ({ deadline: Date.now() + 30_000 });

// What a call with one reply comes to, and the metadata it was told.
function unary(stub, method, request, metadata = new grpc.Metadata()) {
  return new Promise((resolve) => {
    const seen = {};
    const call = stub[method](request, metadata, deadline(), (error, reply) => {
      Object.assign(seen, { error, reply });
    });
    call.on("metadata", (initial) => (seen.initial = initial));
    call.on("status", (last) => resolve({ ...seen, status: last }));
  });
}

const largeRequest = () => ({ response_size: 314159, payload: zeros(271828) });

async function callLarge(stub, metadata) {
  const seen = await unary(stub, "UnaryCall", largeRequest(), metadata);
  assert.equal(seen.error, null);
  assert.deepEqual(seen.reply.payload.body, Buffer.alloc(314159));
  return seen;
}

const outputRequest = (responseBytes, payloadBytes) => ({
  response_parameters: [{ size: responseBytes }],
  payload: zeros(payloadBytes),
});

// A call with a stream of replies: what came, one after the other, and what it came to.
class Stream {
  constructor(call) {
    this.call = call;
    this.ended = new Promise((resolve) => call.on("status", resolve));
    call.on("metadata", (initial) => (this.initial = initial));
    call.on("error", () => {}); // the status tells
    this.replies = call[Symbol.asyncIterator]();
  }

  async read(bytes) {
    const { value, done } = await this.replies.next();
    assert.ok(!done, "another reply comes");
    assert.deepEqual(value.payload.body, Buffer.alloc(bytes));
  }

  async readEnd(code = status.OK) {
    const next = await this.replies.next().catch(() => ({ done: true }));
    assert.ok(next.done, "no more replies come");
    const last = await this.ended;
    assert.equal(last.code, code, last.details);
    return last;
  }
}

const duplex = (stub, metadata = new grpc.Metadata()) =>
  new Stream(stub.FullDuplexCall(metadata, deadline()));

// ---- one request, one reply ----

async function empty_unary(stub) {
  const { error } = await unary(stub, "EmptyCall", {});
  assert.equal(error, null);
}

async function large_unary(stub) {
  await callLarge(stub);
}

function echoes() {
  const metadata = new grpc.Metadata();
  metadata.add(kEchoInitial, "test_initial_metadata_value");
  metadata.add(kEchoTrailing, kTrailing);
  return metadata;
}

function checkEchoes(initial, trailing) {
  assert.deepEqual(initial.get(kEchoInitial), ["test_initial_metadata_value"]);
  assert.deepEqual(trailing.get(kEchoTrailing), [kTrailing]);
}

async function custom_metadata(stub) {
  const seen = await callLarge(stub, echoes());
  checkEchoes(seen.initial, seen.status.metadata);
  const stream = duplex(stub, echoes());
  stream.call.write(outputRequest(314159, 271828));
  stream.call.end();
  await stream.read(314159);
  const last = await stream.readEnd();
  checkEchoes(stream.initial, last.metadata);
}

async function statusOfUnary(stub, message) {
  const request = { response_status: { code: 2, message } };
  const { error } = await unary(stub, "UnaryCall", request);
  assert.deepEqual([error.code, error.details], [status.UNKNOWN, message]);
}

async function status_code_and_message(stub) {
  const message = "test status message";
  await statusOfUnary(stub, message);
  const stream = duplex(stub);
  stream.call.write({ response_status: { code: 2, message } });
  stream.call.end();
  assert.equal((await stream.readEnd(status.UNKNOWN)).details, message);
}

async function special_status_message(stub) {
  await statusOfUnary(stub, kSpecial);
}

async function unimplemented_method(stub) {
  const { error } = await unary(stub, "UnimplementedCall", {});
  assert.equal(error.code, status.UNIMPLEMENTED);
}

async function unimplemented_service() {
  const stub = connect(UnimplementedService);
  const { error } = await unary(stub, "UnimplementedCall", {});
  stub.close();
  assert.equal(error.code, status.UNIMPLEMENTED);
}

async function rpc_soak(stub) {
  for (let i = 0; i < kSoakCalls; ++i) await callLarge(stub);
}

async function channel_soak() {
  for (let i = 0; i < kSoakChannels; ++i) {
    const stub = connect(TestService);
    await callLarge(stub);
    stub.close();
  }
}

async function concurrent_unary(stub) {
  const request = { response_size: 3141, payload: zeros(2718) };
  const calls = Array.from({ length: kConcurrentCalls }, () => unary(stub, "UnaryCall", request));
  for (const { error, reply } of await Promise.all(calls)) {
    assert.equal(error, null);
    assert.equal(reply.payload.body.length, 3141);
  }
}

// ---- streams ----

async function client_streaming(stub) {
  const reply = await new Promise((resolve, reject) => {
    const call = stub.StreamingInputCall(deadline(), (error, reply) =>
      error ? reject(error) : resolve(reply),
    );
    for (const bytes of kRequestBytes) call.write({ payload: zeros(bytes) });
    call.end();
  });
  assert.equal(reply.aggregated_payload_size, 74922);
}

async function server_streaming(stub) {
  const request = { response_parameters: kResponseBytes.map((size) => ({ size })) };
  const stream = new Stream(stub.StreamingOutputCall(request, deadline()));
  for (const bytes of kResponseBytes) await stream.read(bytes);
  await stream.readEnd();
}

async function ping_pong(stub) {
  const stream = duplex(stub);
  for (const [i, bytes] of kRequestBytes.entries()) {
    stream.call.write(outputRequest(kResponseBytes[i], bytes));
    await stream.read(kResponseBytes[i]);
  }
  stream.call.end();
  await stream.readEnd();
}

async function half_duplex(stub) {
  const stream = new Stream(stub.HalfDuplexCall(deadline()));
  for (const bytes of kResponseBytes) stream.call.write(outputRequest(bytes, 10));
  stream.call.end();
  for (const bytes of kResponseBytes) await stream.read(bytes);
  await stream.readEnd();
}

async function empty_stream(stub) {
  const stream = duplex(stub);
  stream.call.end();
  await stream.readEnd();
}

async function cancel_after_begin(stub) {
  const code = await new Promise((resolve) => {
    const call = stub.StreamingInputCall(deadline(), (error) => resolve(error?.code));
    setImmediate(() => call.cancel());
  });
  assert.equal(code, status.CANCELLED);
}

async function cancel_after_first_response(stub) {
  const stream = duplex(stub);
  stream.call.write(outputRequest(31415, 27182));
  await stream.read(31415);
  stream.call.cancel();
  await stream.readEnd(status.CANCELLED);
}

async function timeout_on_sleeping_server(stub) {
  const stream = new Stream(stub.FullDuplexCall({ deadline: Date.now() + 1 }));
  stream.call.write({ payload: zeros(27182) });
  await stream.readEnd(status.DEADLINE_EXCEEDED);
}

// ---- compression ----

async function client_compressed_unary(stub) {
  const request = (compressed) => ({
    ...largeRequest(),
    expect_compressed: { value: compressed },
  });
  const probe = await unary(stub, "UnaryCall", request(true));
  assert.equal(probe.error?.code, status.INVALID_ARGUMENT);
  const gzip = connect(TestService, {
    "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip,
  });
  for (const [each, compressed] of [[gzip, true], [stub, false]]) {
    const { error, reply } = await unary(each, "UnaryCall", request(compressed));
    assert.equal(error, null);
    assert.equal(reply.payload.body.length, 314159);
  }
  gzip.close();
}

async function server_compressed_unary(stub) {
  for (const value of [true, false]) {
    const request = { ...largeRequest(), response_compressed: { value } };
    const { error, reply } = await unary(stub, "UnaryCall", request);
    assert.equal(error, null);
    assert.deepEqual(reply.payload.body, Buffer.alloc(314159));
  }
}

async function server_compressed_streaming(stub) {
  const request = {
    response_parameters: [
      { size: 31415, compressed: { value: true } },
      { size: 92653, compressed: { value: false } },
    ],
  };
  const stream = new Stream(stub.StreamingOutputCall(request, deadline()));
  await stream.read(31415);
  await stream.read(92653);
  await stream.readEnd();
}

const kCases = [
  empty_unary,
  large_unary,
  custom_metadata,
  status_code_and_message,
  special_status_message,
  unimplemented_method,
  unimplemented_service,
  rpc_soak,
  channel_soak,
  concurrent_unary,
  client_streaming,
  server_streaming,
  ping_pong,
  half_duplex,
  empty_stream,
  cancel_after_begin,
  cancel_after_first_response,
  timeout_on_sleeping_server,
  client_compressed_unary,
  server_compressed_unary,
  server_compressed_streaming,
];

let failed = 0;
for (const test of kCases) {
  const stub = connect(TestService);
  try {
    await test(stub);
    console.log(`ok ${test.name}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED ${test.name}: ${String(error.message).replaceAll("\n", " ").slice(0, 300)}`);
  }
  stub.close();
}
process.exit(failed === 0 ? 0 : 1);
