// What lies in the bucket may be changed by anyone who can reach it. Whatever
// is done to it behind the worker's back, nobody gets a byte that was not
// signed, and everything works again once the bytes are back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { Market, exec, settled } from "./support/market.mjs";

const PATH_JPG = "alice/drop-7/path.jpg";
const MASTER = "alice/drop-7/master.zip";
const CHUNK = 256 * 1024;
let market, bucket;

before(async () => {
  market = await Market.open();
  bucket = await market.bucket();
});
after(() => market?.close());

const original = (file) => readFile(path.join(ROOT, "fixtures/demo", file));
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());

function flipped(bytes, at = bytes.length >> 1) {
  const other = Buffer.from(bytes);
  other[at] ^= 1;
  return other;
}

/** Puts an object behind the worker's back. Miniflare's proxy takes no Buffer. */
const put = (key, bytes, options) => bucket.put(key, new Uint8Array(bytes), options);

/** Where the store keeps a file of the demo. */
async function keyOf(file) {
  const digest = sha256(await original(file));
  const at = file.lastIndexOf("/");
  return `targets/${file.slice(0, at)}/${digest}.${file.slice(at + 1)}`;
}

/** Puts a file back as an upload leaves it: with the checksum that R2 checked. */
async function restore(file) {
  const bytes = await original(file);
  await put(await keyOf(file), bytes, { sha256: sha256(bytes) });
}

async function corrupt(response, what) {
  const text = await response.text();
  assert.equal(response.status, 502, `${what}: ${text.slice(0, 200)}`);
  assert.equal(response.headers.get("content-type"), "application/problem+json", what);
  assert.equal(response.headers.get("cache-control"), "no-store", what);
  const problem = JSON.parse(text);
  assert.equal(problem.type, "urn:dropgate:problem:content-mismatch", what);
  assert.ok(!text.includes("targets/"), `${what}: a problem says nothing of the store`);
}

const answersOf = {
  whole: (file) => market.fetch(`/get/${file}`),
  "a range of it": (file) => market.fetch(`/get/${file}`, { headers: { range: "bytes=1000-1999" } }),
  "its last bytes": (file) => market.fetch(`/get/${file}`, { headers: { range: "bytes=-100" } }),
  "the TUF target": async (file) => market.fetch(`/${await keyOf(file)}`),
  "a derivative": (file) => market.fetch(`/img/width=320/${file}`),
};

/** Every answer is right, or a 502 where it would have to be wrong. */
async function neverWrong(file, what, { mayBeRight = [] } = {}) {
  const bytes = await original(file);
  // HEAD tells of the signed file; the GET that follows is what counts.
  assert.equal((await market.fetch(`/get/${file}`, { method: "HEAD" })).headers.get("content-length"), String(bytes.length));
  for (const [name, ask] of Object.entries(answersOf)) {
    const response = await ask(file);
    if (response.ok && mayBeRight.includes(name)) {
      const from = Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "bytes 0-")[1]);
      const got = await bytesOf(response);
      assert.ok(got.equals(bytes.subarray(from, from + got.length)), `${what}, ${name}: wrong bytes`);
      continue;
    }
    await corrupt(response, `${what}, ${name}`);
  }
}

async function allRight(file) {
  const bytes = await original(file);
  const whole = await market.fetch(`/get/${file}`);
  assert.equal(whole.status, 200);
  assert.ok((await bytesOf(whole)).equals(bytes));
  const part = await answersOf["a range of it"](file);
  assert.equal(part.status, 206);
  assert.ok((await bytesOf(part)).equals(bytes.subarray(1000, 2000)));
}

