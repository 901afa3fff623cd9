// Bytes on their way out never enter wasm memory: it is as large after hundreds of megabytes as before them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { noise } from "./support/chance.mjs";
import { Market } from "./support/market.mjs";

const LENGTH = 60_000_000;
const CLIENTS = 4;
let market, folder;

before(async () => {
  market = await Market.open({ demo: false, build: path.join(ROOT, "wasm-tests/out/crash-test") });
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-memory-"));
  const drop = path.join(folder, "films");
  await mkdir(drop);
  for (const name of ["bound.bin", "checked.bin"]) await writeFile(path.join(drop, name), noise(name.length, LENGTH));
  await market.cli("publish", drop, "--creator", "alice", "--drop", "films", "--create");
  // As a multipart upload leaves it: without a checksum of the store's own.
  const bucket = await market.bucket();
  const { objects } = await bucket.list({ prefix: "targets/alice/films/" });
  await bucket.put(objects.find(({ key }) => key.endsWith(".checked.bin")).key, new Uint8Array(noise("checked.bin".length, LENGTH)));
});
after(async () => {
  await market?.close();
  if (folder) await rm(folder, { recursive: true });
});

const memory = async () => Number(await (await market.fetch("/crash/memory")).text());

/** Reads an answer and counts; `wanted` is what it must come to. */
async function drain(where, mode, wanted, headers = {}) {
  const response = await market.fetch(where, { headers });
  assert.match(response.headers.get("server-timing"), new RegExp(mode));
  let got = 0;
  for await (const data of response.body) got += data.length;
  assert.equal(got, wanted);
}

test("wasm memory is flat, however much goes out and to however many at once", async () => {
  const zip = "/get/alice/films.zip";
  const whole = Number((await market.fetch(zip, { method: "HEAD" })).headers.get("content-length"));
  const ways = [["/get/alice/films/bound.bin", "bound", LENGTH], ["/get/alice/films/checked.bin", "checked", LENGTH], [zip, "bound", whole]];
  const first = ways.map(([where, mode]) => Array.from({ length: CLIENTS }, () => drain(where, mode, 1000, { range: "bytes=0-999" })));
  await Promise.all(first.flat());
  const before = await memory();
  for (const [where, mode, wanted] of ways) {
    await Promise.all(Array.from({ length: CLIENTS }, () => drain(where, mode, wanted)));
    assert.equal(await memory(), before, `after ${where}`);
  }
});
