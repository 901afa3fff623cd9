// What the first shopper waits for: a derivative of a 12-megapixel photograph that nobody has asked for yet, the whole
// request in workerd. The peer is a bare JavaScript worker that reads the same object from R2 and runs the same engine
// on it: what it cannot be without. Then the same asked for by 200 at once, against one.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Miniflare } from "miniflare";
import { photo, PHOTOS } from "../../fixtures/photos/compose.mjs";
import { ROOT } from "../../xtask/serve.mjs";
import { build } from "../../xtask/setup.mjs";
import { mkdtemp, copyFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { Market } from "../support/market.mjs";
import { buildModules } from "./support/engine.mjs";
import { compare } from "./support/measure.mjs";

const WIDTH = 800;
const AT_ONCE = 200;

const BARE = `import module from "./engine.wasm";
export default { async fetch(request, env) {
  const engine = new WebAssembly.Instance(module).exports;
  const bytes = (at, length) => new Uint8Array(engine.memory.buffer, at >>> 0, length);
  engine.begin(Number(new URL(request.url).searchParams.get("width")), 85, false, false);
  const { body } = await env.STORE.get("photo");
  const reader = body.getReader({ mode: "byob" });
  for (;;) {
    const { value, done } = await reader.readAtLeast(262144, new Uint8Array(262144));
    if (value?.length) {
      bytes(engine.room(value.length), value.length).set(value);
      if (engine.push(value.length) < 0) return new Response("refused", { status: 422 });
    }
    if (done || value.length < 262144) break;
  }
  const length = engine.finish();
  return new Response(bytes(engine.output(), length).slice(), { headers: { "content-type": "image/jpeg" } });
} };`;

export async function open() {
  await build();
  await buildModules();
  const market = await Market.open({ demo: false });
  const folder = await mkdtemp(path.join(tmpdir(), "dropgate-bench-"));
  await copyFile(photo(PHOTOS[0]), path.join(folder, "photo.jpg"));
  await market.cli("publish", folder, "--creator", "alice", "--drop", "first", "--create");
  await rm(folder, { recursive: true });
  const bare = new Miniflare({
    modules: [
      { type: "ESModule", path: "worker.mjs", contents: BARE },
      { type: "CompiledWasm", path: "engine.wasm", contents: await readFile(path.join(ROOT, "target/bench/wasm32-unknown-unknown/release/examples/engine.wasm")) },
    ],
    modulesRoot: ".", r2Buckets: ["STORE"], compatibilityDate: "2026-04-26", port: 0, cf: false,
  });
  await (await bare.getR2Bucket("STORE")).put("photo", new Uint8Array(await readFile(photo(PHOTOS[0]))));
  return { market, bare, bareUrl: (await bare.ready).origin, width: WIDTH };
}

export async function close({ market, bare }) {
  await bare.dispose();
  await market.close();
}

export const rows = {
  "derivative-first": (shared) =>
    compare({
      name: "derivative-first", peer: "the same engine in a bare JavaScript worker, with the read from R2", unit: "ms",
      ours: async () => timed(await another(shared)),
      theirs: () => timed(`${shared.bareUrl}/?width=${shared.width}`),
    }),
  "derivative-first-200": (shared) =>
    compare({
      name: "derivative-first-200", peer: "one request alone", unit: "ms",
      ours: async () => together(await another(shared)),
      theirs: async () => timed(await another(shared)),
      note: `${AT_ONCE} at once, one of which makes the picture`,
    }),
};

/** The address of a picture that was never made: a pixel narrower than the last. */
async function another(shared) {
  shared.width -= 1;
  // Nothing is made after the answer that the next measurement would wait for.
  const { out } = await shared.market.cli("sign-url", `${shared.market.url}/img/width=${shared.width},format=jpeg,compression=fast/alice/first/photo.jpg`);
  return out.trim();
}

async function timed(url) {
  const began = performance.now();
  const response = await fetch(url);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return performance.now() - began;
}

/** Milliseconds until the last of them has it. Only one may say that it was made for them. */
async function together(url) {
  const began = performance.now();
  const made = await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    const response = await fetch(url);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return /; stored/.test(response.headers.get("cache-status"));
  }));
  const took = performance.now() - began;
  const makers = made.filter(Boolean).length;
  if (makers !== 1) throw new Error(`${makers} of ${AT_ONCE} requests made the picture`);
  return took;
}
