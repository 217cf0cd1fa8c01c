// Makes calls from pages of a browser: with fetch as anybody might write it, and with the official
// client of gRPC-Web. Prints what it saw as JSON.
//
//   node calls_browser.mjs /usr/bin/chromium grpc-web/index.esm.js [{"page": ..., "server": ...}]
import { chromium } from "playwright-core";

const kStepMilliseconds = 15_000;

// What runs in the page; `server` is where the calls go.
const kCalls = `
const kService = "/turbo.test.Library/";
const utf8 = new TextEncoder();

function field(number, text) {
  const bytes = utf8.encode(text);
  return [number << 3 | 2, bytes.length, ...bytes];
}
export const get_book = (name) => Uint8Array.from(field(1, name));
export const list_books = (parent, size) => Uint8Array.from([...field(1, parent), 16, size]);
// The first field, a text of less than 128 bytes.
export const name_of = (book) => new TextDecoder().decode(book.slice(2, 2 + book[1]));

function framed(message) {
  return Uint8Array.from([0, 0, 0, 0, message.length, ...message]);
}

// Messages, and the lines of the trailers.
function unframed(bytes) {
  const found = { books: [], trailers: null };
  while (bytes.length > 0) {
    const end = 5 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    const content = bytes.slice(5, end);
    if (bytes[0] === 0x80) found.trailers = new TextDecoder().decode(content);
    else found.books.push(name_of(content));
    bytes = bytes.slice(end);
  }
  return found;
}

function unbase64(text) {
  const texts = text.match(/[^=]+=*/g) ?? [];
  return Uint8Array.from(texts.flatMap((one) => [...atob(one)].map((c) => c.charCodeAt(0))));
}
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

async function post(server, method, type, body, headers) {
  const answer = await fetch(server + kService + method, {
    method: "POST",
    headers: { "Content-Type": type, ...headers },
    body,
  });
  return {
    answer,
    status: answer.headers.get("grpc-status"),
    message: answer.headers.get("grpc-message"),
    token: answer.headers.get("token-seen"),
  };
}

export async function binary(server, method, message, headers = {}) {
  const seen = await post(server, method, "application/grpc-web+proto", framed(message), headers);
  return { ...seen, ...unframed(new Uint8Array(await seen.answer.arrayBuffer())) };
}

// In two texts.
export async function text(server, method, message) {
  const bytes = framed(message);
  const body = base64(bytes.slice(0, 7)) + base64(bytes.slice(7));
  const seen = await post(server, method, "application/grpc-web-text", body, {});
  return { ...seen, ...unframed(unbase64(await seen.answer.text())) };
}

// The pieces a stream came in, each as far as it was there, up to \`enough\`; then it is given up.
export async function pieces(server, message, enough) {
  const stop = new AbortController();
  const answer = await fetch(server + kService + "WatchBooks", {
    method: "POST",
    headers: { "Content-Type": "application/grpc-web+proto" },
    body: framed(message),
    signal: stop.signal,
  });
  const reader = answer.body.getReader();
  let count = 0;
  while (count < enough && !(await reader.read()).done) ++count;
  stop.abort();
  return count;
}

export async function json(server, method, path, body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetch(server + path, { method, headers, body });
  return [answer.status, await answer.text()];
}
`;

// What the official client makes of a method, a call and a stream.
const kOfficial = `
import { GrpcWebClientBase, MethodDescriptor } from "./grpc-web.mjs";
import { get_book, list_books, name_of } from "./calls.mjs";

const describe = (name, type) =>
  new MethodDescriptor("/turbo.test.Library/" + name, type, Object, Object, (m) => m, name_of);

export function unary(server, format, name, metadata) {
  const client = new GrpcWebClientBase({ format });
  const method = describe("GetBook", "unary");
  return new Promise((resolve) => {
    const seen = {};
    const call = client.rpcCall(server + method.getName(), get_book(name), metadata, method,
      (error, book) => {
        seen.book = book;
        if (error) resolve({ code: error.code, message: error.message });
      });
    call.on("metadata", (metadata) => (seen.first = metadata["token-seen"]));
    call.on("status", (status) => {
      seen.status = status.code;
      seen.last = status.metadata?.["token-last"];
    });
    call.on("end", () => resolve(seen));
  });
}

export function stream(server, size) {
  const client = new GrpcWebClientBase({ format: "text" });
  const method = describe("WatchBooks", "server_streaming");
  return new Promise((resolve) => {
    const seen = { books: [] };
    const call = client.serverStreaming(
      server + method.getName(), list_books("shelves/1", size), {}, method);
    call.on("data", (book) => seen.books.push(book));
    call.on("error", (error) => {
      Object.assign(seen, { code: error.code, message: error.message });
      resolve(seen);
    });
    call.on("end", () => resolve(seen));
  });
}
`;

async function open(browser, library, origin) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(kStepMilliseconds);
  const page = await context.newPage();
  const contentType = "text/javascript";
  await page.route("**/calls.mjs", (route) => route.fulfill({ body: kCalls, contentType }));
  await page.route("**/official.mjs", (route) => route.fulfill({ body: kOfficial, contentType }));
  await page.route("**/grpc-web.mjs", (route) => route.fulfill({ path: library, contentType }));
  await page.goto(`${origin}/`);
  return page;
}

function make_calls(page, server) {
  return page.evaluate(async (server) => {
    const calls = await import("/calls.mjs");
    const official = await import("/official.mjs");
    const book = calls.get_book("shelves/ä");
    const two = calls.list_books("shelves/1", 2);
    const endless = calls.list_books("shelves/1", 100);
    return {
      binary: await calls.binary(server, "GetBook", book, { token: "t" }),
      text: await calls.text(server, "GetBook", book),
      lost: await calls.binary(server, "GetBook", calls.get_book("lost")),
      stream: await calls.binary(server, "WatchBooks", two),
      text_stream: await calls.text(server, "WatchBooks", two),
      pieces: await calls.pieces(server, endless, 3),
      official: {
        text: await official.unary(server, "text", "shelves/ä", { token: "t" }),
        binary: await official.unary(server, "binary", "shelves/ä", { token: "t" }),
        lost: await official.unary(server, "text", "lost", {}),
        stream: await official.stream(server, 3),
      },
      json: [
        await calls.json(server, "GET", "/v1/shelves/1/books/2"),
        await calls.json(server, "DELETE", "/v1/shelves/1/books/2"),
        await calls.json(server, "POST", "/turbo.test.Library/GetBook", '{"name": "ä"}'),
      ],
    };
  }, server);
}

// A server that does not know the page's origin.
function make_refused_calls(page, server) {
  return page.evaluate(async (server) => {
    const calls = await import("/calls.mjs");
    const refused = (promise) => promise.then(() => false, (error) => error instanceof TypeError);
    return [
      await refused(calls.binary(server, "GetBook", calls.get_book("x"))),
      await refused(calls.json(server, "GET", "/v1/shelves/1/books/2")),
    ];
  }, server);
}

const [executablePath, library, wanted] = process.argv.slice(2);
// Everything it reaches stands on this machine; it is root in the tests of some machines, where its
// own sandbox refuses to start.
const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
try {
  const seen = [];
  for (const { page: origin, server, refuses } of JSON.parse(wanted)) {
    const page = await open(browser, library, origin);
    seen.push(await (refuses ? make_refused_calls : make_calls)(page, server));
    await page.context().close();
  }
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
