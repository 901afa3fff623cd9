// Large files from R2 through dropgate, against a bare JavaScript worker that passes the R2 body on and checks
// nothing. Both run on workerd of their own with a copy of the same bucket, and take turns.
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
  await cp(path.join(market.data, "v3/r2"), path.join(folder, "r2"), { recursive: true });
  await rm(drop, { recursive: true });

  const { data, home } = market;
  const ours = await Process.of(() => serve({ data, home, port: 0, quiet: true }), (server) => server.stop());
  const bare = await Process.of(async () => {
    const mf = new Miniflare({
      modules: true, script: BARE, r2Buckets: { STORE: "dropgate" }, r2Persist: path.join(folder, "r2"),
      compatibilityDate: "2026-04-26", port: 0, cf: false,
    });
    return { mf, url: (await mf.ready).origin };
  }, ({ mf }) => mf.dispose());
  const ourUrl = (name) => `${ours.server.url}/get/alice/films/${name}.bin`;
  const bareUrl = (name) => `${bare.server.url}/${keys[name]}`;
  return { market, folder, ours: { process: ours, url: ourUrl }, bare: { process: bare, url: bareUrl } };
}

export async function close({ market, folder, ours, bare }) {
  await Promise.all([ours.process.stop(), bare.process.stop()]);
  await rm(market.data, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
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
for (const name of Object.keys(SIZES)) {
  rows[`download-${name}`] = (shared) => measured(shared, `download-${name}`, name, [{}]);
  rows[`download-${name}-32`] = (shared) => measured(shared, `download-${name}-32`, name, parts(SIZES[name]), `${CLIENTS} clients, a part of the file each`);
}
rows["download-slow-32"] = (shared) =>
  measured(shared, "download-slow-32", "100mb", parts(SIZES["100mb"]).map((options) => ({ ...options, rate: SLOW })), `${CLIENTS} clients of ${SLOW / MB} MB/s, a part of the file each`);

/** As a download manager asks: every client another part. */
function parts(length) {
  const step = Math.ceil(length / CLIENTS);
  return Array.from({ length: CLIENTS }, (_, at) => ({ first: at * step, last: Math.min(length, (at + 1) * step) - 1 }));
}

/** The rows of one comparison: wall, first byte, processor time, and how much memory the server took at most. */
async function measured({ ours, bare }, name, file, clients, note) {
  const run = (side) => async () => {
    const { process, url } = side;
    const before = await process.processorTime();
    const peak = process.watchMemory();
    const got = await downloads(clients.map((options) => () => download(url(file), options)));
    return { ...got, processor: (await process.processorTime()) - before, memory: await peak() };
  };
  const [a, b] = await interleave([run(ours), run(bare)], SIZES[file] > 500 * MB ? 5 : 7);
  const facts = { wall: ["", "ms"], first: ["-first-byte", "ms"], processor: ["-cpu", "ms of processor time"], memory: ["-memory", "MB resident, the most"] };
  return Object.entries(facts).map(([fact, [ending, unit]]) =>
    row({ name: name + ending, peer: PEER, unit, ours: a.map((got) => got[fact]), theirs: b.map((got) => got[fact]), note }));
}
