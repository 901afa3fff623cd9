// AVIF in: our decoder (rav1d, its planes, rows of them) against jSquash's (libavif and libaom, the whole picture), both
// in wasm in fresh instances: the time at 3 megapixels, and the memory at 3, 12 and 24. Theirs has no limit here; in a
// Worker it would end at 128 MB.
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { photo } from "../../fixtures/photos/compose.mjs";
import { ROOT } from "../../xtask/serve.mjs";
import { build } from "../../xtask/setup.mjs";
import { must } from "../support/market.mjs";
import { sharp } from "./support/engine.mjs";
import { compare, row, timed } from "./support/measure.mjs";

const MADE = fileURLToPath(new URL("../out/bench", import.meta.url));
const PEERS = fileURLToPath(new URL("node_modules/@jsquash/avif/codec/dec/", import.meta.url));
const MB = 1e6;
const MIB = 1024 * 1024;
const PEER = "jSquash";
const SIZES = { 3: [2000, 1500], 12: [4000, 3000], 24: [6000, 4000] };

export async function open() {
  await build();
  await mkdir(MADE, { recursive: true });
  const native = await sharp();
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    if (existsSync(made(size))) continue;
    const png = path.join(MADE, `avif-${size}mp.png`);
    await native(photo("dragonfly")).resize(width, height, { fit: "fill" }).png({ compressionLevel: 1 }).toFile(png);
    await must("avifenc", ["--speed", "9", "--yuv", "420", png, made(size)]);
  }
  globalThis.ImageData ??= class ImageData {
    constructor(data, width, height) { Object.assign(this, { data, width, height }); }
  };
  const compiled = async (file) => WebAssembly.compile(await readFile(file));
  return {
    ours: await compiled(path.join(ROOT, "build/codecs/avif_dec.wasm")),
    theirs: await compiled(path.join(PEERS, "avif_dec.wasm")),
    factory: (await import(path.join(PEERS, "avif_dec.js"))).default,
    arena: await import(path.join(ROOT, "build/arena.mjs")),
  };
}

const made = (size) => path.join(MADE, `photo-${size}mp.avif`);

export const rows = {
  "avif-read-3mp": async (shared) => {
    const file = await readFile(made(3));
    return compare({
      name: "avif-read-3mp", peer: PEER, unit: "ms",
      ours: () => timed(() => ours(shared, file)), theirs: () => timed(() => theirs(shared, file)),
    });
  },
};
for (const size of Object.keys(SIZES)) {
  const name = `avif-read-${size}mp-memory`;
  rows[name] = async (shared) => {
    const file = await readFile(made(size));
    return row({ name, peer: PEER, unit: "MB", ours: [ours(shared, file) / MB], theirs: [(await theirs(shared, file)) / MB] });
  };
}

/** All rows of a file; the bytes that took. */
function ours({ ours: module, arena: { Arena, DECODER, HEAP } }, file) {
  const arena = new Arena(80 * MIB);
  arena.begin();
  const decoder = arena.ours(module, DECODER);
  arena.at(decoder.room(file.length), file.length).set(file);
  const outcome = decoder.decode(80 * MIB);
  if (outcome !== 0) throw new Error(`the decoder answered ${outcome}`);
  for (let first = 0; first < decoder.height(); first += 64) decoder.rows(first, 64);
  return arena.used - HEAP;
}

/** The same by jSquash's module. */
async function theirs({ theirs: module, factory }, file) {
  let memory;
  const codec = await factory({
    noInitialRun: true,
    instantiateWasm(imports, ready) {
      const instance = new WebAssembly.Instance(module, imports);
      memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory);
      ready(instance);
      return instance.exports;
    },
  });
  if (!codec.decode(file, 8)) throw new Error("jSquash decoded nothing");
  return memory.buffer.byteLength;
}
