// How long what was made is shown: the time of its preset, until it is purged,
// until its source is another; and never after it was taken back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { readSecrets } from "../xtask/serve.mjs";
import { Market, settled } from "./support/market.mjs";

const COVER = "/alice/drop-7/cover.jpg";
const PRESETS = { "card@1": "width=200", "card@2": "width=220", "tick@1": { options: "width=90", ttl: 4 } };
let market, folder, token;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-purge-"));
  market = await Market.open({ vars: { PRESETS: JSON.stringify(PRESETS) } });
  token = (await readSecrets(path.join(market.home, "secrets.env"))).ADMIN_TOKEN;
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());

/** A picture, and who had it. */
async function show(url) {
  const response = await market.fetch(url);
  assert.equal(response.status, 200, `${url}: ${response.status}`);
  const status = response.headers.get("cache-status");
  return { bytes: await bytesOf(response), status, isMade: /dropgate-r2; fwd=miss/.test(status), keep: response.headers.get("cache-control") };
}

/** The same once nothing better is to come. */
const best = (url) => settled(async () => {
  const shown = await show(url);
  assert.match(shown.status, /hit; detail=refined/);
  return shown;
});

const purge = (body, bearer = token) => market.fetch("/admin/purge", {
  method: "POST",
  headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

/** What KV and R2 hold of pictures. */
async function kept() {
  const [hot, bucket] = [await market.hot(), await market.bucket()];
  const names = (await hot.list({ prefix: "derived/" })).keys.map((key) => key.name);
  return [...names, ...(await bucket.list({ prefix: "derived/" })).objects.map((object) => object.key)];
}

async function publish(drop, files, toml = "") {
  const at = path.join(folder, drop);
  await rm(at, { recursive: true, force: true });
  await mkdir(at, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(at, name), bytes);
  await writeFile(path.join(at, "drop.toml"), toml);
  await market.cli("publish", at, "--creator", "alice", "--drop", drop, "--create");
}

const plain = (colour) => sharp({ create: { width: 400, height: 300, channels: 3, background: colour } }).png().toBuffer();

test("a purge by the command line takes a file's pictures out of every tier, and leaves the others", async () => {
  const [card, other] = [`/img/card@1${COVER}`, "/img/width=320/alice/brushes-2/sheet.png"];
  await best(card);
  await best(other);
  const before = await kept();
  const told = await market.cli("purge", "--drop", "alice/drop-7", "--file", "cover.jpg", "--dry-run");
  assert.match(told.out, /would be made anew/);
  assert.ok(!(await show(card)).isMade, "a dry run changes nothing");
  await market.cli("purge", "--drop", "alice/drop-7", "--file", "cover.jpg");
  assert.ok((await show(card)).isMade);
  assert.ok(!(await show(card)).isMade, "made once");
  assert.ok(!(await show(other)).isMade);
  await settled(async () => {
    const now = await kept();
    const gone = before.filter((name) => !now.includes(name));
    assert.ok(gone.length > 0 && gone.every((name) => !/-\d+\.\w+$/.test(name)), gone.join());
  });
  // Another isolate, with the caches, KV and R2 as they are.
  await best(card);
  await market.restart();
  assert.match((await show(card)).status, /hit; detail=refined/);
  assert.ok((await kept()).some((name) => /-1\.\w+$/.test(name)), "under names of its own");
});

test("a purge of a preset takes what is asked for by it", async () => {
  const [one, two] = [`/img/card@1${COVER}`, `/img/card@2${COVER}`];
  await best(one);
  await best(two);
  assert.equal((await purge({ preset: "card@2" })).status, 200);
  assert.ok(!(await show(one)).isMade);
  assert.ok((await show(two)).isMade);
  await market.cli("purge", "--preset", "card@1", "--drop", "alice/drop-7");
  assert.ok((await show(one)).isMade);
});

test("it is the operator's, and names what there is", async () => {
  const verdict = async (response) => {
    assert.match(response.headers.get("content-type"), /^application\/problem\+json/);
    return `${response.status} ${(await response.json()).type}`;
  };
  const drop = { drop: "alice/drop-7" };
  for (const bearer of ["", "guess"]) assert.equal(await verdict(await purge(drop, bearer)), "401 urn:dropgate:problem:not-authorised");
  for (const body of ["{", "7", "{}", { drop: 7 }, { drop: "alice" }, { file: "cover.jpg" }, { preset: "card" }]) {
    assert.equal(await verdict(await purge(body)), "400 urn:dropgate:problem:bad-request", JSON.stringify(body));
  }
  for (const body of [{ drop: "alice/nothing" }, { ...drop, file: "nothing.jpg" }, { preset: "card@9" }]) {
    assert.equal(await verdict(await purge(body)), "404 urn:dropgate:problem:not-found", JSON.stringify(body));
  }
  assert.equal((await market.fetch("/admin/purge")).status, 405);
  const wrong = await market.tryCli("purge", "--drop", "alice/nothing");
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.err, /404/);
});

test("a preset's time is told, and what is past it stands in while it is made again", async () => {
  const url = `/img/tick@1${COVER}`;
  const first = await show(url);
  assert.equal(first.keep, "public, max-age=4, stale-while-revalidate=4, no-transform");
  const stale = await settled(async () => {
    const shown = await show(url);
    assert.match(shown.status, /; hit; ttl=-[1-4]; detail=stale$/);
    return shown;
  });
  assert.equal(stale.keep, "public, no-cache, no-transform");
  await settled(async () => assert.match((await show(url)).status, /; hit; detail=/));
  const { keys } = await (await market.hot()).list({ prefix: "derived/" });
  assert.ok(keys.some((key) => key.expiration), "KV forgets it by itself");
});

test("a new version is made while the former is shown, unless that was purged or taken back", async () => {
  const url = "/img/width=320/alice/changing/picture.png";
  const colour = async (bytes) => {
    const [red, green, blue] = (await sharp(bytes).stats()).channels.map(({ mean }) => Math.round(mean / 255));
    return { "100": "red", "010": "lime", "001": "blue" }[`${red}${green}${blue}`];
  };
  const turns = (to) => settled(async () => assert.equal(await colour((await show(url)).bytes), to));
  await publish("changing", { "picture.png": await plain("red") });
  await turns("red");
  await best(url);
  await publish("changing", { "picture.png": await plain("lime") });
  const seen = [];
  await settled(async () => {
    const shown = await show(url);
    seen.push({ ...shown, colour: await colour(shown.bytes) });
    assert.equal(seen.at(-1).colour, "lime");
  });
  assert.ok(seen.some(({ status, colour }) => colour === "red" && status.endsWith("detail=stale")), "the former stood in");
  assert.ok(!seen.some(({ isMade }) => isMade), "nobody waited");

  await publish("changing", { "picture.png": await plain("blue") });
  assert.equal((await purge({ drop: "alice/changing" })).status, 200);
  const next = await show(url);
  assert.ok(next.isMade, next.status);
  await turns("blue");

  await market.cli("retire", "alice/changing");
  await settled(async () => assert.equal((await market.fetch(url)).status, 404));
});

test("a drop says which version of a preset a name means", async () => {
  const picture = await plain("red");
  const width = async (drop) => (await sharp((await show(`/img/preset=card/alice/${drop}/picture.png`)).bytes).metadata()).width;
  await publish("newest", { "picture.png": picture });
  await publish("pinned", { "picture.png": picture }, 'engine = "0.1.0"\n[presets]\ncard = "card@1"\n');
  assert.deepEqual([await width("newest"), await width("pinned")], [220, 200]);
  await writeFile(path.join(folder, "pinned/drop.toml"), 'engine = "the newest"\n');
  const refused = await market.tryCli("publish", path.join(folder, "pinned"), "--creator", "alice", "--drop", "pinned");
  assert.notEqual(refused.code, 0);
  assert.match(refused.err, /engine is not a version/);
});
