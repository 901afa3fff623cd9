// Large files from R2 through dropgate, against a bare JavaScript worker that passes the R2 body on and checks
// nothing. Each runs on a workerd of its own with a copy of the same bucket, and they take turns. `-checked` is
// dropgate with every chunk hashed on its way; the other rows are of files that R2 vouches for.
import { randomFillSync } from "node:crypto";
import { cp, mkdir, mkdtemp, open as openFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Miniflare } from "miniflare";
import { serve } from "../../xtask/serve.mjs";
import { build } from "../../xtask/setup.mjs";
import { Market } from "../support/market.mjs";
import { download, downloads } from "./support/line.mjs";
import { interleave, row } from "./support/measure.mjs";
import { Process } from "./support/process.mjs";

const MB = 1_000_000;
const SIZES = { "100mb": 100 * MB, "1gb": 1000 * MB };
const CLIENTS = 32;
/** What a phone on a bad line takes, in bytes a second. */
const SLOW = 2 * MB;
const PEER = "a bare JavaScript worker that passes the R2 body on";

const BARE = `export default { async fetch(request, env) {
  const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
  const object = await env.STORE.get(key, { range: request.headers });
  if (object === null) return new Response("not found", { status: 404 });
  const headers = new Headers({ etag: object.httpEtag, "accept-ranges": "bytes", "content-type": "application/octet-stream" });
  const { offset = 0, length = object.size } = object.range ?? {};
  const isPart = request.headers.has("range");
  if (isPart) headers.set("content-range", "bytes " + offset + "-" + (offset + length - 1) + "/" + object.size);
  return new Response(object.body, { status: isPart ? 206 : 200, headers });
} };`;

const VOUCH = `export default { async fetch(request, env) {
  const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
  const { body } = await env.STORE.get(key);
  await env.STORE.put(key, body, { sha256: key.split("/").pop().slice(0, 64) });
  return new Response("ok");
} };`;

export async function open() {
  await build();
  const market = await Market.open({ demo: false });
  const folder = await mkdtemp(path.join(tmpdir(), "dropgate-bench-"));
  const drop = path.join(folder, "films");
  await mkdir(drop);
  for (const [name, length] of Object.entries(SIZES)) await fill(path.join(drop, `${name}.bin`), length);
  await market.cli("publish", drop, "--creator", "alice", "--drop", "films", "--create");
  const keys = await stored(market);
  await market.server.stop();
  await rm(drop, { recursive: true });
  const { data, home } = market;
  await vouch(path.join(data, "v3/r2"), Object.values(keys));
  // Each has files that were written alike: how a file came about shows in how fast it is read.
  const copy = async (from, name) => {
    const to = path.join(folder, name);
    await cp(from, to, { recursive: true });
    return to;
  };
  const r2 = await copy(path.join(data, "v3/r2"), "r2");

  const dropgate = (data, vars) => Process.of(() => serve({ data, home, port: 0, vars, quiet: true, direct: true }), (server) => server.stop());
  const bare = await Process.of(async () => {
    const mf = worker(BARE, r2);
    await mf.ready;
    return { mf, direct: (await mf.unsafeGetDirectURL()).origin };
  }, ({ mf }) => mf.dispose());
  const contestant = (process, where) => ({ process, url: (name) => process.server.direct + where(name) });
  const ours = (name) => `/get/alice/films/${name}.bin`;
  return {
    market, folder,
    bound: contestant(await dropgate(await copy(data, "bound"), {}), ours),
    checked: contestant(await dropgate(await copy(data, "checked"), { VERIFY: "always" }), ours),
    bare: contestant(bare, (name) => `/${keys[name]}`),
  };
}

export async function close({ market, folder, ...contestants }) {
  await Promise.all(Object.values(contestants).map(({ process }) => process.stop()));
  await rm(market.data, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}

/** A JavaScript worker with the bucket that is kept in `r2`. Nothing stands between it and its clients. */
const worker = (script, r2) => new Miniflare({
  modules: true, script, r2Buckets: { STORE: "dropgate" }, r2Persist: r2, compatibilityDate: "2026-04-26",
  host: "127.0.0.1", port: 0, cf: false, unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
});

/** Large files are uploaded in parts, for which R2 knows no SHA-256: puts them once more as one that it checks. */
async function vouch(r2, keys) {
  const mf = worker(VOUCH, r2);
  for (const key of keys) {
    const response = await mf.dispatchFetch(`http://bucket/${key}`);
    if (response.status !== 200) throw new Error(`${key}: ${await response.text()}`);
  }
  await mf.dispose();
}

/** Where the bucket keeps each file. */
async function stored(market) {
  const { objects } = await (await market.bucket()).list({ prefix: "targets/alice/films/" });
  return Object.fromEntries(Object.keys(SIZES).map((name) => [name, objects.find(({ key }) => key.endsWith(`.${name}.bin`)).key]));
}

/** A file that does not compress. */
async function fill(file, length) {
  const out = await openFile(file, "w");
  const block = Buffer.alloc(10 * MB);
  for (let left = length; left > 0; left -= block.length) await out.write(randomFillSync(block), 0, Math.min(left, block.length));
  await out.close();
}

export const rows = {};
for (const [name, length] of Object.entries(SIZES)) {
  const whole = `download-${name}`;
  rows[whole] = (shared) => measured(shared, whole, name, [{}]);
  rows[`${whole}-checked`] = (shared) => measured(shared, `${whole}-checked`, name, [{}], { mode: "checked" });
  rows[`${whole}-32`] = (shared) => measured(shared, `${whole}-32`, name, parts(length), { note: `${CLIENTS} clients, a part of the file each` });
}
rows["download-slow-32"] = (shared) =>
  measured(shared, "download-slow-32", "100mb", parts(SIZES["100mb"]).map((part) => ({ ...part, rate: SLOW })), {
    note: `${CLIENTS} clients that take ${SLOW / MB} MB/s, a part of the file each`,
  });

/** As a download manager asks: every client another part. */
function parts(length) {
  const step = Math.ceil(length / CLIENTS);
  return Array.from({ length: CLIENTS }, (_, at) => ({ first: at * step, last: Math.min(length, (at + 1) * step) - 1 }));
}

/** The rows of one comparison: wall, first byte, processor time, and how much memory the server took at most. */
async function measured(shared, name, file, clients, { mode = "bound", note } = {}) {
  const run = ({ process, url }) => async () => {
    const before = await process.processorTime();
    const peak = process.watchMemory();
    const got = await downloads(clients.map((options) => () => download(url(file), options)));
    return { ...got, processor: (await process.processorTime()) - before, memory: await peak() };
  };
  const [ours, theirs] = await interleave([run(shared[mode]), run(shared.bare)], SIZES[file] > 500 * MB ? 5 : 7);
  const facts = { wall: ["", "ms"], first: ["-first-byte", "ms"], processor: ["-cpu", "ms of processor time"], memory: ["-memory", "MB resident, the most"] };
  return Object.entries(facts).map(([fact, [ending, unit]]) =>
    row({ name: name + ending, peer: PEER, unit, ours: ours.map((got) => got[fact]), theirs: theirs.map((got) => got[fact]), note }));
}
