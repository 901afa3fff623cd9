// The picture engine alone, in wasm, held to the references: what it decodes to their programs, what it scales to a
// full decode resized by Lanczos.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { makeProgressive, photo, PHOTOS } from "../fixtures/photos/compose.mjs";
import { buildModules, Engine, Judge, load, QUICK } from "./bench/support/engine.mjs";
import { lanczos } from "./support/lanczos.mjs";
import { must } from "./support/market.mjs";

const FIXTURES = fileURLToPath(new URL("../fixtures/images/", import.meta.url));

let engine;
let folder;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-engine-"));
  await buildModules(QUICK);
  engine = await load("engine", QUICK);
});

after(() => rm(folder, { recursive: true, force: true }));

const made = (file, width) => new Engine(engine).transform(file, width, { png: true });

describe("a scaled derivative is as good as a full decode and Lanczos (SSIMULACRA 2 of 90 or more)", () => {
  let judge;
  before(async () => {
    judge = new Judge(await load("ssimulacra2", QUICK));
    await makeProgressive(sharp, folder);
  });

  /** The lowest score of three sizes. */
  async function worst(file) {
    const { data, info } = await sharp(file).autoOrient().removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const scores = [];
    for (const width of [400, 800, 1600]) {
      const ours = await sharp(made(file, width)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      assert.equal(ours.info.width, width);
      assert.ok(Math.abs(ours.info.height - (info.height * width) / info.width) <= 0.5);
      scores.push(judge.score(lanczos({ data, ...info }, ours.info), ours.data, ours.info));
    }
    return Math.min(...scores);
  }

  for (const name of PHOTOS) {
    it(name, async () => {
      const score = await worst(await readFile(photo(name)));
      assert.ok(score >= 90, `${score}`);
    });
  }

  it("a progressive one", async () => {
    const score = await worst(await readFile(path.join(folder, `${PHOTOS[0]}-progressive.jpg`)));
    assert.ok(score >= 90, `${score}`);
  });
});

/** Netpbm's PAM: RGBA in eight bits. */
function readPam(bytes) {
  const end = bytes.indexOf("ENDHDR\n") + "ENDHDR\n".length;
  const field = (name) => Number(bytes.subarray(0, end).toString().match(new RegExp(`${name} (\\d+)`))[1]);
  const [width, height, depth, maximum] = ["WIDTH", "HEIGHT", "DEPTH", "MAXVAL"].map(field);
  const wide = maximum > 255;
  const sample = (pixel, channel) => {
    const at = end + (pixel * depth + channel) * (wide ? 2 : 1);
    return Math.round(((wide ? bytes.readUInt16BE(at) : bytes[at]) * 255) / maximum);
  };
  const [colour, alpha] = depth > 2 ? [[0, 1, 2], depth - 1] : [[0, 0, 0], depth - 1];
  const opaque = depth % 2 === 1;
  const rgba = Buffer.alloc(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    colour.forEach((channel, at) => (rgba[pixel * 4 + at] = sample(pixel, channel)));
    rgba[pixel * 4 + 3] = opaque ? 255 : sample(pixel, alpha);
  }
  return { width, height, rgba };
}

const REFERENCES = {
  png: async (file) => (await must("pngtopam", ["-alphapam", file])).bytes,
  webp: async (file) => (await must("dwebp", ["-quiet", "-pam", file, "-o", "-"])).bytes,
  gif: async (file) => {
    const pixels = (await must("giftopnm", ["-image=1", "-quiet", file])).bytes;
    return (await must("pamtopam", [], { input: pixels })).bytes;
  },
};

/** Pictures of every kind that sharp writes, besides those of the fixtures. */
async function kinds() {
  const small = sharp(photo("dandelion")).resize(97, 61);
  const base = await small.png().toBuffer();
  const clear = await sharp(base).ensureAlpha(0.4).png().toBuffer();
  const files = {
    "colour.png": base,
    "grey.png": await sharp(base).greyscale().toColourspace("b-w").png().toBuffer(),
    "alpha.png": clear,
    "grey-alpha.png": await sharp(clear).greyscale().toColourspace("b-w").png().toBuffer(),
    "palette.png": await sharp(base).png({ palette: true, colours: 13 }).toBuffer(),
    "two-colours.png": await sharp(base).png({ palette: true, colours: 2 }).toBuffer(),
    "interlaced.png": await sharp(clear).png({ progressive: true }).toBuffer(),
    "sixteen-bit.png": await sharp(base).toColourspace("rgb16").png().toBuffer(),
    "lossy.webp": await sharp(base).webp({ quality: 70 }).toBuffer(),
    "lossy-alpha.webp": await sharp(clear).webp({ quality: 70 }).toBuffer(),
    "lossless.webp": await sharp(base).webp({ lossless: true }).toBuffer(),
    "lossless-alpha.webp": await sharp(clear).webp({ lossless: true, exact: true }).toBuffer(),
    "colour.gif": await sharp(base).gif().toBuffer(),
  };
  for (const name of ["interlaced.png", "palette.png", "sixteen-bit.png", "alpha.png", "lossy.webp"]) {
    files[`fixture-${name}`] = await readFile(path.join(FIXTURES, name));
  }
  return files;
}

describe("PNG, WebP and GIF are decoded as their reference programs decode them", async () => {
  for (const [name, file] of Object.entries(await kinds())) {
    it(name, async () => {
      const where = path.join(folder, name);
      await writeFile(where, file);
      const reference = readPam(await REFERENCES[name.split(".").pop()](where));
      const { data, info } = await sharp(made(file, reference.width)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      assert.deepEqual([info.width, info.height], [reference.width, reference.height]);
      // Sixteen bits may be rounded to eight in two ways; all else is exact where a pixel can be seen.
      const tolerance = name.includes("sixteen") ? 1 : 0;
      for (let at = 0; at < data.length; at++) {
        const visible = at % 4 === 3 || reference.rgba[at | 3] > 0;
        if (visible && Math.abs(data[at] - reference.rgba[at]) > tolerance) {
          assert.fail(`pixel ${at >> 2}, channel ${at % 4}: ${data[at]} instead of ${reference.rgba[at]}`);
        }
      }
    });
  }
});
