// Walks through the site of files_browser_test.py with a browser, as a visitor would, and prints
// what it saw as JSON.
//
//   node browser.mjs /usr/bin/chromium http://127.0.0.1:8080 https://127.0.0.1:8443
import { chromium } from "playwright-core";

const kStepMilliseconds = 15_000;

// What the browser itself holds to be worth telling, whatever the page shows.
async function watch(context, page) {
  const seen = { console: [], failed: [], fetches: 0, connections: new Set(), protocols: new Set() };
  page.on("console", (message) => seen.console.push(message.text()));
  page.on("pageerror", (error) => seen.console.push(String(error)));
  page.on("requestfailed", (request) => {
    const why = request.failure().errorText;
    // A player gives up what it was reading when it is sent elsewhere.
    if (request.resourceType() === "media" && why === "net::ERR_ABORTED") return;
    seen.failed.push(`${request.url()}: ${why}`);
  });
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  session.on("Network.responseReceived", ({ response }) => {
    if (response.fromDiskCache) return;
    seen.fetches += 1;
    seen.connections.add(response.connectionId);
    seen.protocols.add(response.protocol);
  });
  return seen;
}

// Styles, scripts, what scripts fetch, and pictures have all arrived.
async function look_at_home(page) {
  await page.waitForSelector("body[data-told]");
  return page.evaluate(() => ({
    title: document.title,
    told: document.body.dataset.told,
    colour: getComputedStyle(document.body).color,
    pictures: [...document.images].map((image) => [image.naturalWidth, image.naturalHeight]),
  }));
}

// A piece out of the middle, for a script. It does not wait for another reader of what is kept.
async function fetch_piece(page) {
  return page.evaluate(async () => {
    const asked = { headers: { Range: "bytes=8-11" }, cache: "no-store" };
    const answer = await fetch("film.wav", asked);
    return [answer.status, answer.headers.get("Content-Range"), await answer.text()];
  });
}

// The beginning, and then the end at once.
async function watch_film(page, origin) {
  await page.goto(`${origin}/film.html`);
  await page.waitForFunction(() => document.querySelector("video").readyState > 0);
  const duration = await page.evaluate(() => {
    const film = document.querySelector("video");
    film.currentTime = film.duration - 1;
    return film.duration;
  });
  await page.waitForFunction(() => !document.querySelector("video").seeking);
  return { duration, time: await page.evaluate(() => document.querySelector("video").currentTime) };
}

// The colour of text for one who prefers this scheme.
async function ink(page, colorScheme) {
  await page.emulateMedia({ colorScheme });
  return page.evaluate(() => getComputedStyle(document.body).color);
}

// Follows every link of a listing and comes back.
async function browse_listing(page, origin) {
  await page.goto(`${origin}/shelf/`);
  const inks = [await ink(page, "light"), await ink(page, "dark")];
  const names = await page.locator("td a").allTextContents();
  const opened = {};
  for (const name of names.filter((name) => name !== "../")) {
    await page.getByRole("link", { name, exact: true }).click();
    await page.waitForURL((url) => url.pathname !== "/shelf/");
    opened[name] = await page.evaluate(() => document.body.innerText.trim());
    await page.goBack();
  }
  await page.getByRole("link", { name: "../", exact: true }).click();
  await page.waitForURL(`${origin}/`);
  return { inks, names, opened };
}

async function walk(browser, origin) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(kStepMilliseconds);
  const page = await context.newPage();
  const seen = await watch(context, page);
  await page.goto(`${origin}/`);
  seen.home = await look_at_home(page);
  await page.goto(`${origin}/`);
  seen.home_again = await look_at_home(page);
  await page.getByRole("link").click();
  await page.waitForURL(/html$/);
  seen.greeting = await page.title();
  seen.piece = await fetch_piece(page);
  seen.film = await watch_film(page, origin);
  seen.listing = await browse_listing(page, origin);
  seen.complaints_before_the_lost = seen.console.length;
  const lost = await page.goto(`${origin}/nowhere`);
  seen.lost = [lost.status(), await page.title()];
  await context.close();
  return { ...seen, connections: seen.connections.size, protocols: [...seen.protocols] };
}

const [executablePath, ...origins] = process.argv.slice(2);
// Everything it reaches stands on this machine; it is root in the tests of some machines, where its
// own sandbox refuses to start.
const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
try {
  const walks = [];
  for (const origin of origins) walks.push(await walk(browser, origin));
  console.log(JSON.stringify(walks));
} finally {
  await browser.close();
}