test("a stored file that is not the signed one: 502, never a wrong byte", async (t) => {
  const [key, bytes] = [await keyOf(PATH_JPG), await original(PATH_JPG)];
  const first = flipped(bytes, 1500);
  const tampered = {
    // The range and the whole file begin in the chunk that was changed.
    "a byte of the first chunk, stored without a checksum": [() => put(key, first), ["its last bytes"]],
    "a byte, stored with the checksum of what it became": [() => put(key, first, { sha256: sha256(first) })],
    truncated: [() => put(key, bytes.subarray(0, 1200))],
    "truncated, with a checksum": [() => put(key, bytes.subarray(0, -1), { sha256: sha256(bytes.subarray(0, -1)) })],
    "longer, the signed bytes in front": [() => put(key, Buffer.concat([bytes, Buffer.from("more")]))],
    empty: [() => put(key, Buffer.alloc(0))],
    "another picture of the drop": [async () => put(key, await original("alice/drop-7/stream.jpg"))],
    deleted: [() => bucket.delete(key)],
  };
  for (const [what, [tamper, mayBeRight]] of Object.entries(tampered)) {
    await t.test(what, async () => {
      await tamper();
      await neverWrong(PATH_JPG, what, { mayBeRight });
      await restore(PATH_JPG);
      await allRight(PATH_JPG);
    });
  }
  assert.equal((await answersOf["a derivative"](PATH_JPG)).status, 200);
});

test("the signed bytes without a checksum are checked on their way out", async () => {
  await put(await keyOf(PATH_JPG), await original(PATH_JPG));
  assert.match((await answersOf.whole(PATH_JPG)).headers.get("server-timing"), /checked/);
  await allRight(PATH_JPG);
  await restore(PATH_JPG);
  assert.match((await answersOf.whole(PATH_JPG)).headers.get("server-timing"), /bound/);
});

test("a byte of a later chunk cuts the body short", async () => {
  const [key, bytes] = [await keyOf(MASTER), await original(MASTER)];
  const at = 9 * CHUNK + 5;
  await put(key, flipped(bytes, at));
  const token = await market.grant("--drop", "alice/drop-7", "--expires", "1h");
  const authorization = `Bearer ${token}`;
  const ask = (headers = {}) => market.fetch(`/get/${MASTER}`, { headers: { authorization, ...headers } });

  const response = await ask();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-length"), String(bytes.length));
  await assert.rejects(response.arrayBuffer(), "the body must not look complete");

  const curl = await exec("curl", ["-sS", "-H", `authorization: ${authorization}`, `${market.url}/get/${MASTER}`]);
  assert.equal(curl.code, 18, `curl should see a partial file: ${curl.err}`);
  assert.ok(curl.bytes.length <= 9 * CHUNK, "bytes of the chunk that was changed went out");
  assert.ok(curl.bytes.equals(bytes.subarray(0, curl.bytes.length)), "wrong bytes went out");

  // What does not touch the chunk is as good as ever; what begins in it is refused.
  const before = await ask({ range: `bytes=0-${9 * CHUNK - 1}` });
  assert.ok((await bytesOf(before)).equals(bytes.subarray(0, 9 * CHUNK)));
  const behind = await ask({ range: `bytes=${10 * CHUNK}-` });
  assert.ok((await bytesOf(behind)).equals(bytes.subarray(10 * CHUNK)));
  await corrupt(await ask({ range: `bytes=${at}-${at}` }), "the byte that was changed");
  await corrupt(await ask({ range: `bytes=${9 * CHUNK + 100}-${9 * CHUNK + 200}` }), "a byte beside it");

  await restore(MASTER);
  assert.ok((await bytesOf(await ask())).equals(bytes));
});

test("a delivery that was cut short leaves no receipt of delivery", async () => {
  const [key, bytes] = [await keyOf(MASTER), await original(MASTER)];
  await put(key, flipped(bytes, bytes.length - 1));
  const token = await market.grant("--drop", "alice/drop-7", "--expires", "1h");
  const response = await market.fetch(`/get/${MASTER}?grant=${token}`);
  const receipt = response.headers.get("receipt-location");
  await assert.rejects(response.arrayBuffer());
  await restore(MASTER);
  // A delivery that succeeds afterwards has one, so the other would be there by now.
  const again = await market.fetch(`/get/${MASTER}?grant=${token}`);
  await again.arrayBuffer();
  await settled(async () => assert.equal((await market.fetch(again.headers.get("receipt-location"))).status, 200));
  assert.equal((await market.fetch(receipt)).status, 404);
});

test("every incident is noted in the open log", async () => {
  const before = await incidents();
  const key = await keyOf(PATH_JPG);
  await bucket.delete(key);
  await corrupt(await answersOf.whole(PATH_JPG), "deleted");
  await restore(PATH_JPG);
  await settled(async () => assert.ok((await incidents()) > before, "no incident was noted"));
});

