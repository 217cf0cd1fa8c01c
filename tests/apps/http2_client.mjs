// Talks to hello by Node's http2 module, and prints what it saw as JSON, one line a step.
//
//   node http2_client.mjs http://127.0.0.1:8080 [root.pem]
//
// The last step keeps a request open, prints {"step":"holding"} and waits until the server, which
// someone ends now, says so.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http2 from "node:http2";

const kBlobBytes = 1 << 20;
const kUploadBytes = 8 << 20;

const [origin, authority] = process.argv.slice(2);
const session = http2.connect(origin, {
  ca: authority && readFileSync(authority),
  // Small, so that uploads and downloads wait for one another's windows.
  settings: { initialWindowSize: 65535, enablePush: false },
  maxSessionMemory: 100, // megabytes; at the default Node refuses what it asked for itself
});
const goaways = [];
session.on("goaway", (code, last) => goaways.push([code, last]));

const say = (step, seen) => console.log(JSON.stringify({ step, ...seen }));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function read(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function get(path, fields = {}) {
  const stream = session.request({ ":path": path, ...fields });
  const [head] = await once(stream, "response");
  return { status: head[":status"], body: await read(stream), head };
}

async function post(body, fields = {}) {
  const stream = session.request({ ":method": "POST", ":path": "/echo", ...fields });
  stream.end(body);
  return read(stream);
}

async function many() {
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => get(`/hello/${i}`)));
  return { right: answers.filter(({ body }, i) => `${body}` === `Hello, ${i}!\n`).length };
}

// Up and down at once, in several streams whose pieces mix.
async function bodies() {
  const sent = Array.from({ length: 4 }, (_, i) => randomBytes(kUploadBytes >> i));
  const back = await Promise.all(sent.map((body) => post(body)));
  return { same: back.filter((body, i) => sha256(body) === sha256(sent[i])).length };
}

// A reader that has stopped holds up nobody else, and gets the rest when it goes on.
async function pauses() {
  const paused = Array.from({ length: 8 }, () => session.request({ ":path": "/blob" }));
  await Promise.all(paused.map((stream) => once(stream.pause(), "response")));
  const meanwhile = (await get("/plaintext")).body.toString();
  const blobs = await Promise.all(paused.map(read));
  return { meanwhile, whole: blobs.filter((blob) => blob.length === kBlobBytes).length };
}

async function cancels() {
  const streams = Array.from({ length: 40 }, () => session.request({ ":path": "/blob" }));
  const blobs = streams.map(async (stream, i) => {
    if (i % 2 === 0) return (await read(stream)).length;
    await once(stream, "data");
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await once(stream, "close");
    return 0;
  });
  const lengths = await Promise.all(blobs);
  const whole = lengths.filter((length) => length === kBlobBytes).length;
  return { whole, after: (await get("/plaintext")).body.toString() };
}

// HEAD, an unknown page, 100-continue, trailers, an abandoned upload.
async function kinds() {
  const head = await get("/blob", { ":method": "HEAD" });
  const waiting = session.request({ ":method": "POST", ":path": "/echo", expect: "100-continue" });
  await once(waiting, "continue");
  waiting.end("told to go on");
  const continued = `${await read(waiting)}`;
  const trailing = session.request(
    { ":method": "POST", ":path": "/echo" },
    { waitForTrailers: true },
  );
  trailing.on("wantTrailers", () => trailing.sendTrailers({ "x-sum": "1" }));
  trailing.end("with trailers");
  const trailed = `${await read(trailing)}`;
  const abandoned = session.request({ ":method": "POST", ":path": "/echo" });
  abandoned.write("half");
  abandoned.close(http2.constants.NGHTTP2_CANCEL);
  return {
    head: [head.status, head.head["content-length"], head.body.length],
    unknown: (await get("/nowhere")).status,
    continued,
    trailed,
  };
}

function ping() {
  return new Promise((resolve, reject) => {
    session.ping(Buffer.from("8 bytes!"), (error, _, payload) =>
      error ? reject(error) : resolve({ pong: `${payload}` }),
    );
  });
}

async function settings() {
  await new Promise((resolve) => session.settings({ initialWindowSize: 1 << 20 }, resolve));
  const { maxConcurrentStreams, initialWindowSize } = session.remoteSettings;
  return { maxConcurrentStreams, initialWindowSize };
}

async function shutdown() {
  const held = session.request({ ":method": "POST", ":path": "/echo" });
  held.write("begun before ");
  await ping(); // it has arrived
  say("holding");
  const closed = once(session, "close");
  await once(session, "goaway");
  held.end("and ended after");
  const body = `${await read(held)}`;
  await closed;
  return { body, goaways };
}

for (const step of [many, bodies, pauses, cancels, kinds, ping, settings, shutdown]) {
  say(step.name, await step());
}
