// The numbers: /metrics judged by promtool, Cache-Status and Server-Timing by
// stock parsers, the dashboard by a real browser at two widths and by axe-core,
// after a day of generated traffic.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";
import { parseList } from "structured-headers";
import { ROOT, readSecrets } from "../xtask/serve.mjs";
import { chance } from "./support/chance.mjs";
import { Market, exec, settled } from "./support/market.mjs";

const OUT = path.join(ROOT, "wasm-tests/out/pages");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
let market, operator, browser;

before(async () => {
  await mkdir(OUT, { recursive: true });
  market = await Market.open();
  operator = (await readSecrets(path.join(market.home, "secrets.env"))).ADMIN_TOKEN;
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});
after(async () => {
  await browser?.close();
  await market?.close();
});

const as = (token) => ({ headers: { authorization: `Bearer ${token}` } });
const taken = async (where, options) => {
  const response = await market.fetch(where, options);
  await response.arrayBuffer();
  return response;
};

async function metrics() {
  const response = await market.fetch("/metrics", as(operator));
  assert.equal(response.status, 200);
  return response.text();
}

const sample = (text, name) => Number(new RegExp(`^${name.replace(/[{}"]/g, "\\$&")} (\\S+)$`, "m").exec(text)?.[1]);

test("promtool has nothing to say about /metrics, and it counts what happened", async () => {
  const grant = await market.grant("--drop", "alice/drop-7", "--revocable");
  const image = "/img/width=320/alice/drop-7/cover.jpg";
  for (let times = 0; times < 3; times++) await taken(image);
  await taken("/get/alice/drop-7/master.zip", as(grant));
  await taken("/get/alice/drop-7/master.zip");
  // A resumed download is one session: begun without its end, and its last bytes later.
  const part = (range) => taken("/get/bruno/entropy/cover.jpg", { headers: { range, "user-agent": "resumer" } });
  const length = Number((await part("bytes=0-99")).headers.get("content-range").split("/")[1]);
  assert.equal((await part("bytes=-100")).status, 206);
  assert.equal((await part(`bytes=100-${length - 101}`)).status, 206);
  // The last bytes alone are no download.
  assert.equal((await taken("/get/bruno/entropy/license.txt", { headers: { range: "bytes=-100" } })).status, 206);
  await market.cli("grants", "revoke", grant);
  assert.equal((await taken("/get/alice/drop-7/master.zip", as(grant))).status, 401);
  const { codes } = JSON.parse((await market.cli("codes", "create", "--drop", "alice/drop-7", "--count", "4", "--label", "Lisbon", "--json")).out);
  await taken(`/r/${codes[0]}`);
  await taken("/redeem", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ code: codes[0] }) });

  const text = await settled(async () => {
    const text = await metrics();
    assert.ok(sample(text, 'dropgate_receipts_total{type="deliver"}') >= 1);
    assert.equal(sample(text, 'dropgate_creator_sessions_covered_total{creator="bruno"}'), 1);
    return text;
  });
  const promtool = await exec("promtool", ["check", "metrics"], { input: text });
  assert.deepEqual([promtool.code, promtool.out, promtool.err], [0, "", ""]);
  assert.equal(sample(text, 'dropgate_creator_sessions_started_total{creator="bruno"}'), 1);
  // Pictures that were made ahead of anybody asking are no requests.
  assert.equal(sample(text, 'dropgate_http_requests_total{route="image",status="200"}'), 3);
  assert.ok(sample(text, 'dropgate_derivatives_total{tier="made"}') >= 1);
  assert.equal(sample(text, "dropgate_revoked_grants_refused_total"), 1);
  assert.equal(sample(text, 'dropgate_problems_total{type="grant-revoked"}'), 1);
  assert.ok(sample(text, 'dropgate_receipts_total{type="derive"}') >= 1);
  assert.ok(sample(text, 'dropgate_receipts_total{type="revoke"}') >= 1);
  assert.match(text, /^dropgate_campaign_codes\{campaign="[^"]+",state="redeemed"\} 1$/m);
  assert.ok(sample(text, "dropgate_cost_per_thousand_requests_dollars") > 0);
  assert.ok(sample(text, 'dropgate_store_operations_total{store="r2",operation="read"}') > 0);
  // Every number says how exact it is; ratios follow from those that do.
  for (const [, name, help] of text.matchAll(/^# HELP (\S+) (.*)$/gm)) {
    if (/_total$|_seconds$|_codes$|_entries$/.test(name)) assert.match(help, /Exact|Sampled|Counted/, name);
  }
  assert.equal((await taken("/metrics")).status, 401);
});

test("Cache-Status (RFC 9211) names the tier, for a stock parser", async () => {
  const image = "/img/width=480/alice/drop-7/cover.jpg";
  const tiers = async () => parseList((await taken(image)).headers.get("cache-status")).map(([{ value }, params]) => [String(value?.toString?.() ?? value), params]);
  const names = (list) => list.map(([, params]) => [...params.keys()]);
  const made = await market.fetch(image);
  await made.arrayBuffer();
  assert.deepEqual(names(parseList(made.headers.get("cache-status")))[0], ["fwd", "stored"]);
  await settled(async () => assert.equal(names(await tiers()).at(-1)[0], "hit"));
  // The making left a receipt that says of what and how.
  const receipt = await settled(async () => {
    const receipt = await market.fetch(made.headers.get("receipt-location"));
    assert.equal(receipt.status, 200);
    return receipt.text();
  });
  assert.match(receipt, /^type derive$/m);
  assert.match(receipt, /^detail width=480/m);
});

