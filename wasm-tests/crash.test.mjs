// A test build has routes that panic. A panic poisons the wasm instance: the
// request that did it and those beside it are answered at once, and the next
// one finds a worker that works, inside a Durable Object too.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { hushCrashes } from "./support/hush.mjs";
import { Market, settled } from "./support/market.mjs";

const FILE = "bruno/entropy/sintonia.ogg";
const CRASHABLE = path.join(ROOT, "wasm-tests/out/crash-test");
let market, expected;

hushCrashes();

before(async () => {
  market = await Market.open({ build: CRASHABLE });
  expected = await readFile(path.join(ROOT, "fixtures/demo", FILE));
});
after(() => market?.close());

async function crashed(response) {
  assert.equal(response.status, 500);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const problem = await response.json();
  assert.equal(problem.type, "urn:dropgate:problem:crashed");
  assert.equal(problem.status, 500);
  assert.ok(problem.detail.length > 10);
  assert.doesNotMatch(problem.detail, /panic|wasm|src\//, "what happened inside is nobody's business");
}

/** A file, a derivative and what a Durable Object knows: the whole worker. */
async function works() {
  const file = await market.fetch(`/get/${FILE}`);
  assert.equal(file.status, 200);
  assert.ok(Buffer.from(await file.arrayBuffer()).equals(expected));
  const picture = await market.fetch("/img/width=320/bruno/entropy/cover.jpg");
  assert.equal(picture.status, 200);
  await picture.arrayBuffer();
  assert.equal((await market.fetch("/metadata/timestamp.json")).status, 200);
  assert.equal((await market.fetch("/healthz")).status, 200);
}

for (const [where, when] of [["/crash", "at once"], ["/crash/later", "after it has awaited"]]) {
  test(`a request that panics ${when} is a 500, and the next one works`, async () => {
    for (let times = 0; times < 3; times++) {
      await crashed(await market.fetch(where));
      await works();
    }
  });
}

/** A request that lasts until it is told to end, and has begun. */
async function slow() {
  const answer = market.fetch("/crash/slow");
  await settled(async () => assert.equal(await (await market.fetch("/crash/slow/begun")).text(), "true"));
  return { answer };
}

test("a request in flight is answered when another one panics, not left hanging", async () => {
  const { answer } = await slow();
  await crashed(await market.fetch("/crash"));
  await crashed(await answer);
  await works();
});

test("many at once: those that panic are 500s, the others right or 500s, and all end", async () => {
  const asked = Array.from({ length: 24 }, (_, at) => market.fetch(at % 4 === 0 ? "/crash/later" : `/get/${FILE}`));
  for (const [at, response] of (await Promise.all(asked)).entries()) {
    if (at % 4 === 0 || response.status === 500) {
      await crashed(response);
      continue;
    }
    assert.equal(response.status, 200);
    // A body that was under way may end early; it may never be wrong.
    const body = await response.arrayBuffer().catch(() => null);
    if (body) assert.ok(Buffer.from(body).equals(expected));
  }
  await works();
});

test("a panic inside a Durable Object is a prompt 500, and the object works afterwards", async () => {
  const before = await (await market.fetch("/metadata/timestamp.json")).json();
  for (let times = 0; times < 3; times++) {
    // Our own 500, not the runtime's "your Worker's code had hung".
    await crashed(await market.fetch("/crash/object"));
    const after = await market.fetch("/metadata/timestamp.json");
    assert.equal(after.status, 200);
    assert.ok((await after.json()).signed.version >= before.signed.version, "the object forgot its state");
    await works();
  }
});

test("a picture that exhausts the engine ends alone: nothing beside it is lost", async () => {
  for (let times = 0; times < 3; times++) {
    const { answer } = await slow();
    const ended = await market.fetch("/crash/picture");
    assert.equal(await ended.text(), "Failed: The picture could not be made: the engine stopped.");
    await market.fetch("/crash/slow/end");
    assert.equal((await answer).status, 200);
    await works();
  }
});

test("a body on its way when the instance is lost ends, and every byte of it was right", { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "dropgate-crash-"));
  const film = randomBytes(48 << 20);
  await writeFile(path.join(folder, "film.bin"), film);
  // Every chunk is checked: it is the wasm that says which comes next.
  const checking = await Market.open({ build: CRASHABLE, demo: false, vars: { VERIFY: "always" } });
  try {
    await checking.cli("publish", folder, "--creator", "carol", "--drop", "films", "--create");
    const response = await new Promise((resolve, reject) => http.get(new URL("/get/carol/films/film.bin", checking.url), resolve).on("error", reject));
    assert.equal(response.headers["server-timing"].split(",")[0], 'verify;desc="checked"');
    const got = [];
    for await (const chunk of response.iterator({ destroyOnReturn: false })) {
      got.push(chunk);
      break;
    }
    await crashed(await checking.fetch("/crash"));
    await assert.rejects(async () => {
      for await (const chunk of response) got.push(chunk);
    }, "it ended as if it were whole");
    const bytes = Buffer.concat(got);
    assert.ok(bytes.length < film.length && bytes.equals(film.subarray(0, bytes.length)));
    const again = await checking.fetch("/get/carol/films/film.bin", { headers: { range: `bytes=${bytes.length}-` } });
    assert.ok(Buffer.concat([bytes, Buffer.from(await again.arrayBuffer())]).equals(film), "and goes on where it ended");
  } finally {
    await checking.close();
    await rm(folder, { recursive: true });
  }
});

test("what was published before a crash can be published again after it", async () => {
  await crashed(await market.fetch("/crash"));
  const { err } = await market.cli("publish", path.join(ROOT, "fixtures/demo/bruno/entropy"), "--creator", "bruno", "--drop", "entropy");
  assert.match(err, /nothing to do/);
});

test("the real stores keep the ports' contract", async () => {
  const response = await market.fetch("/contract");
  assert.equal(response.status, 200, await response.text());
});
