// The interop tests' server on grpc-js: prints "listening on PORT" and serves until it is killed.
//
//   node server.mjs [CERTIFICATE_PEM KEY_PEM]
//
// It cannot tell how a message came, so requests that say so are not looked at.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { grpc, TestService, zeros } from "./service.mjs";

const kEchoInitial = "x-grpc-test-echo-initial";
const kEchoTrailing = "x-grpc-test-echo-trailing-bin";

// Sends the initial metadata; gives the trailing.
function echoMetadata(call) {
  const [initial, trailing] = [new grpc.Metadata(), new grpc.Metadata()];
  for (const value of call.metadata.get(kEchoInitial)) initial.add(kEchoInitial, value);
  for (const value of call.metadata.get(kEchoTrailing)) trailing.add(kEchoTrailing, value);
  call.sendMetadata(initial);
  return trailing;
}

function statusOf({ response_status: wanted }, metadata) {
  return wanted?.code ? { code: wanted.code, details: wanted.message, metadata } : null;
}

// As they come; a plain loop over the call would end its other half as well.
const requestsOf = (call) => call.iterator({ destroyOnReturn: false });

// Writes the replies that one request asks for.
async function answer(call, request) {
  for (const { size, interval_us } of request.response_parameters) {
    if (interval_us > 0) await sleep(interval_us / 1000);
    call.write({ payload: zeros(size) });
  }
}

const implementation = {
  EmptyCall(call, done) {
    done(null, {}, echoMetadata(call));
  },
  UnaryCall(call, done) {
    const trailing = echoMetadata(call);
    const status = statusOf(call.request, trailing);
    if (status) return done(status);
    done(null, { payload: zeros(call.request.response_size) }, trailing);
  },
  async StreamingOutputCall(call) {
    const trailing = echoMetadata(call);
    await answer(call, call.request);
    call.end(trailing);
  },
  async StreamingInputCall(call, done) {
    const trailing = echoMetadata(call);
    let bytes = 0;
    for await (const request of requestsOf(call)) bytes += request.payload.body.length;
    done(null, { aggregated_payload_size: bytes }, trailing);
  },
  async FullDuplexCall(call) {
    const trailing = echoMetadata(call);
    for await (const request of requestsOf(call)) {
      const status = statusOf(request, trailing);
      if (status) return call.emit("error", status);
      await answer(call, request);
    }
    call.end(trailing);
  },
  async HalfDuplexCall(call) {
    const trailing = echoMetadata(call);
    const requests = [];
    for await (const request of requestsOf(call)) requests.push(request);
    for (const request of requests) await answer(call, request);
    call.end(trailing);
  },
};

// A cancelled call ends its stream of requests with an error, which is nobody's fault.
process.on("unhandledRejection", () => {});

const [chain, key] = process.argv.slice(2);
const credentials = chain
  ? grpc.ServerCredentials.createSsl(null, [
      { cert_chain: readFileSync(chain), private_key: readFileSync(key) },
    ])
  : grpc.ServerCredentials.createInsecure();
const server = new grpc.Server();
server.addService(TestService.service, implementation);
server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
  if (error) throw error;
  console.log(`listening on ${port}`);
});
