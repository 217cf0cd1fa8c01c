// A client on grpc-js that brings its server into difficulties; prints a line for each step.
//
//   node faults.mjs HOST:PORT limits | deadlines | metadata BYTES | hold CALLS
//
// as grpc_python/faults.py.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { grpc, TestService, zeros } from "./service.mjs";

const kLimit = 4 << 20; // gRPC's own, for a message
const kSlow = 60_000_000;
const kCallsOfAChannel = 100;

const [target, what, argument] = process.argv.slice(2);
const connect = () =>
  new TestService(target, grpc.credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_send_message_length": -1,
  });
const within = (milliseconds) => ({ deadline: Date.now() + milliseconds });
const stub = connect();

// The code that a call comes to.
function ended(call) {
  call.on("error", () => {}); // the status tells
  return new Promise((resolve) => call.on("status", ({ code }) => resolve(grpc.status[code])));
}

async function tell(step, call) {
  console.log(step, await ended(call));
}

const empty = (deadline, metadata = new grpc.Metadata()) =>
  stub.EmptyCall({}, metadata, deadline, () => {});
const unary = (request) => stub.UnaryCall(request, within(30_000), () => {});
// 13 bytes are around its body where that is some megabytes.
const requestOf = (bytes) => ({ payload: zeros(bytes < 100 ? bytes : bytes - 10) });

async function limits() {
  await tell("largest", unary(requestOf(kLimit)));
  await tell("larger", unary(requestOf(kLimit + 1)));
  await tell("much_larger", unary(requestOf(16 * kLimit)));
  await tell("after_that", unary(requestOf(10)));
  const stream = stub.StreamingInputCall(within(30_000), () => {});
  for (const bytes of [1000, kLimit + 1000, 1000]) stream.write({ payload: zeros(bytes) });
  stream.end();
  await tell("larger_in_a_stream", stream);
  await tell("larger_reply", unary({ response_size: kLimit + 1 })); // refused by this client
}

const replies = (...parameters) => ({
  response_parameters: parameters.map(([size, interval_us]) => ({ size, interval_us })),
});

async function deadlines() {
  await tell("passed", empty(within(0)));
  const waiting = stub.StreamingOutputCall(replies([10, kSlow]), within(300));
  await tell("before_the_reply", waiting.resume());
  const between = stub.StreamingOutputCall(replies([10, 0], [10, kSlow]), within(300));
  await tell("between_replies", between.resume());
  const sending = stub.StreamingInputCall(within(300), () => {});
  const timer = setInterval(() => sending.write({}), 50);
  await tell("while_it_sends", sending);
  clearInterval(timer);
  // More than its windows let through, of which nothing is read.
  const many = Array.from({ length: 64 }, () => [1 << 20, 0]);
  await tell("unread", stub.StreamingOutputCall(replies(...many), within(300)));
}

async function metadata() {
  const long = new grpc.Metadata();
  long.add("x-long", "x".repeat(Number(argument)));
  await tell("metadata", empty(within(30_000), long));
}

async function hold() {
  const count = Number(argument);
  const stubs = Array.from({ length: Math.ceil(count / kCallsOfAChannel) }, connect);
  const calls = Array.from({ length: count }, (_, i) =>
    stubs[Math.floor(i / kCallsOfAChannel)].FullDuplexCall(),
  );
  const ends = calls.map(ended);
  const sizes = async () => {
    const replies = await Promise.all(calls.map((call) => once(call, "data")));
    return new Set(replies.map(([reply]) => reply.payload.body.length));
  };
  for (const call of calls) call.write(replies([10, 0]));
  console.log("holding", ...(await sizes()));
  await once(process.stdin, "data");
  for (const call of calls) {
    call.write(replies([20, 0]));
    call.end();
  }
  const last = await sizes();
  console.log("went_on", ...last, ...new Set(await Promise.all(ends)));
}

await { limits, deadlines, metadata, hold }[what]();
await sleep(0); // what was printed leaves
process.exit(0);
