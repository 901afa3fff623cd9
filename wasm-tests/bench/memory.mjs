// Peak wasm memory of one derivative, 800 pixels wide, the source fed in chunks: our engine against the `image` crate,
// which needs the file and the whole picture. Each figure is of a fresh instance, whose memory never shrinks.
import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeLarge, makeProgressive, photo } from "../../fixtures/photos/compose.mjs";
import { buildModules, Engine, ImageCrate, load, sharp } from "./support/engine.mjs";
import { row } from "./support/measure.mjs";

const MADE = fileURLToPath(new URL("../out/bench", import.meta.url));
const MB = 1e6;
const PEER = "the image crate in wasm";

/** Below this for every source that is accepted; what is refused says why. */
const BOUND = 64 * 1024 * 1024;

export async function open() {
  await buildModules();
  const native = await sharp();
  await once("dandelion-progressive.jpg", () => makeProgressive(native, MADE));
  await once("100mp.png", () => makeLarge(native, MADE, { png: true }));
  await once("12mp.png", () => native(photo("dandelion")).png({ compressionLevel: 4 }).toFile(made("12mp.png")));
  const webp = (name, options) => once(name, () => native(photo("dandelion")).resize(4300).webp({ effort: 0, ...options }).toFile(made(name)));
  await webp("10mp.webp", { quality: 90 });
  await webp("10mp-lossless.webp", { lossless: true });
  return { engine: await load("engine"), image: await load("image") };
}

const made = (name) => path.join(MADE, name);
const once = async (name, make) => existsSync(made(name)) || make();

export const rows = {};
for (const size of [12, 24, 48, 100]) {
  const twelve = size === 12;
  add(`jpeg-${size}mp-memory`, twelve ? photo("dandelion") : made(`${size}mp.jpg`));
  add(`jpeg-${size}mp-progressive-memory`, made(twelve ? "dandelion-progressive.jpg" : `${size}mp-progressive.jpg`));
  add(`png-${size}mp-memory`, made(`${size}mp.png`));
}

// At its limit, and beyond it.
add("webp-10mp-memory", made("10mp.webp"));
add("webp-10mp-lossless-memory", made("10mp-lossless.webp"));

function add(name, file) {
  rows[name] = memory(name, file);
}

function memory(name, path) {
  return async ({ engine, image }) => {
    const file = await readFile(path);
    const [ours, theirs] = [new Engine(engine), new ImageCrate(image)];
    const note = refusal(() => ours.transform(file, 800));
    if (ours.memory > BOUND) throw new Error(`${name}: ${ours.memory} bytes are more than ${BOUND}`);
    const peerNote = refusal(() => theirs.transform(file, 800));
    return row({
      name,
      peer: PEER,
      unit: "MB",
      ours: [ours.memory / MB],
      theirs: [theirs.memory / MB],
      note: [note && `refused: ${note}`, peerNote && `the peer fails: ${peerNote}`].filter(Boolean).join("; "),
    });
  };
}

/** Why there is no derivative, if there is none. */
function refusal(work) {
  try {
    work();
    return undefined;
  } catch (error) {
    return error.message;
  }
}
