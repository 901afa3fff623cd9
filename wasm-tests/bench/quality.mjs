// Bytes at equal quality: the same lossless picture, our refined form of each format against that format's reference
// (sharp's own encoders; for JPEG XL, which sharp as published cannot write, libjxl's `cjxl`), each judged by
// SSIMULACRA 2 against that picture. Ours is taken at the quality where its score equals theirs, between two encodings.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { photo, PHOTOS } from "../../fixtures/photos/compose.mjs";
import { build } from "../../xtask/setup.mjs";
import { must } from "../support/market.mjs";
import { Codecs } from "./support/codecs.mjs";
import { buildModules, Engine, Judge, load, QUALITY, sharp } from "./support/engine.mjs";
import { median } from "./support/measure.mjs";
import { version } from "./support/peers.mjs";

/** What the worker does when nobody waits. */
const REFINED = 1;

export async function open() {
  await build();
  await buildModules();
  const native = await sharp();
  const folder = await mkdtemp(path.join(tmpdir(), "dropgate-bench-"));
  return {
    native, folder,
    engine: new Engine(await load("engine")),
    judge: new Judge(await load("ssimulacra2")),
    codecs: await Codecs.open(),
    sharp: `sharp ${await version("sharp")}`,
  };
}

export async function close({ codecs, folder }) {
  await codecs.close();
  await rm(folder, { recursive: true });
}

/** By format: the peer, its file, and ours at a quality. A picture is a PNG and its RGBA. */
const FORMATS = {
  jpeg: {
    peer: ({ sharp }) => `${sharp} with mozjpeg`,
    theirs: ({ native }, { png }) => native(png).jpeg({ quality: QUALITY, mozjpeg: true }).toBuffer(),
    ours: ({ engine }, { png, info }, quality) => engine.transform(png, info.width, { quality, refined: true }),
  },
  webp: {
    peer: ({ sharp }) => sharp,
    theirs: ({ native }, { png }) => native(png).webp({ quality: QUALITY }).toBuffer(),
    ours: ({ codecs }, { rgba, info }, quality) => codecs.encode("webp", rgba, info, quality, REFINED),
  },
  avif: {
    peer: ({ sharp }) => sharp,
    theirs: ({ native }, { png }) => native(png).avif({ quality: 60 }).toBuffer(),
    ours: ({ codecs }, { rgba, info }, quality) => codecs.encode("avif", rgba, info, quality, REFINED),
  },
  jxl: {
    // There is no room in an isolate for more pixels.
    height: 650,
    peer: () => "cjxl",
    theirs: (shared, { png }) => cjxl(shared, png),
    ours: ({ codecs }, { rgba, info }, quality) => codecs.encode("jxl", rgba, info, quality, REFINED),
  },
};

export const rows = {};
for (const format of Object.keys(FORMATS)) {
  for (const width of format === "jpeg" ? [800, 1600] : [800]) {
    const name = `${format}-bytes-${width}`;
    rows[name] = (shared) => compare(name, FORMATS[format], width, shared);
  }
}

async function compare(name, { height, peer, theirs, ours }, width, shared) {
  const { native, judge } = shared;
  const pairs = [];
  for (const photograph of PHOTOS) {
    const png = await native(photo(photograph)).autoOrient().toColourspace("srgb").resize({ width, height, fit: "inside" }).removeAlpha().png().toBuffer();
    const { data, info } = await native(png).raw().toBuffer({ resolveWithObject: true });
    const picture = { png, info, rgba: await native(png).ensureAlpha().raw().toBuffer() };
    const measure = async (file) => ({ bytes: file.length, score: judge.score(data, await pixels(shared, file), info) });
    const reference = await measure(await theirs(shared, picture));
    const bytes = await at(reference.score, async (quality) => measure(await ours(shared, picture, quality)));
    pairs.push([bytes, reference.bytes]);
  }
  const ratios = pairs.map(([ours, theirs]) => ours / theirs);
  return {
    name,
    peer: peer(shared),
    ratio: median(ratios),
    ours: median(pairs.map(([ours]) => ours)),
    theirs: median(pairs.map(([, theirs]) => theirs)),
    unit: "bytes",
    note: `${PHOTOS.length} photographs from ${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`,
  };
}

/** Raw RGB of a file in any of the formats. */
async function pixels({ native, folder }, file) {
  const isJxl = file.readUInt16BE(0) === 0xff0a || file.subarray(4, 8).toString() === "JXL ";
  if (!isJxl) return native(file).removeAlpha().raw().toBuffer();
  const [from, to] = ["in.jxl", "out.png"].map((name) => path.join(folder, name));
  await writeFile(from, file);
  await must("djxl", [from, to]);
  return native(await readFile(to)).removeAlpha().raw().toBuffer();
}

async function cjxl({ folder }, png) {
  const [from, to] = ["in.png", "out.jxl"].map((name) => path.join(folder, name));
  await writeFile(from, png);
  await must("cjxl", ["--quiet", "-q", String(QUALITY), from, to]);
  return readFile(to);
}

/** Bytes at a score, on the line between the two qualities whose scores are on either side of it. */
async function at(score, measure) {
  let quality = QUALITY;
  let here = await measure(quality);
  const step = here.score < score ? 1 : -1;
  for (;;) {
    const next = await measure((quality += step));
    if ((next.score - score) * step >= 0) {
      const part = (score - here.score) / (next.score - here.score);
      return here.bytes + part * (next.bytes - here.bytes);
    }
    if (quality <= 1 || quality >= 99) throw new Error(`no quality has the score ${score}`);
    here = next;
  }
}
