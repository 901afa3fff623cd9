// Bytes at equal quality: the same lossless picture, our refined JPEG against sharp's `mozjpeg: true`, each judged by
// SSIMULACRA 2 against that picture. Ours is taken at the quality where its score equals sharp's, between two encodings.
import { photo, PHOTOS } from "../../fixtures/photos/compose.mjs";
import { buildModules, Engine, Judge, load, QUALITY, sharp } from "./support/engine.mjs";
import { median } from "./support/measure.mjs";
import { version } from "./support/peers.mjs";

export async function open() {
  await buildModules();
  return {
    native: await sharp(),
    engine: new Engine(await load("engine")),
    judge: new Judge(await load("ssimulacra2")),
    peer: `sharp ${await version("sharp")} with mozjpeg`,
  };
}

export const rows = {};
for (const width of [800, 1600]) {
  const name = `jpeg-bytes-${width}`;
  rows[name] = (shared) => compare(name, width, shared);
}

async function compare(name, width, { native, engine, judge, peer }) {
  const pairs = [];
  for (const photograph of PHOTOS) {
    const png = await native(photo(photograph)).autoOrient().toColourspace("srgb").resize(width).removeAlpha().png().toBuffer();
    const { data, info } = await native(png).raw().toBuffer({ resolveWithObject: true });
    const measure = async (jpeg) => ({
      bytes: jpeg.length,
      score: judge.score(data, await native(jpeg).raw().toBuffer(), info),
    });
    const theirs = await measure(await native(png).jpeg({ quality: QUALITY, mozjpeg: true }).toBuffer());
    const ours = await at(theirs.score, (quality) => measure(engine.transform(png, width, { quality, refined: true })));
    pairs.push([ours, theirs.bytes]);
  }
  const ratios = pairs.map(([ours, theirs]) => ours / theirs);
  return {
    name,
    peer,
    ratio: median(ratios),
    ours: median(pairs.map(([ours]) => ours)),
    theirs: median(pairs.map(([, theirs]) => theirs)),
    unit: "bytes",
    note: `${PHOTOS.length} photographs from ${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`,
  };
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
