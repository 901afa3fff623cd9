// Receipts when things go wrong: downloads in parts and archives over real
// connections, a log that stands still or fails, a worker that is killed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { execFileSync } from "node:child_process";
import { request } from "node:http";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ROOT, readSecrets } from "../xtask/serve.mjs";
import { Market, settled } from "./support/market.mjs";

const MASTER = "/get/alice/drop-7/master.zip";
let market, operator, log, master;
// Downloads by grants with a budget.
let limited = 0;

before(async () => {
  market = await Market.open({ build: path.join(ROOT, "wasm-tests/out/crash-test") });
  operator = (await readSecrets(path.join(market.home, "secrets.env"))).ADMIN_TOKEN;
  master = await readFile(path.join(ROOT, "fixtures/demo/alice/drop-7/master.zip"));
  const half = new Date().getUTCMonth() < 6 ? 1 : 2;
  log = `deliveries-${new Date().getUTCFullYear()}h${half}`;
});
after(() => market?.close());

const as = (token, more = {}) => ({ headers: { authorization: `Bearer ${token}`, ...more } });

/** The receipt at a place, once it is there. */
const receiptAt = (where) => settled(async () => {
  const response = await market.fetch(where);
  assert.equal(response.status, 200, where);
  return response.text();
});

async function metrics() {
  const text = await (await market.fetch("/metrics", as(operator))).text();
  return (name) => Number(new RegExp(`^${name.replace(/[{}"]/g, "\\$&")} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
}

/** Reads some bytes of a file and hangs up. */
function breakOff(where, token, after) {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(where, market.url), as(token), (response) => {
      let read = 0;
      response.on("data", (data) => {
        read += data.length;
        if (read < after) return;
        response.destroy();
        resolve(read);
      });
      response.on("error", () => {});
    });
    asked.on("error", reject);
    asked.end();
  });
}

test("an archive and a chosen part of a drop leave receipts, and evidence shows what was in them", async () => {
  const grant = await market.grant("--drop", "alice/drop-7");
  const all = await market.fetch("/get/alice/drop-7.zip", as(grant));
  await all.arrayBuffer();
  assert.match(await receiptAt(all.headers.get("receipt-location")), /^detail archive$/m);
  const some = await market.fetch("/get/alice/drop-7.zip?files=master.zip,cover.jpg", as(grant));
  await some.arrayBuffer();
  const receipt = await receiptAt(some.headers.get("receipt-location"));
  assert.match(receipt, /^detail archive=cover\.jpg,master\.zip$/m);
  assert.match(receipt, /^file -$/m);

  const known = await (await market.fetch("/known", as(grant))).json();
  assert.equal(known.receipts.filter(({ type }) => type === "deliver").length, 2);
  const file = path.join(market.data, "grant.eml");
  await settled(() => market.cli("evidence", grant, "-o", file));
  const { out, err } = await market.cli("evidence", "verify", file);
  assert.match(out, /All files of alice\/drop-7 were handed over in full, as one archive/);
  assert.match(out, /in it, of alice\/drop-7:\n {6}cover\.jpg\n {6}master\.zip\n/);
  assert.match(out, /master\.zip, \d+ bytes/, "with their digests, from the manifest");
  assert.match(err, /every word holds: 2 receipts/);
});

test("a download that breaks off and is resumed leaves its receipt once all was handed over", async () => {
  const long = "/get/alice/drop-7.zip";
  const grant = await market.grant("--drop", "alice/drop-7");
  const length = Number((await market.fetch(long, { method: "HEAD", ...as(grant) })).headers.get("content-length"));
  const got = await breakOff(long, grant, 1);
  assert.ok(got < length, "it broke off");
  const rest = await settled(async () => {
    const rest = await market.fetch(long, as(grant, { range: `bytes=${got}-` }));
    await rest.arrayBuffer();
    assert.equal(rest.status, 206);
    const there = await market.fetch(rest.headers.get("receipt-location"));
    assert.equal(there.status, 200);
    return there.text();
  });
  assert.match(rest, /^detail resumed;archive$/m);
  assert.match(rest, /in several requests/);

  // Its last bytes alone are no delivery.
  const other = await market.grant("--drop", "alice/drop-7");
  const tail = await market.fetch(MASTER, as(other, { range: "bytes=-70000" }));
  await tail.arrayBuffer();
  const head = await market.fetch(MASTER, as(other, { range: `bytes=0-${master.length - 70001}` }));
  await head.arrayBuffer();
  assert.equal(head.headers.get("receipt-location"), null);
  assert.match(await receiptAt(tail.headers.get("receipt-location")), /^detail resumed$/m);
});

const weather = (name) => market.fetch(`/crash/log/${log}/weather`, { method: "POST", body: JSON.stringify(name) });

for (const bad of ["still", "foul"]) {
  test(`downloads are answered at once and whole while the log is ${bad}, and no receipt is lost`, { timeout: 120_000 }, async () => {
    const before = await (await metrics())(`dropgate_log_entries{log="deliveries"}`);
    assert.equal((await weather(bad)).status, 200);
    const places = [];
    for (let round = 0; round < 3; round++) {
      const grants = await Promise.all(Array.from({ length: 4 }, () => market.grant("--drop", "alice/drop-7", "--downloads", "1")));
      places.push(...await Promise.all(grants.map(async (grant) => {
        const response = await market.fetch(MASTER, as(grant));
        assert.equal(response.status, 200);
        limited += 1;
        assert.ok(Buffer.from(await response.arrayBuffer()).equals(master), "whole");
        return response.headers.get("receipt-location");
      })));
    }
    // The log has none of them: nobody has waited for it.
    assert.equal((await market.fetch(MASTER)).status, 401);
    const waiting = async () => (await (await market.bucket()).list({ prefix: "outbox/" })).objects.length;
    await settled(async () => assert.ok((await waiting()) >= places.length));
    if (bad === "foul") await market.server.tick();
    assert.ok((await waiting()) >= places.length, "they wait until the log is fair");
    await weather("fair");
    await settled(async () => {
      await market.server.tick();
      assert.equal(await waiting(), 0);
    });
    for (const place of places) assert.match(await receiptAt(place), /^type deliver$/m);
    await settled(async () => assert.equal((await metrics())(`dropgate_log_entries{log="deliveries"}`), before + places.length));
    await market.cli("audit");
  });
}

/** The runtime's process: a child of this one. */
function runtime() {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  const child = lines.map((line) => line.trim().split(/\s+/)).find(([, parent, command]) => Number(parent) === process.pid && /workerd/.test(command ?? ""));
  return Number(child[0]);
}

test("killed in the middle, the worker has charged what it says: money is exact", { timeout: 120_000 }, async () => {
  const before = await settled(async () => {
    const before = await metrics();
    assert.equal(before("dropgate_charged_downloads_total"), limited);
    return before;
  });
  const grants = await Promise.all(Array.from({ length: 48 }, () => market.grant("--drop", "alice/drop-7", "--downloads", "1")));
  const { codes } = JSON.parse((await market.cli("codes", "create", "--drop", "alice/drop-7", "--count", "32", "--label", "Killed", "--json")).out);
  const seen = new Set();
  const redeemed = new Set();
  const redeem = async (code) => market.fetch("/redeem", { method: "POST", headers: { "content-type": "application/json", "idempotency-key": code }, body: JSON.stringify({ code }) });
  // In the middle: each of these clients goes on to its next request until one has no answer.
  const victim = runtime();
  const answered = (set, what) => {
    set.add(what);
    if (seen.size >= 4 && redeemed.size >= 2) process.kill(victim, "SIGKILL");
  };
  const client = async (queue, ask) => {
    for (let next; (next = queue.pop()) !== undefined;) await ask(next);
  };
  const downloads = [...grants];
  const redemptions = [...codes];
  const clients = [
    ...Array.from({ length: 8 }, () => client(downloads, async (grant) => {
      const response = await market.fetch(MASTER, as(grant));
      if (response.status === 200) answered(seen, grant);
      await response.arrayBuffer();
    })),
    ...Array.from({ length: 4 }, () => client(redemptions, async (code) => {
      if ((await redeem(code)).status === 200) answered(redeemed, code);
    })),
  ];
  const ends = await Promise.allSettled(clients);
  assert.ok(ends.some(({ status }) => status === "rejected"), "it was in the middle");
  await market.restart();

  let charged = 0;
  for (const grant of grants) {
    const shown = JSON.parse((await market.cli("grants", "show", grant, "--json")).out);
    const used = shown.used.downloads;
    assert.ok(used === 1 || (used === 0 && !seen.has(grant)), "who saw an answer was charged");
    charged += used;
  }
  const campaign = async () => {
    const text = await (await market.fetch("/metrics", as(operator))).text();
    return [...text.matchAll(/^dropgate_campaign_codes\{campaign="[^"]+",state="redeemed"\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  assert.ok((await campaign()) >= redeemed.size, "who saw a redemption is counted");
  await settled(async () => {
    const now = await metrics();
    const more = (name) => now(name) - before(name);
    assert.equal(more("dropgate_charged_downloads_total"), charged);
    assert.equal(more("dropgate_charged_bytes_total") - more("dropgate_returned_bytes_total"), charged * master.length);
    // What the log has accepted is what is counted.
    const inLog = await (await market.fetch("/metrics", as(operator))).text();
    const types = [...inLog.matchAll(/^dropgate_receipts_total\{type="(\w+)"\} (\d+)$/gm)];
    const counted = types.filter(([, type]) => !["publish", "incident"].includes(type)).reduce((sum, [, , count]) => sum + Number(count), 0);
    assert.equal(counted, now(`dropgate_log_entries{log="deliveries"}`));
  });
  // Each code is good once, whatever became of its answer.
  for (const code of codes) assert.equal((await redeem(code)).status, 200);
  await settled(async () => assert.equal(await campaign(), codes.length));
});