test("a body that had to be cut short is an incident, too", async () => {
  const before = await incidents();
  const bytes = await original(MASTER);
  await put(await keyOf(MASTER), flipped(bytes, bytes.length - 1));
  const token = await market.grant("--drop", "alice/drop-7", "--expires", "1h");
  const response = await market.fetch(`/get/${MASTER}?grant=${token}`);
  await assert.rejects(response.arrayBuffer());
  await restore(MASTER);
  await settled(async () => assert.ok((await incidents()) > before, "no incident was noted"));
});

/** How many incidents the entry bundles of the publish log hold. */
async function incidents() {
  const { objects } = await bucket.list({ prefix: "log/publish-" });
  let most = 0;
  for (const { key } of objects.filter(({ key }) => key.includes("/tile/entries/"))) {
    const text = await (await bucket.get(key)).text();
    most = Math.max(most, text.split(/type:? incident/).length - 1);
  }
  return most;
}

test("stored metadata that is not what was signed is never answered from", async (t) => {
  const { objects } = await bucket.list({ prefix: "metadata/" });
  assert.ok(objects.length >= 8, "the chain of the demo");
  const stored = await Promise.all(objects.map(async ({ key }) => [key, Buffer.from(await (await bucket.get(key)).arrayBuffer())]));
  // What a file's name is in the chain, by its content.
  const names = new Map();
  for (const name of await chain()) names.set(sha256(await bytesOf(await market.fetch(`/metadata/${name}`))), name);
  for (const [key, bytes] of stored) {
    const name = names.get(/([0-9a-f]{64})/.exec(key)[1]);
    // A snapshot that was superseded is nothing that a client is led to.
    if (!name) continue;
    await t.test(name, async () => {
      const before = await incidents();
      await put(key, flipped(bytes));
      await corrupt(await market.fetch(`/metadata/${name}`), name);
      await settled(async () => assert.ok((await incidents()) > before, `${name}: no incident was noted`));
      // A new isolate has verified nothing yet: what hangs on the file is gone.
      await market.restart();
      bucket = await market.bucket();
      const answers = await pages();
      const affected = /alice\.drop-7|\.(snapshot|targets|alice)\.json$/.test(name);
      if (affected) assert.equal(answers.drop, 502, `${name}: ${JSON.stringify(answers)}`);
      // 1.root.json is for clients; the worker's own root is in the Durable Object.
      for (const status of Object.values(answers)) assert.ok([200, 502].includes(status), `${name}: ${JSON.stringify(answers)}`);
      await put(key, bytes);
      await settled(async () => assert.deepEqual(await pages(), { file: 200, drop: 200, page: 200, other: 200, front: 200 }));
    });
  }
});

/** The newest version of every file in the chain, as a client walks it. */
async function chain() {
  const json = async (name) => (await market.fetch(`/metadata/${name}`)).json();
  const snapshot = `${(await json("timestamp.json")).signed.meta["snapshot.json"].version}.snapshot.json`;
  const { meta } = (await json(snapshot)).signed;
  return ["1.root.json", snapshot, ...Object.entries(meta).map(([name, { version }]) => `${version}.${name}`)];
}

/** What the pages that hang on the chain answer. */
async function pages() {
  const status = async (where) => {
    const response = await market.fetch(where);
    await response.arrayBuffer();
    return response.status;
  };
  return {
    file: await status(`/get/${PATH_JPG}`),
    drop: await status("/get/alice/drop-7.meta4"),
    page: await status("/d/alice/drop-7"),
    other: await status("/d/bruno/entropy"),
    front: await status("/"),
  };
}

test("VERIFY=always hashes what is bound, too", async () => {
  const careful = await Market.open({ vars: { VERIFY: "always" } });
  try {
    const response = await careful.fetch(`/get/${PATH_JPG}`);
    assert.match(response.headers.get("server-timing"), /checked/);
    assert.ok((await bytesOf(response)).equals(await original(PATH_JPG)));
    const part = await careful.fetch(`/get/${PATH_JPG}`, { headers: { range: "bytes=262100-262200" } });
    assert.match(part.headers.get("server-timing"), /checked/);
    assert.ok((await bytesOf(part)).equals((await original(PATH_JPG)).subarray(262100, 262201)));
  } finally {
    await careful.close();
  }
});