test("Server-Timing is read by a browser", async () => {
  const page = await browser.newPage();
  await page.goto(`${market.url}/d/alice/drop-7`);
  const timings = await page.evaluate(async () => {
    await (await fetch("/img/width=640/alice/drop-7/cover.jpg")).arrayBuffer();
    await (await fetch("/get/alice/drop-7/cover.jpg")).arrayBuffer();
    const of = (part) => performance.getEntriesByType("resource").filter((entry) => entry.name.includes(part)).at(-1).serverTiming;
    const plain = (part) => of(part).map(({ name, duration, description }) => ({ name, duration, description }));
    return { image: plain("/img/width=640"), file: plain("/get/") };
  });
  const names = (list) => list.map(({ name }) => name);
  for (const span of ["gate", "trust", "fetch", "total"]) {
    assert.ok(names(timings.image).includes(span), span);
    assert.ok(names(timings.file).includes(span), span);
  }
  for (const span of ["decode", "resize", "encode"]) assert.ok(names(timings.image).includes(span), span);
  assert.equal(timings.file.find(({ name }) => name === "verify").description, "bound");
  for (const { duration } of [...timings.image, ...timings.file]) assert.ok(duration >= 0);
  await page.close();
});

test("a problem's code is explained by the command line, and a ticket counts it", async () => {
  const problem = await (await market.fetch("/get/alice/drop-7/master.zip")).json();
  const { out } = await market.cli("explain", problem.code.toLowerCase());
  assert.match(out, /^problem {4}grant-missing$/m);
  assert.match(out, /^where {6}a request for download$/m);
  assert.match(out, /redeem a code/);
  assert.match((await market.tryCli("explain", "K7Q29-F3MAA")).err, /no code of a problem/);
  const ticket = await market.fetch("/admin/tickets", { method: "POST", ...as(operator), body: JSON.stringify({ code: problem.code }) });
  assert.equal(ticket.status, 201);
  const told = await ticket.json();
  assert.equal(told.about, "grant-missing");
  assert.ok(told.per_thousand_downloads > 0);
  assert.equal(sample(await metrics(), 'dropgate_support_tickets_total{type="grant-missing"}'), 1);
});

/** A day as a marketplace has it, put where the books keep time: quiet nights, and a launch in the evening. */
function aDayOfTraffic() {
  const below = chance(8);
  const now = Math.floor(Date.now() / 1000);
  const day = [];
  for (let quarter = 0; quarter < 96; quarter++) {
    const hour = quarter / 4;
    const busy = Math.round(40 + 400 * Math.exp(-((hour - 19) ** 2) / 8) + 120 * Math.exp(-((hour - 11) ** 2) / 20) + below(30));
    day.push([now - (95 - quarter) * 900, busy]);
  }
  return day;
}

for (const [name, viewport] of Object.entries({ phone: { width: 360, height: 740 }, laptop: { width: 1280, height: 900 } })) {
  test(`the dashboard on a ${name}: plots with tables, live, and accessible`, { timeout: 120_000 }, async () => {
    await fillHistory();
    for (const who of ["operator", "alice"]) {
      const args = who === "operator" ? ["dashboard"] : ["dashboard", "--creator", who];
      const link = (await market.cli(...args)).out.trim();
      const context = await browser.newContext({ viewport });
      const page = await context.newPage();
      const faults = [];
      page.on("pageerror", (error) => faults.push(error.message));
      page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
      await page.goto(link);
      assert.equal(new URL(page.url()).search, "", "the token has left the address");
      assert.equal(await page.locator("h1").count(), 1);
      const plots = await page.locator("section.plot svg").count();
      assert.ok(plots >= (who === "alice" ? 3 : 8), `${plots} plots`);
      assert.equal(await page.locator("section.plot .beside table").count() > 0, true);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "wider than the screen");
      await page.screenshot({ path: path.join(OUT, `dashboard-${who}-${name}.png`), fullPage: true });
      const faulty = await audit(page);
      assert.deepEqual(faulty, []);
      const text = await page.locator("main").innerText();
      if (who === "alice") assert.ok(!text.includes("bruno/") && !text.includes("thousand requests"), "nothing of others");
      // It is live: what happens now is there without anybody reloading.
      const before = await page.locator("#live").innerText();
      await taken("/get/alice/drop-7/cover.jpg");
      await page.waitForFunction((old) => document.querySelector("#live").innerText !== old, before, { timeout: 45_000 });
      assert.deepEqual(faults, []);
      await context.close();
    }
  });
}

