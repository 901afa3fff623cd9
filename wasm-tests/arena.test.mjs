// The one memory of an isolate's picture work: what was made in it before changes nothing, and with all else that wasm
// takes it stays within an isolate's 128 MB.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { ROOT } from "../xtask/serve.mjs";
import { build } from "../xtask/setup.mjs";
import { noise } from "./support/chance.mjs";
import { Market, must, settled } from "./support/market.mjs";

const MIB = 1024 * 1024;
let market, folder, Arena, ENGINE, DECODER, HEAP;

before(async () => {
  await build();
  ({ Arena, ENGINE, DECODER, HEAP } = await import(path.join(ROOT, "build/arena.mjs")));
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-arena-"));
  const drop = path.join(folder, "pictures");
  await mkdir(drop);
  const at = (name) => path.join(drop, name);
  const cover = path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg");
  await sharp(cover).resize(1500).toFile(at("photo.jpg"));
  await sharp(cover).resize(700).png().toFile(at("photo.png"));
  await must("cjxl", ["--quiet", "--lossless_jpeg=0", "--effort", "3", at("photo.jpg"), at("photo.jxl")]);
  const [width, height] = [1960, 1860];
  const grain = path.join(folder, "grain.png");
  await sharp(noise(7, width * height * 3), { raw: { width, height, channels: 3 } }).png({ compressionLevel: 0 }).toFile(grain);
  await must("cjxl", ["--quiet", "--distance", "0", "--effort", "1", grain, at("grain.jxl")]);
  const text = `<text x="1" y="9">${"all work and no play ".repeat(100)}</text>`;
  await writeFile(at("long.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${text.repeat(Math.floor((4 * MIB - 100) / text.length))}</svg>`);
  market = await Market.open({ demo: false, build: path.join(ROOT, "wasm-tests/out/crash-test") });
  await market.cli("publish", drop, "--creator", "alice", "--drop", "pictures", "--create");
});
after(async () => {
  await market?.close();
  if (folder) await rm(folder, { recursive: true });
});

const module = async (name) => WebAssembly.compile(await readFile(path.join(ROOT, "build", name)));

const SIZE = [64, 48];
const PIXELS = new Uint8Array(noise(3, SIZE[0] * SIZE[1] * 4)).map((byte, at) => (at % 4 === 3 ? 255 : byte));

/** A picture by libwebp in an arena, as a rule a small one. */
async function webp(arena, pixels = PIXELS, [width, height] = SIZE) {
  const { default: factory } = await import(path.join(ROOT, "build/codecs/webp_enc_simd.js"));
  const compiled = await module("codecs/webp_enc_simd.wasm");
  const codec = await factory({
    noInitialRun: true,
    instantiateWasm(imports, ready) {
      const exports = arena.theirs(compiled, imports);
      // It takes for granted that its memory is new.
      const beyond = arena.size - HEAP * 3;
      assert.ok(beyond <= 0 || Buffer.from(arena.at(HEAP * 3, beyond)).every((byte) => byte === 0));
      ready({ exports });
      return exports;
    },
  });
  const options = {
    quality: 80, lossless: 0, method: 4, use_sharp_yuv: 0, target_size: 0, target_PSNR: 0, sns_strength: 50, filter_strength: 60,
    filter_sharpness: 0, filter_type: 1, partitions: 0, segments: 4, pass: 1, show_compressed: 0, preprocessing: 0, autofilter: 0,
    partition_limit: 0, alpha_compression: 1, alpha_filtering: 1, alpha_quality: 100, exact: 0, image_hint: 0,
    emulate_jpeg_size: 0, thread_level: 0, low_memory: 0, near_lossless: 100, use_delta_palette: 0,
  };
  return Buffer.from(codec.encode(pixels, width, height, options));
}

/** A picture's first rows by our decoder in an arena. */
async function jxl(arena) {
  const file = await readFile(path.join(folder, "pictures/photo.jxl"));
  const exports = arena.ours(await module("codecs/jxl_dec.wasm"), DECODER);
  arena.at(exports.room(file.length), file.length).set(file);
  assert.equal(exports.decode(64 * MIB), 0);
  exports.rows(0, 50);
  return Buffer.from(arena.at(exports.answer(), exports.answer_length()));
}

test("what another module has left in the arena changes nothing", async () => {
  const alone = async (work) => {
    const arena = new Arena(64 * MIB);
    arena.begin();
    return work(arena);
  };
  const wanted = { webp: await alone(webp), jxl: await alone(jxl) };
  const arena = new Arena(64 * MIB);
  // Memory that a module has grown for itself.
  arena.begin();
  await webp(arena, new Uint8Array(noise(5, 1000 * 800 * 4)), [1000, 800]);
  assert.ok(arena.size > 20 * MIB);
  for (const [name, work] of [["jxl", jxl], ["webp", webp], ["jxl", jxl], ["jxl", jxl], ["webp", webp], ["webp", webp]]) {
    arena.begin();
    assert.ok((await work(arena)).equals(wanted[name]), name);
    // The worst that our modules may find where they are handed memory.
    if (name === "jxl") arena.at(HEAP, arena.used - HEAP).fill(0xa5);
  }
});

test("the arena ends where it says, and a module that lies elsewhere is not begun", async () => {
  const arena = new Arena(24 * MIB);
  arena.begin();
  const exports = arena.ours(await module("codecs/jxl_dec.wasm"), DECODER);
  assert.throws(() => exports.room(20 * MIB), WebAssembly.RuntimeError);
  assert.ok(arena.size <= 24 * MIB);
  const compiled = await module("codecs/jxl_dec.wasm");
  assert.throws(() => arena.ours(compiled, ENGINE), /is to lie between/);
});

test("in the worker, too, a picture is the same whatever was made before it", async () => {
  const ask = async (name, options) => {
    const answer = await market.fetch(`/img/${options}/alice/pictures/${name}`);
    assert.equal(answer.status, 200, await answer.clone().text());
    return Buffer.from(await answer.arrayBuffer());
  };
  const orders = [["photo.png", "width=301,format=png"], ["photo.jxl", "width=302,format=jpeg"], ["photo.jpg", "width=303,format=jpeg"]];
  const wanted = [];
  for (const [name, options] of orders) {
    await market.restart();
    wanted.push(await ask(name, options));
  }
  await market.cli("purge", "--drop", "alice/pictures");
  for (const between of ["width=700,format=avif", "width=701,format=webp", "width=400,format=jxl"]) await ask("photo.jpg", between);
  for (const [at, [name, options]] of orders.entries()) {
    await market.cli("purge", "--drop", "alice/pictures");
    assert.ok((await ask(name, options)).equals(wanted[at]), name);
  }
});

test("the most that wasm may take stays below an isolate's 128 MB", async () => {
  const arenas = (80 + 20) * MIB;
  for (const name of ["grain.jxl", "photo.jpg", "photo.jxl", "photo.png"]) {
    for (const options of ["width=500,format=avif", "width=520,format=jxl", "width=1500,format=webp"]) {
      const picture = `/img/${options}/alice/pictures/${name}`;
      const answer = await market.fetch(picture);
      const body = Buffer.from(await answer.arrayBuffer());
      assert.equal(answer.status, 200, answer.status === 200 ? "" : `${picture}: ${body}`);
    }
  }
  const drawing = await market.fetch("/img/width=100/alice/pictures/long.svg");
  assert.equal(drawing.status, 200);
  await drawing.arrayBuffer();
  await settled(async () => {
    const last = await market.fetch("/img/width=1500,format=webp/alice/pictures/photo.jpg");
    await last.arrayBuffer();
    assert.match(last.headers.get("cache-status"), /refined/);
  });
  const core = Number(await (await market.fetch("/crash/memory")).text());
  assert.ok(core + arenas <= 124 * MIB, `the core takes ${(core / MIB).toFixed(1)} MiB`);
});
