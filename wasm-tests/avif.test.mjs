// AVIF in: our module's pixels against those that libavif's `avifdec` finds, in all that `avifenc` writes; and large
// pictures in the memory that there is for them.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { ROOT } from "../xtask/serve.mjs";
import { build } from "../xtask/setup.mjs";
import { must } from "./support/market.mjs";

const MIB = 1024 * 1024;
// `mostToRead` of pictures.mjs.
const MOST = 68 * MIB;
const COVER = path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg");
let folder, module, Arena, DECODER, HEAP;

before(async () => {
  await build();
  ({ Arena, DECODER, HEAP } = await import(path.join(ROOT, "build/arena.mjs")));
  module = await WebAssembly.compile(await readFile(path.join(ROOT, "build/codecs/avif_dec.wasm")));
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-avif-"));
  const picture = (width, height) => sharp(COVER).autoOrient().resize(width, height, { fit: "fill" });
  await picture(601, 403).png().toFile(at("odd.png"));
  await picture(512, 384).png().toFile(at("even.png"));
  for (const [name, width, height] of [["odd", 601, 403], ["even", 512, 384]]) {
    const alpha = Buffer.from(Array.from({ length: width * height }, (_, pixel) => ((pixel % width) * 255) / width));
    const raw = { width, height, channels: 1 };
    await picture(width, height).joinChannel(alpha, { raw }).png().toFile(at(`${name}-alpha.png`));
  }
});
after(() => rm(folder, { recursive: true, force: true }));

const at = (name) => path.join(folder, name);

/** What the module makes of a file. */
function decode(file, most = MOST) {
  const arena = new Arena(80 * MIB);
  arena.begin();
  const avif = arena.ours(module, DECODER);
  arena.at(avif.room(file.length), file.length).set(file);
  const outcome = avif.decode(most);
  const [width, height] = [avif.width(), avif.height()];
  const rows = [];
  for (let first = 0; first < height; first += 50) {
    avif.rows(first, 50);
    rows.push(Buffer.from(arena.at(avif.answer(), avif.answer_length())));
  }
  return { outcome, width, height, rgba: Buffer.concat(rows), memory: arena.used - HEAP };
}

async function encoded(source, options) {
  await must("avifenc", ["--speed", "10", ...options, at(source), at("made.avif")]);
  return readFile(at("made.avif"));
}

/** `[source, options, most]`: how far a sample may be off. */
const CASES = [];
for (const yuv of ["444", "422", "420", "400"]) {
  for (const depth of ["8", "10", "12"]) {
    for (const range of ["full", "limited"]) {
      CASES.push(["odd.png", ["--yuv", yuv, "--depth", depth, "--range", range], 1]);
    }
  }
}
for (const cicp of ["1/13/0", "1/13/1", "1/13/4", "1/13/5", "1/13/6", "1/13/7", "1/13/8", "9/14/9", "12/13/6"]) {
  CASES.push(["odd.png", ["--yuv", "444", "--cicp", cicp], 1]);
}
CASES.push(["odd-alpha.png", [], 1]);
CASES.push(["odd-alpha.png", ["--depth", "10"], 1]);
CASES.push(["odd-alpha.png", ["--premultiply"], 1]);
CASES.push(["even.png", ["--grid", "2x2"], 1]);
CASES.push(["even.png", ["--grid", "2x3", "--yuv", "420"], 1]);
CASES.push(["even-alpha.png", ["--grid", "2x2"], 1]);

for (const [source, options, most] of CASES) {
  test(`avifdec finds the same in ${source} ${options.join(" ")}`, async () => {
    const file = await encoded(source, options);
    const made = decode(file);
    assert.equal(made.outcome, 0);
    // In sixteen bits: for eight, avifdec leaves it to libyuv, whose arithmetic is coarse.
    await must("avifdec", ["--depth", "16", "--upsampling", "bilinear", at("made.avif"), at("made.png")]);
    const image = sharp(at("made.png")).toColourspace("rgb16").ensureAlpha().raw({ depth: "ushort" });
    const { data, info } = await image.toBuffer({ resolveWithObject: true });
    const deep = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
    assert.deepEqual([made.width, made.height, made.rgba.length], [info.width, info.height, deep.length]);
    let worst = 0;
    for (const [index, sample] of deep.entries()) {
      // Colours that are hardly seen are of no account.
      if (made.rgba[index | 3] > 64) worst = Math.max(worst, Math.abs(Math.round(sample / 257) - made.rgba[index]));
    }
    assert.ok(worst <= most, `${worst} at most`);
  });
}

test("a picture of 24 megapixels is read in the memory that there is, and one of which there is too much is not begun", async () => {
  await sharp(COVER).autoOrient().resize(6000, 4000, { fit: "fill" }).png({ compressionLevel: 1 }).toFile(at("large.png"));
  const file = await encoded("large.png", ["--yuv", "420"]);
  const made = decode(file);
  assert.deepEqual([made.outcome, made.width, made.height], [0, 6000, 4000]);
  assert.ok(made.memory < 60 * MIB, `${made.memory} bytes`);
  const refused = decode(file, 30 * MIB);
  assert.equal(refused.outcome, 2);
  assert.ok(refused.memory < 2 * MIB, `${refused.memory} bytes`);
});

test("wide light is made visible: colours beyond sRGB have a profile, and perceptual quantisation is tone-mapped", async () => {
  const profile = (file) => {
    const arena = new Arena(80 * MIB);
    arena.begin();
    const avif = arena.ours(module, DECODER);
    arena.at(avif.room(file.length), file.length).set(file);
    assert.equal(avif.decode(MOST), 0);
    return avif.answer_length();
  };
  assert.equal(profile(await encoded("odd.png", ["--cicp", "1/13/6"])), 0);
  assert.ok(profile(await encoded("odd.png", ["--cicp", "12/13/6"])) > 300);
  // 58 % is what a page is white with: bright, and not the end.
  const raw = { width: 64, height: 64, channels: 3 };
  await sharp(Buffer.alloc(64 * 64 * 3, Math.round(0.58 * 255)), { raw }).png().toFile(at("white.png"));
  const [level] = decode(await encoded("white.png", ["--cicp", "9/16/9", "--yuv", "444"])).rgba;
  assert.ok(level > 170 && level < 240, `${level}`);
});

test("a file that is cut off or damaged is no picture, and what it does ends with its instance", async () => {
  const file = await encoded("even-alpha.png", ["--grid", "2x2"]);
  const outcome = (bytes) => {
    try {
      return decode(bytes).outcome;
    } catch (error) {
      // A panic of the decoder.
      assert.ok(error instanceof WebAssembly.RuntimeError, error);
      return 1;
    }
  };
  for (let length = 0; length < file.length; length += 97) assert.notEqual(outcome(file.subarray(0, length)), 0, `${length} bytes`);
  for (let place = 4; place < file.length; place += 61) {
    const damaged = Buffer.from(file);
    damaged[place] ^= 0x5a;
    assert.ok([0, 1, 2].includes(outcome(damaged)), `byte ${place}`);
  }
});
