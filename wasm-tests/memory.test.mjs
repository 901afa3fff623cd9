// The promise that nothing else gives: a picture of 100 megapixels becomes a derivative in a few megabytes of wasm
// memory. Measured on the engine alone, in a fresh instance for each source.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import { makeLarge, photo } from "../fixtures/photos/compose.mjs";
import { buildModules, Engine, load, QUICK } from "./bench/support/engine.mjs";

const MIB = 1024 * 1024;

let engine;
let folder;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-memory-"));
  await buildModules(QUICK);
  engine = await load("engine", QUICK);
  await makeLarge(sharp, folder, { sizes: [100], png: true });
});

after(() => rm(folder, { recursive: true, force: true }));

/** The derivative's size and the memory it took. */
async function transform(file) {
  const fresh = new Engine(engine);
  const { width, height } = await sharp(fresh.transform(file, 800)).metadata();
  return { width, height, memory: fresh.memory };
}

describe("100 megapixels", () => {
  for (const [name, bound] of [["100mp.jpg", 32], ["100mp-progressive.jpg", 64], ["100mp.png", 32]]) {
    it(`${name} takes less than ${bound} MiB`, async () => {
      const { width, height, memory } = await transform(await readFile(path.join(folder, name)));
      assert.deepEqual([width, height], [800, 800]);
      assert.ok(memory < bound * MIB, `${memory} bytes`);
    });
  }
});

describe("WebP, which is decoded whole", () => {
  const webp = (width, options) => sharp(photo("dandelion")).resize(width).webp({ effort: 0, ...options }).toBuffer();

  it("takes less than 64 MiB at its limit", async () => {
    const { width, memory } = await transform(await webp(4300, { quality: 90 }));
    assert.equal(width, 800);
    assert.ok(memory < 64 * MIB, `${memory} bytes`);
  });

  it("is refused beyond it, before the memory is taken", async () => {
    const file = await webp(3000, { lossless: true });
    const fresh = new Engine(engine);
    assert.throws(() => fresh.transform(file, 800), /needs \d+ bytes of memory; the limit is \d+/);
    assert.ok(fresh.memory < 64 * MIB, `${fresh.memory} bytes`);
  });
});

describe("animations", () => {
  /** Frames of noise in motion: nothing packs, and all of it is new. */
  async function moving(width, height, count, format) {
    const still = await sharp(photo("dandelion")).resize(width + count, height, { fit: "cover" }).removeAlpha().toBuffer();
    const frames = await Promise.all(Array.from({ length: count }, (_, at) => sharp(still).extract({ left: at, top: 0, width, height }).raw().toBuffer()));
    const raw = { width, height: height * count, channels: 3, pageHeight: height };
    return sharp(Buffer.concat(frames), { raw, animated: true })[format]({ effort: format === "gif" ? 1 : 0 }).toBuffer();
  }

  for (const format of ["gif", "webp"]) {
    it(`${format} with frames of a megapixel takes less than 64 MiB`, async () => {
      const file = await moving(1200, 900, 24, format);
      const fresh = new Engine(engine);
      const { width, pages } = await sharp(fresh.animate(file, 640), { animated: true }).metadata();
      assert.deepEqual([width, pages], [640, 24]);
      assert.ok(fresh.memory < 64 * MIB, `${fresh.memory} bytes`);
      const again = new Engine(engine);
      assert.equal(again.frames(file, 640), 24);
      assert.ok(again.memory < 64 * MIB, `${again.memory} bytes`);
    });
  }
});
