// The engine alone: 12-megapixel photographs and a 4K screenshot become derivatives, against native sharp with one
// thread and against what else runs in wasm. Every peer gets the same files, target widths and nominal quality.
import { mkdir, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeProgressive, photo, PHOTOS } from "../../fixtures/photos/compose.mjs";
import { buildModules, Engine, ImageCrate, jsquash, load, photon, QUALITY, sharp } from "./support/engine.mjs";
import { interleave, median, timed } from "./support/measure.mjs";
import { version } from "./support/peers.mjs";

const MADE = fileURLToPath(new URL("../out/bench", import.meta.url));
const SCREENSHOT = fileURLToPath(new URL("../../fixtures/photos/screenshot-4k.png", import.meta.url));

export async function open() {
  await buildModules();
  await mkdir(MADE, { recursive: true });
  const native = await sharp();
  const progressive = PHOTOS.map((name) => path.join(MADE, `${name}-progressive.jpg`));
  if (!progressive.every(existsSync)) await makeProgressive(native, MADE);
  const read = (paths) => Promise.all(paths.map((file) => readFile(file)));
  const engine = new Engine(await load("engine"));
  const image = new ImageCrate(await load("image"));
  return {
    baseline: await read(PHOTOS.map(photo)),
    progressive: await read(progressive),
    screenshot: [await readFile(SCREENSHOT)],
    ours: (file, width, options) => engine.transform(file, width, options),
    sharp: {
      name: `sharp ${await version("sharp")}, one thread`,
      run: (file, width, { png } = {}) => {
        const small = native(file).autoOrient().resize(width);
        return (png ? small.png() : small.jpeg({ quality: QUALITY })).toBuffer();
      },
    },
    photon: { name: `@cf-wasm/photon ${await version("@cf-wasm/photon")}`, run: await photon() },
    jsquash: { name: `jSquash ${await version("@jsquash/jpeg")}`, run: await jsquash() },
    image: { name: "the image crate in wasm", run: (file, width) => image.transform(file, width) },
  };
}

export const rows = {};
for (const width of [400, 800, 1600]) {
  add(`jpeg-12mp-${width}`, "baseline", "sharp", width);
  add(`jpeg-12mp-progressive-${width}`, "progressive", "sharp", width);
}
add("png-4k-800", "screenshot", "sharp", 800, { png: true });
for (const peer of ["photon", "jsquash", "image"]) {
  for (const width of [400, 800]) add(`jpeg-12mp-${width}-${peer}`, "baseline", peer, width);
}

function add(name, files, peer, width, options) {
  rows[name] = (shared) => against(name, shared[files], shared.ours, shared[peer], width, options);
}

/** Interleaved file by file; the row's ratio is the median of the files' ratios. */
async function against(name, files, ours, peer, width, options) {
  const pairs = [];
  for (const file of files) {
    const [a, b] = await interleave([
      () => timed(() => ours(file, width, options)),
      () => timed(() => peer.run(file, width, options)),
    ]);
    pairs.push([median(a), median(b)]);
  }
  const ratios = pairs.map(([a, b]) => a / b);
  const [best, worst] = [Math.min(...ratios), Math.max(...ratios)];
  return {
    name,
    peer: peer.name,
    ratio: median(ratios),
    ours: median(pairs.map(([a]) => a)),
    theirs: median(pairs.map(([, b]) => b)),
    unit: "ms",
    note: files.length > 1 ? `${files.length} photographs from ${best.toFixed(2)} to ${worst.toFixed(2)}` : undefined,
  };
}
