// How much of an isolate's 128 MB the wasm of one request takes at most, the codec modules in use, their refinement
// after the answer included. A memory counts until V8 has collected it. Somebody looks whenever a memory is made and as
// often as requests get through in between: after every step of the work.
import { cp, mkdtemp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { photo } from "../../fixtures/photos/compose.mjs";
import { ROOT } from "../../xtask/serve.mjs";
import { build } from "../../xtask/setup.mjs";
import { Market, must, settled } from "../support/market.mjs";
import { sharp } from "./support/engine.mjs";
import { row } from "./support/measure.mjs";

const MB = 1e6;
const ISOLATE = 128 * 1024 * 1024;

const WATCH = `
let memories = [];
let most = 0;
let then = [];
const { Instance, Memory } = WebAssembly;
const note = (memory) => {
  if (!memories.some((known) => known.deref() === memory)) memories.push(new WeakRef(memory));
  look();
};
WebAssembly.Memory = class extends Memory {
  constructor(limits) {
    super(limits);
    note(this);
  }
};
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    for (const value of Object.values(this.exports)) if (value instanceof Memory) note(value);
  }
};
/** The most that was there at one time whenever somebody looked, and each memory then: the core's first. */
export function look() {
  memories = memories.filter((memory) => memory.deref() !== undefined);
  const sizes = memories.map((memory) => memory.deref().buffer.byteLength);
  const sum = sizes.reduce((sum, size) => sum + size, 0);
  if (sum > most) [most, then] = [sum, sizes];
  return { most, then };
}`;

const WORKER = `import { look } from "./watch.mjs";
import real from "./real.mjs";
export * from "./real.mjs";
export default { ...real, fetch(request, env, ctx) {
  return new URL(request.url).pathname === "/memory" ? Response.json(look()) : real.fetch(request, env, ctx);
} };`;

export async function open() {
  await build();
  const folder = await mkdtemp(path.join(tmpdir(), "dropgate-bench-"));
  const watched = path.join(folder, "build");
  await cp(path.join(ROOT, "build"), watched, { recursive: true });
  await rename(path.join(watched, "worker.mjs"), path.join(watched, "real.mjs"));
  await writeFile(path.join(watched, "worker.mjs"), WORKER);
  await writeFile(path.join(watched, "watch.mjs"), WATCH);
  const drop = path.join(folder, "pictures");
  await mkdir(drop);
  const native = await sharp();
  const source = native(photo("dandelion")).autoOrient();
  const at = (name) => path.join(drop, name);
  await source.clone().toFile(at("photo.jpg"));
  await source.clone().jpeg({ progressive: true }).toFile(at("progressive.jpg"));
  await source.clone().png({ compressionLevel: 1 }).toFile(path.join(folder, "full.png"));
  await must("avifenc", ["--speed", "10", "--yuv", "420", path.join(folder, "full.png"), at("photo.avif")]);
  await must("cjxl", ["--quiet", "--effort", "3", path.join(folder, "full.png"), at("photo.jxl")]);
  await source.clone().resize(4300).webp({ effort: 0 }).toFile(at("photo.webp"));
  const market = await Market.open({ demo: false, build: watched });
  await market.cli("publish", drop, "--creator", "alice", "--drop", "pictures", "--create");
  return { market, folder };
}

export async function close({ market, folder }) {
  await market.close();
  await rm(folder, { recursive: true });
}

export const rows = {};
for (const source of ["photo.jpg", "progressive.jpg", "photo.webp", "photo.avif", "photo.jxl"]) {
  for (const [format, width] of [["webp", 1600], ["avif", 1280], ["jxl", 640]]) {
    const name = `isolate-${source.replace(".", "-")}-to-${format}-${width}`;
    rows[name] = (shared) => measured(name, shared, source, `width=${width},format=${format}`);
  }
}

async function measured(name, { market }, source, options) {
  await market.restart();
  let memory, done = false;
  const watching = (async () => {
    while (!done) memory = await (await market.fetch("/memory")).json();
  })();
  const answers = await untilRefined(market, `/img/${options}/alice/pictures/${source}`).finally(async () => {
    done = true;
    await watching;
  });
  return row({
    name, peer: "an isolate", unit: "MB", ours: [memory.most / MB], theirs: [ISOLATE / MB],
    note: `${memory.then.map((size) => (size / MB).toFixed(0)).join(" + ")} MB; first ${answers[0]}, refined ${answers[1]}`,
  });
}

/** The types of the first answer and of the refined one. */
async function untilRefined(market, picture) {
  const ask = async () => {
    const answer = await market.fetch(picture);
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`${picture} answered ${answer.status}`);
    return answer.headers;
  };
  const first = await ask();
  const last = await settled(async () => {
    const answer = await ask();
    if (!/refined/.test(answer.get("cache-status"))) throw new Error(`${picture} was not refined`);
    return answer;
  }, { tries: 600 });
  return [first, last].map((headers) => headers.get("content-type"));
}