let filled = false;
async function fillHistory() {
  if (filled) return;
  filled = true;
  const day = aDayOfTraffic();
  const rows = day.map(([time, busy]) => [Math.floor(time / 900), {
    "requests;2xx": busy * 9, "requests;3xx": busy, "requests;4xx": Math.ceil(busy / 6), "requests;5xx": busy > 380 ? 3 : 0,
    "http_bytes;file": busy * 4_100_000, "http_bytes;picture": busy * 260_000, "http_bytes;page": busy * 9_000, "http_bytes;archive": busy * 900_000,
    sessions_started: busy, sessions_covered: Math.floor(busy * 0.93), "derivatives;pop": busy * 5, "derivatives;kv": busy, "derivatives;r2": Math.ceil(busy / 9), "derivatives;made": Math.ceil(busy / 14),
    "ttfb_n;picture": busy * 6, "ttfb_ms;picture": busy * 6 * 14, "ttfb_n;file": busy, "ttfb_ms;file": busy * 31, "ttfb_n;page": busy, "ttfb_ms;page": busy * 8,
    "decisions;edge;allowed": busy, "decisions;books;allowed": Math.ceil(busy / 5), "decisions;edge;refused": Math.ceil(busy / 20), revoked: busy > 400 ? 1 : 0,
    "manifests;valid": busy * 8, consent_asked: Math.ceil(busy / 30), "receipts;consent": Math.ceil(busy / 45), "receipts;redeem": Math.ceil(busy / 12), "receipts;deliver": Math.floor(busy * 0.6),
    charged_downloads: Math.ceil(busy * 0.4), "orders;paid": Math.ceil(busy / 8), "orders;refunded": busy > 300 ? 2 : 0,
    "creator_requests;alice": busy * 6, "creator_bytes;alice": busy * 3_000_000, "creator_started;alice": busy, "creator_covered;alice": Math.floor(busy * 0.9),
  }]);
  await intoBooks(rows.map(([number, counts]) => ["quarter", String(number).padStart(12, "0"), JSON.stringify(counts)]));
}

/** Writes rows into the book of numbers, behind the worker's back and while it sleeps. */
async function intoBooks(rows) {
  await market.server.stop();
  const ran = await exec("python3", ["-c", `
import glob, json, sqlite3, sys
for path in glob.glob(sys.argv[1] + "/**/*.sqlite", recursive=True):
    book = sqlite3.connect(path)
    if not book.execute("select 1 from sqlite_master where name = 'book'").fetchone(): continue
    if not book.execute("select 1 from book where kind = 'total'").fetchone(): continue
    book.executemany("insert or replace into book (kind, key, value) values (?, ?, ?)", json.load(sys.stdin))
    book.commit()
    print("filled")
`, path.join(market.data, "v3/do")], { input: JSON.stringify(rows) });
  assert.equal(ran.out, "filled\n", ran.err);
  await market.start();
}

/** What axe-core finds serious or worse. */
async function audit(page) {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
}

test("what is known about a holder: listed, taken along, withdrawn, deleted; the log stays valid", { timeout: 120_000 }, async () => {
  const { codes } = JSON.parse((await market.cli("codes", "create", "--drop", "alice/drop-7", "--json")).out);
  const redeemed = await market.fetch("/redeem", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ code: codes[0] }) });
  assert.match(redeemed.headers.get("receipt-location"), /^\/receipts\/[0-9a-f]{32}$/);
  const { grant } = await redeemed.json();
  assert.equal((await taken("/get/alice/drop-7/master.zip", as(grant))).status, 200);
  const known = await settled(async () => {
    const known = await (await market.fetch("/known", as(grant))).json();
    assert.deepEqual(known.receipts.map(({ type }) => type), ["redeem", "deliver"]);
    return known;
  });
  assert.equal(known.receipts[1].file, "master.zip");
  // The same as evidence, while it can still be found.
  const evidence = path.join(market.data, "mine.eml");
  await settled(() => market.cli("evidence", grant, "-o", evidence));
  assert.match((await market.cli("evidence", "verify", evidence)).out, /a code|A code/);

  const page = await browser.newPage();
  await page.goto(`${market.url}/known?grant=${grant}`);
  assert.deepEqual(await audit(page), []);
  assert.ok(await page.getByText("alice/drop-7/master.zip").count());
  for (const [name, width] of [["phone", 360], ["laptop", 1280]]) {
    await page.setViewportSize({ width, height: 800 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `wider than a ${name}`);
    await page.screenshot({ path: path.join(OUT, `known-${name}.png`), fullPage: true });
  }
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: /Take everything along/ }).click()]);
  assert.equal(JSON.parse(await readFile(await download.path(), "utf8")).receipts.length, 2);
  const form = page.locator("form", { hasText: "Delete" });
  await form.getByRole("checkbox").check();
  await form.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Deleted" }).waitFor();
  await page.close();

  const after = await (await market.fetch("/known", as(grant))).json();
  assert.deepEqual(after.receipts, []);
  assert.equal((await taken(`/receipts/${known.receipts[0].id}`)).status, 200, "the receipts themselves are in the log for good");
  await settled(() => market.cli("audit"));
  await settled(async () => assert.equal((await taken("/get/alice/drop-7/master.zip", as(grant))).status, 401));
});
