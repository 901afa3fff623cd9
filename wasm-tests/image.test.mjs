// Derivatives of a real 12-megapixel photograph, on the built worker.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { Market, must, settled } from "./support/market.mjs";
import { decodeJpeg, grid, quarterTurn } from "./support/picture.mjs";

const COVER = "/alice/drop-7/cover.jpg";
let market;

before(async () => { market = await Market.open(); });
after(() => market?.close());

const image = (options, headers = {}) => market.fetch(`/img/${options}${COVER}`, { headers });
const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());

test("a derivative has the right size, the right way up, and the right picture", async () => {
  const response = await image("width=640,format=auto", { accept: "image/webp,*/*;q=0.8" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  assert.equal(response.headers.get("vary"), "Accept");
  const bytes = await bytesOf(response);
  assert.equal(Number(response.headers.get("content-length")), bytes.length);
  const made = await decodeJpeg(bytes);
  assert.deepEqual([made.width, made.height], [640, 427]);

  const source = await readFile(path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg"));
  const upright = quarterTurn(await decodeJpeg(source, { scale: "1/8" }));
  const [expected, found] = [grid(upright, 12, 8), grid(made, 12, 8)];
  for (const [cell, colour] of expected.entries()) {
    for (let c = 0; c < 3; c++) {
      assert.ok(Math.abs(colour[c] - found[cell][c]) < 6, `cell ${cell}: ${colour} became ${found[cell]}`);
    }
  }
});

test("it is made once: then it comes from a cache, also after a restart", async () => {
  const first = await image("width=480");
  assert.match(first.headers.get("cache-status"), /dropgate-r2; fwd=miss/);
  await first.arrayBuffer();
  // After the answer it is made once more, smaller.
  const refined = await settled(async () => {
    const again = await image("width=480");
    assert.match(again.headers.get("cache-status"), /; hit; detail=refined/);
    return again;
  });
  const tag = refined.headers.get("etag");
  const bytes = await bytesOf(refined);
  const again = await image("width=480");
  assert.equal(again.headers.get("etag"), tag);
  assert.deepEqual(await bytesOf(again), bytes);
  await market.restart();
  const later = await image("width=480");
  assert.match(later.headers.get("cache-status"), /; hit/);
  assert.equal(later.headers.get("etag"), tag);
});

test("many pictures at once are made one after another, and all come", async () => {
  const widths = Array.from({ length: 10 }, (_, at) => 160 + 32 * at);
  const answers = await Promise.all(widths.map((width) => image(`width=${width}`)));
  for (const answer of answers) {
    assert.equal(answer.status, 200);
    await decodeJpeg(await bytesOf(answer));
  }
});

test("a large derivative is kept in R2, a small one in KV", async () => {
  await image("width=2560,quality=85");
  await image("width=320");
  await settled(async () => {
    const { objects } = await market.bucket().then((bucket) => bucket.list({ prefix: "derived/" }));
    const { keys } = await market.hot().then((kv) => kv.list({ prefix: "derived/" }));
    assert.ok(objects.length >= 1, "nothing in R2");
    assert.ok(objects.every((object) => object.size > 256 * 1024));
    assert.ok(keys.length >= 1, "nothing in KV");
  });
});

test("conditionals, ranges and HEAD work on derivatives", async () => {
  const whole = await image("width=320");
  const bytes = await bytesOf(whole);
  const tag = whole.headers.get("etag");
  const unchanged = await image("width=320", { "if-none-match": tag });
  assert.equal(unchanged.status, 304);
  assert.equal(await unchanged.text(), "");
  const part = await image("width=320", { range: "bytes=10-19" });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get("content-range"), `bytes 10-19/${bytes.length}`);
  assert.deepEqual(await bytesOf(part), bytes.subarray(10, 20));
  const head = await market.fetch(`/img/width=320${COVER}`, { method: "HEAD" });
  assert.equal(Number(head.headers.get("content-length")), bytes.length);
});

test("the licence travels as a link and in the file", async () => {
  const response = await image("width=320");
  assert.equal(response.headers.get("link"), '<https://spdx.org/licenses/CC-BY-4.0.html>; rel="license"');
  const { out } = await must("exiftool", ["-json", "-"], { input: await bytesOf(response) });
  const [facts] = JSON.parse(out);
  assert.match(facts.Copyright, /CC BY/);
  assert.ok(facts.Artist, "the creator is not named");
  assert.equal(facts.GPSPosition, undefined);
});

test("a preset is a recipe by another name", async () => {
  const response = await image("card@1");
  assert.equal(response.status, 200);
  const made = await decodeJpeg(await bytesOf(response));
  assert.deepEqual([made.width, made.height], [480, 360]);
});

test("a tampered derivative is made again, from KV as from R2", async () => {
  for (const options of ["width=960", "width=2560,quality=85"]) {
    const made = await image(options);
    assert.equal(made.status, 200);
    const good = await bytesOf(made);
    await settled(async () => assert.match((await image(options)).headers.get("cache-status"), /hit; detail=refined/));
    await tamper(good.length > 256 * 1024);
    // Without the data centre's cache the tampered tier is asked.
    await market.restart({ forgetCache: true });
    const again = await image(options);
    assert.equal(again.status, 200);
    assert.match(again.headers.get("cache-status"), /dropgate-r2; fwd=miss/, options);
    assert.deepEqual(await bytesOf(again), good);
  }
});

async function tamper(inR2) {
  if (inR2) {
    const bucket = await market.bucket();
    for (const { key } of (await bucket.list({ prefix: "derived/" })).objects) {
      const object = await bucket.get(key);
      await bucket.put(key, await flipped(object), { customMetadata: object.customMetadata });
    }
    return;
  }
  const kv = await market.hot();
  for (const { name, metadata } of (await kv.list({ prefix: "derived/" })).keys) {
    const bytes = new Uint8Array(await kv.get(name, "arrayBuffer"));
    bytes[bytes.length >> 1] ^= 1;
    await kv.put(name, bytes.buffer, { metadata });
  }
}

async function flipped(object) {
  const bytes = new Uint8Array(await object.arrayBuffer());
  bytes[bytes.length >> 1] ^= 1;
  return bytes.buffer;
}
