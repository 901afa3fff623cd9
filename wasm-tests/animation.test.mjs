// Pictures that move, on the built worker: every frame is resized, at its time, and looks as stock decoders (libvips
// with nsgif and libwebp) see it in the source; browsers show it moving; what is too much or damaged is told from it.
import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { ROOT } from "../xtask/serve.mjs";
import { Market, must, settled } from "./support/market.mjs";

const COVER = path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg");
const BROWSER = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
let market, folder, drop;

before(async () => {
  market = await Market.open({ demo: false });
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-animation-"));
  drop = path.join(folder, "moving");
  await mkdir(drop);
  await publishAnimations();
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Photographs that pan, squares that come and go, and what is wrong in some way. */
async function publishAnimations() {
  const there = (name) => path.join(drop, name);
  const photo = await sharp(COVER).autoOrient().resize(720).removeAlpha().toBuffer();
  const pan = (at) => sharp(photo).extract({ left: at * 12, top: at * 4, width: 480, height: 320 }).raw().toBuffer();
  const frames = await Promise.all(Array.from({ length: 10 }, (_, at) => pan(at)));
  const raw = { width: 480, height: 3200, channels: 3, pageHeight: 320 };
  const photographs = sharp(Buffer.concat(frames), { raw, animated: true });
  const delay = frames.map((_, at) => 50 + at * 20);
  await photographs.clone().gif({ delay, loop: 3, effort: 1 }).toFile(there("pan.gif"));
  await photographs.clone().webp({ delay, loop: 3, effort: 0, quality: 90 }).toFile(there("pan.webp"));
  for (const disposal of ["none", "background", "previous"]) {
    await must("gifsicle", ["-U", "--disposal", disposal, await squares(), "-o", there(`${disposal}.gif`)]);
  }
  await must("gif2webp", ["-quiet", "-mixed", there("none.gif"), "-o", there("mixed.webp")]);
  await must("gif2webp", ["-quiet", "-lossy", there("background.gif"), "-o", there("lossy.webp")]);
  await copyFile(there("pan.gif"), there("still.gif"));
  await must("gifsicle", ["-b", there("still.gif"), "#0"]);
  for (const name of ["pan.gif", "pan.webp"]) {
    const whose = ["-m", "-overwrite_original", "-XMP-dc:Creator=Carol", "-XMP-dc:Rights=© Carol"];
    await must("exiftool", [...whose, there(name)]);
    const bytes = await readFile(there(name));
    await writeFile(there(`cut-${name}`), bytes.subarray(0, (bytes.length * 2) / 3));
  }
  // A million frames of one pixel, and a few frames of half a gigapixel.
  await writeFile(there("many.gif"), gif({ width: 1000, height: 1000 }, { width: 1, height: 1 }, 200_000));
  await writeFile(there("huge-frames.gif"), gif({ width: 8, height: 8 }, { width: 60_000, height: 60_000 }, 3));
  await market.cli("publish", drop, "--creator", "carol", "--drop", "moving", "--create");
}

/** A GIF in which squares move over a transparent ground. */
async function squares() {
  const files = [];
  for (let at = 0; at < 5; at++) {
    const file = path.join(folder, `square-${at}.gif`);
    const input = { create: { width: 30, height: 30, channels: 4, background: ["red", "lime", "blue", "yellow", "black"][at] } };
    const square = await sharp(input).png().toBuffer();
    await sharp({ create: { width: 120, height: 80, channels: 4, background: "#00000000" } })
      .composite([{ input: square, left: at * 18, top: at * 10 }])
      .gif()
      .toFile(file);
    files.push(`-d${5 + at * 5}`, file);
  }
  const whole = path.join(folder, "squares.gif");
  await must("gifsicle", ["--loopcount=0", ...files, "-o", whole]);
  return whole;
}

/** A GIF by hand, all of whose frames are alike and hold one code. */
function gif(canvas, frame, count) {
  const le = (...numbers) => numbers.flatMap((number) => [number & 255, number >> 8]);
  const head = Buffer.from([..."GIF89a"].map((c) => c.charCodeAt(0)).concat(le(canvas.width, canvas.height), 0x80, 0, 0, 0, 0, 0, 255, 255, 255));
  const one = Buffer.from([0x2c, ...le(0, 0, frame.width, frame.height), 0, 2, 2, 0x44, 1, 0]);
  return Buffer.concat([head, ...Array(count).fill(one), Buffer.from([0x3b])]);
}

const picture = (options, name, accept = BROWSER) => market.fetch(`/img/${options}/carol/moving/${name}`, { headers: { accept } });
const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());

/** The frames of a file as libvips sees them, each of a size if one is given. */
async function frames(file, size) {
  const about = await sharp(file, { animated: true }).metadata();
  const height = about.pageHeight ?? about.height;
  const pixels = [];
  for (let page = 0; page < (about.pages ?? 1); page++) {
    const frame = sharp(await sharp(file, { page }).ensureAlpha().png().toBuffer());
    if (size) frame.resize(size.width, size.height, { fit: "fill" });
    pixels.push(await frame.raw().toBuffer());
  }
  return { width: size?.width ?? about.width, height: size?.height ?? height, delay: about.delay, loop: about.loop, pixels };
}

/** How far two frames are apart, seen on grey: in the mean, and for all but one in a hundred pixels. */
function apart(made, expected) {
  const on = (pixels, at, channel) => {
    const alpha = pixels[at + 3] / 255;
    return pixels[at + channel] * alpha + 128 * (1 - alpha);
  };
  const all = [];
  for (let at = 0; at < expected.length; at += 4) {
    all.push(Math.max(...[0, 1, 2].map((channel) => Math.abs(on(made, at, channel) - on(expected, at, channel)))));
  }
  all.sort((a, b) => a - b);
  return { mean: all.reduce((sum, each) => sum + each, 0) / all.length, most: all[Math.floor(all.length * 0.95)] };
}

const SOURCES = ["pan.gif", "pan.webp", "none.gif", "background.gif", "previous.gif", "mixed.webp", "lossy.webp"];

for (const name of SOURCES) {
  for (const format of ["gif", "webp"]) {
    test(`${name} to ${format}: every frame, at its time, as others see it`, async () => {
      const response = await picture(`width=64,format=${format}`, name);
      assert.equal(response.status, 200, await response.clone().text());
      assert.equal(response.headers.get("content-type"), `image/${format}`);
      const file = await bytesOf(response);
      await writeFile(path.join(folder, `made.${format}`), file);
      const made = await frames(file);
      const source = path.join(drop, name);
      const expected = await frames(source, made);
      assert.equal(made.width, 64);
      assert.equal(made.pixels.length, expected.pixels.length);
      assert.deepEqual([made.delay, made.loop], [expected.delay, expected.loop]);
      for (const [at, frame] of made.pixels.entries()) {
        const { mean, most } = apart(frame, expected.pixels[at]);
        // GIF has 255 colours and no half-transparent edges; libwebp's chroma is coarse.
        assert.ok(mean < 8 && most < 60, `frame ${at}: ${mean} in the mean, ${most}`);
      }
      if (format === "webp") await must("webpmux", ["-info", path.join(folder, "made.webp")]);
      else await must("gifsicle", ["--info", path.join(folder, "made.gif")]);
    });
  }
}

test("whose picture it is stays in it", async () => {
  for (const [name, format] of [["pan.gif", "webp"], ["pan.gif", "gif"], ["pan.webp", "gif"], ["pan.webp", "webp"]]) {
    const input = await bytesOf(await picture(`width=64,format=${format}`, name));
    const [facts] = JSON.parse((await must("exiftool", ["-json", "-"], { input })).out);
    assert.equal(facts.Creator, "Carol", `${name} to ${format}`);
    assert.match(facts.Rights, /Carol/);
  }
});

test("format=auto is WebP for who takes it, GIF for others", async () => {
  const answer = async (accept) => {
    const response = await picture("width=128,format=auto", "pan.gif", accept);
    const { pages } = await sharp(await bytesOf(response), { animated: true }).metadata();
    return [response.headers.get("content-type"), pages];
  };
  assert.deepEqual(await answer(BROWSER), ["image/webp", 10]);
  assert.deepEqual(await answer("image/png,image/*;q=0.5"), ["image/gif", 10]);
  // A WebP source that moves needs a format that moves.
  const moving = await picture("width=128,format=auto", "pan.webp");
  assert.equal((await sharp(await bytesOf(moving), { animated: true }).metadata()).pages, 10);
  // A GIF that does not move is a picture like any other.
  await settled(async () => {
    assert.match((await picture("width=128,format=auto", "still.gif")).headers.get("content-type"), /avif|jxl/);
  });
});

test("anim=false and formats that do not move show the first frame", async () => {
  const [first] = (await frames(path.join(drop, "pan.gif"), { width: 128, height: 85 })).pixels;
  for (const options of ["anim=false,format=gif", "anim=false,format=webp", "format=png", "format=jpeg", "format=avif", "format=jxl"]) {
    const response = await picture(`width=128,${options}`, "pan.gif");
    assert.equal(response.status, 200, options);
    const file = await bytesOf(response);
    if (options === "format=jxl") {
      await writeFile(path.join(folder, "first.jxl"), file);
      await must("djxl", [path.join(folder, "first.jxl"), path.join(folder, "first.png")]);
    }
    const made = await frames(options === "format=jxl" ? path.join(folder, "first.png") : file);
    assert.equal(made.pixels.length, 1, options);
    assert.ok(apart(made.pixels[0], first).mean < 10, options);
  }
});

test("every option is for every frame", async () => {
  const options = "width=100,height=100,fit=pad,background=%2300ff00,rotate=90,format=gif";
  const signed = (await market.cli("sign-url", `/img/${options}/carol/moving/pan.gif`)).out.trim();
  const response = await market.fetch(signed.replace(market.url, ""));
  const made = await frames(await bytesOf(response));
  assert.deepEqual([made.width, made.height, made.pixels.length], [100, 100, 10]);
  for (const pixels of made.pixels) assert.deepEqual([...pixels.subarray(0, 3)].map((v) => Math.round(v / 64)), [0, 4, 0]);
});

test("beyond the budget it is the first frame; what is cut short or lies is refused", async () => {
  const many = await picture("width=64,format=gif", "many.gif");
  assert.equal(many.status, 200, await many.clone().text());
  assert.equal((await sharp(await bytesOf(many), { animated: true }).metadata()).pages ?? 1, 1);
  for (const [name, problem] of [["cut-pan.gif", "damaged"], ["cut-pan.webp", "damaged"], ["huge-frames.gif", "too-large"]]) {
    for (const format of ["gif", "webp"]) {
      const response = await picture(`width=64,format=${format}`, name);
      const body = await response.json();
      assert.deepEqual([response.status, body.type], [422, `urn:dropgate:problem:picture-${problem}`], `${name} ${JSON.stringify(body)}`);
    }
  }
  assert.equal((await picture("width=64,format=gif", "pan.gif")).status, 200, "the worker is as well as before");
});

test("Chromium shows it moving", async () => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    const page = await browser.newPage();
    await page.setContent(["gif", "webp"].map((format) => `<img id="${format}" src="${market.url}/img/width=256,format=${format}/carol/moving/pan.gif">`).join(""));
    for (const format of ["gif", "webp"]) {
      const image = page.locator(`#${format}`);
      await page.waitForFunction((id) => document.getElementById(id).complete && document.getElementById(id).naturalWidth === 256, format);
      const seen = new Set();
      await settled(async () => {
        seen.add((await image.screenshot()).toString("base64"));
        assert.ok(seen.size >= 3, `${format} shows ${seen.size} pictures`);
      });
    }
    await mkdir(path.join(ROOT, "wasm-tests/out"), { recursive: true });
    await page.screenshot({ path: path.join(ROOT, "wasm-tests/out/animation.png") });
  } finally {
    await browser.close();
  }
});
