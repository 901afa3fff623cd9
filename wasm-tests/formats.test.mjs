// The formats that codec modules write, on the built worker: accepted by the formats' own tools, with the rights in
// them, made small after the answer, and made once however many ask.
import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import * as blurhash from "blurhash";
import sharp from "sharp";
import * as thumbhash from "thumbhash";
import { chromium } from "playwright-core";
import { ROOT } from "../xtask/serve.mjs";
import { Market, must, settled } from "./support/market.mjs";
import { grid } from "./support/picture.mjs";

const COVER = "/alice/drop-7/cover.jpg";
const CHROMIUM = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
let market;
let folder;

before(async () => {
  market = await Market.open();
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-formats-"));
  await publishPictures();
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A drop of pictures in the formats that codec modules read, made by the stock encoders, and with transparency. */
async function publishPictures() {
  const drop = path.join(folder, "pictures");
  await mkdir(drop);
  const fixture = (name) => path.join(ROOT, "fixtures/images", name);
  await copyFile(fixture("alpha.png"), path.join(drop, "alpha.png"));
  const cover = path.join(folder, "cover.png");
  await sharp(path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg")).autoOrient().resize(1200).png().toFile(cover);
  await must("avifenc", ["--speed", "10", cover, path.join(drop, "photo.avif")]);
  await must("avifenc", ["--speed", "10", "--irot", "1", "--imir", "0", cover, path.join(drop, "turned.avif")]);
  await must("avifenc", ["--speed", "10", fixture("alpha.png"), path.join(drop, "alpha.avif")]);
  await must("cjxl", ["--effort", "3", cover, path.join(drop, "photo.jxl")]);
  await must("cjxl", ["--effort", "3", fixture("orientation-6.jpg"), "--lossless_jpeg=0", path.join(drop, "turned.jxl")]);
  await must("cjxl", ["--effort", "3", fixture("alpha.png"), path.join(drop, "alpha.jxl")]);
  const about = ["-m", "-overwrite_original", "-XMP-dc:Creator=Carol", "-Copyright=© Carol"];
  await must("exiftool", [...about, path.join(drop, "photo.avif")]);
  await must("exiftool", [...about, path.join(drop, "photo.jxl")]);
  const grown = (name, ...args) => must("cjxl", [...args, cover, path.join(drop, name)]);
  await grown("lossless.jxl", "--distance", "0", "--effort", "3");
  await grown("squeezed.jxl", "--distance", "0", "--effort", "3", "--progressive");
  await grown("progressive.jxl", "--effort", "5", "--progressive");
  await grown("noisy.jxl", "--effort", "7", "--photon_noise=ISO3200");
  await must("cjxl", [path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg"), path.join(drop, "jpeg.jxl")]);
  for (const name of ["gray.jpg", "display-p3.jpg", "sixteen-bit.png", "palette.png"]) {
    await must("cjxl", ["--lossless_jpeg=0", "--distance", "0.5", fixture(name), path.join(drop, name.replace(/\w+$/, "jxl"))]);
  }
  const squeezed = path.join(folder, "squeezed.png");
  await sharp(path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg")).resize(3600).blur(4).png({ compressionLevel: 1 }).toFile(squeezed);
  await must("cjxl", ["--distance", "0", "--effort", "1", "--progressive", squeezed, path.join(drop, "squeezed-large.jxl")]);
  const wide = { create: { width: 7000, height: 5000, channels: 3, background: "#3366aa" } };
  const large = path.join(folder, "large.png");
  await sharp(wide).png().toFile(large);
  await must("avifenc", ["--speed", "10", large, path.join(drop, "large.avif")]);
  await must("cjxl", ["--effort", "1", large, path.join(drop, "large.jxl")]);
  await writeFile(path.join(drop, "damaged.avif"), (await readFile(path.join(drop, "photo.avif"))).subarray(0, 3000));
  const twelve = path.join(folder, "twelve.png");
  await sharp(cover).resize(4000, 3000, { fit: "fill" }).png({ compressionLevel: 1 }).toFile(twelve);
  await must("avifenc", ["--speed", "10", "--yuv", "420", twelve, path.join(drop, "twelve.avif")]);
  await must("avifenc", ["--speed", "10", "--crop", "100,200,600,400", "--irot", "1", cover, path.join(drop, "cropped.avif")]);
  for (const [number, file] of ruined(await readFile(path.join(drop, "photo.avif"))).entries()) {
    await writeFile(path.join(drop, `ruined-${number}.avif`), file);
  }
  await writeFile(path.join(drop, "damaged.jxl"), (await readFile(path.join(drop, "photo.jxl"))).subarray(0, 3000));
  await market.cli("publish", drop, "--creator", "carol", "--drop", "pictures", "--create");
}

/** A file with its data overwritten here and there, but not its header. */
function ruined(file) {
  const data = file.indexOf("mdat") + 4;
  return [0, 2, 5, 12, 20, 40, 400, 4000].map((at) => {
    const copy = Buffer.from(file);
    for (let next = data + at; next < copy.length; next += 997) copy[next] ^= 0x5b;
    return copy;
  });
}

const picture = (options, name, headers = {}) => fetched(market, `/img/${options}/carol/pictures/${name}`, headers);
const image = (options, headers = {}, at = market) => fetched(at, `/img/${options}${COVER}`, headers);

/** Asks again if a kept connection had been given up: a codec at work keeps the worker from closing it in time. */
async function fetched(at, url, headers) {
  try {
    return await at.fetch(url, { headers });
  } catch (error) {
    if (!["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(error.cause?.code)) throw error;
    return at.fetch(url, { headers });
  }
}
const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());

/** Straight pixels of a file, by the tool of its format. */
async function decoded(bytes, ending) {
  const from = path.join(folder, `made.${ending}`);
  const to = path.join(folder, `made-${ending}.png`);
  await writeFile(from, bytes);
  const tools = { webp: ["dwebp", [from, "-o", to]], avif: ["avifdec", [from, to]], jxl: ["djxl", [from, to]] };
  await must(...tools[ending]);
  return pixels(to);
}

async function pixels(file) {
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { pixels: data, width: info.width, height: info.height };
}

for (const [format, type] of [["webp", "image/webp"], ["avif", "image/avif"], ["jxl", "image/jxl"]]) {
  test(`${format} is what its own tool reads, the right picture, and says whose it is`, async () => {
    const response = await image(`width=320,format=${format}`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), type);
    const bytes = await bytesOf(response);
    const made = await decoded(bytes, format);
    assert.deepEqual([made.width, made.height], [320, 213]);
    const source = await sharp(path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg")).autoOrient().resize(320).png().toBuffer();
    const [expected, found] = [grid(await pixels(source), 12, 8), grid(made, 12, 8)];
    for (const [cell, colour] of expected.entries()) {
      for (let c = 0; c < 3; c++) {
        assert.ok(Math.abs(colour[c] - found[cell][c]) < 8, `cell ${cell}: ${colour} became ${found[cell]}`);
      }
    }
    const { out } = await must("exiftool", ["-json", "-G1", "-"], { input: bytes });
    const [facts] = JSON.parse(out);
    assert.match(facts["IFD0:Copyright"], /CC BY/, "no copyright in EXIF");
    assert.ok(facts["IFD0:Artist"], "no creator in EXIF");
    assert.ok(facts["XMP-dc:Creator"], "no creator in XMP");
    assert.equal(facts["Composite:GPSPosition"], undefined);
  });

  test(`${format} keeps what is transparent`, async () => {
    const clear = await bytesOf(await picture(`width=320,format=${format}`, "alpha.png"));
    await decoded(clear, format);
    const alphaOf = async (file) => {
      const { data, info } = await sharp(file).resize(320).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      return { ...info, at: (x, y) => data[(y * info.width + x) * 4 + 3] };
    };
    const [expected, found] = [await alphaOf(path.join(ROOT, "fixtures/images/alpha.png")), await alphaOf(path.join(folder, `made-${format}.png`))];
    assert.deepEqual([found.width, found.height], [expected.width, expected.height]);
    for (const [x, y] of [[0.1, 0.1], [0.5, 0.5], [0.9, 0.1], [0.1, 0.9], [0.3, 0.6]].map(([x, y]) => [Math.floor(x * found.width), Math.floor(y * found.height)])) {
      assert.ok(Math.abs(expected.at(x, y) - found.at(x, y)) < 12, `alpha at ${x},${y}: ${expected.at(x, y)} became ${found.at(x, y)}`);
    }
  });
}

/** Where the mean colours of two pictures differ most. */
async function difference(made, original) {
  const [a, b] = [grid(made, 6, 4), grid(original, 6, 4)];
  return Math.max(...a.flatMap((cell, at) => cell.map((value, c) => Math.abs(value - b[at][c]))));
}

for (const format of ["avif", "jxl"]) {
  test(`${format} is read: the right picture, the right way up, with its rights`, async () => {
    const original = await pixels(await sharp(path.join(folder, "cover.png")).resize(320).png().toBuffer());
    const response = await picture("width=320,format=jpeg", `photo.${format}`);
    assert.equal(response.status, 200, await response.clone().text());
    const bytes = await bytesOf(response);
    assert.ok((await difference(await pixels(bytes), original)) < 8);
    const [facts] = JSON.parse((await must("exiftool", ["-json", "-"], { input: bytes })).out);
    assert.equal(facts.Creator, "Carol");
    assert.match(facts.Copyright, /Carol/);

    const turned = await pixels(await bytesOf(await picture("width=320,format=jpeg", `turned.${format}`)));
    const upright = format === "avif"
      // A quarter counter-clockwise, then top and bottom change places.
      ? await sharp(path.join(folder, "cover.png")).rotate(270).png().toBuffer().then((png) => sharp(png).flip().resize(320).png().toBuffer())
      : await sharp(path.join(ROOT, "fixtures/images/orientation-6.jpg")).autoOrient().resize(320, null, { withoutEnlargement: true }).png().toBuffer();
    const expected = await pixels(upright);
    assert.deepEqual([turned.width, turned.height], [expected.width, expected.height]);
    assert.ok((await difference(turned, expected)) < 10);
    assert.equal((await picture("width=320,format=png", `alpha.${format}`)).status, 200);
  });

  test(`${format} that is too large for an isolate or damaged is refused by name`, async () => {
    const large = await picture("width=320,format=jpeg", `large.${format}`);
    const problem = await large.json();
    assert.deepEqual([large.status, problem.type], [422, "urn:dropgate:problem:picture-too-large"], JSON.stringify(problem));
    const damaged = await picture("width=320,format=jpeg", `damaged.${format}`);
    assert.equal(damaged.status, 422);
    assert.equal((await damaged.json()).type, "urn:dropgate:problem:picture-damaged");
  });
}

for (const name of ["photo", "lossless", "squeezed", "progressive", "noisy", "gray", "display-p3", "sixteen-bit", "palette", "alpha"]) {
  test(`${name}.jxl has the pixels that djxl finds in it`, async () => {
    const seen = async (file) => {
      // By way of WebP, which has eight bits. libvips rounds otherwise where it has a profile and sixteen.
      const ignoreIcc = name === "sixteen-bit";
      const eight = await sharp(file, { ignoreIcc }).toColourspace("srgb").webp({ lossless: true, exact: true }).toBuffer();
      const { data, info } = await sharp(eight).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      return { data, size: [info.width, info.height] };
    };
    const png = path.join(folder, `${name}-djxl.png`);
    await must("djxl", [path.join(folder, "pictures", `${name}.jxl`), png]);
    const url = (await market.cli("sign-url", `/img/format=png/carol/pictures/${name}.jxl`)).out.trim();
    const response = await market.fetch(url.replace(market.url, ""));
    assert.equal(response.status, 200, await response.clone().text());
    const [made, expected] = [await seen(await bytesOf(response)), await seen(png)];
    assert.deepEqual(made.size, expected.size);
    let [sum, most, count] = [0, 0, 0];
    for (let at = 0; at < expected.data.length; at += 4) {
      // Colours that are hardly seen are of no account.
      const weight = expected.data[at + 3] / 255;
      for (let c = 0; c < 4; c++) {
        const off = Math.abs(made.data[at + c] - expected.data[at + c]) * (c < 3 ? weight : 1);
        [sum, most, count] = [sum + off, Math.max(most, off), count + 1];
      }
    }
    // Noise is where each decoder has its own dice.
    const [mean, worst] = name === "noisy" ? [4, 80] : [0.6, 12];
    assert.ok(sum / count < mean && most <= worst, `${sum / count} in the mean, ${most} at most`);
  });
}

test("AVIF of twelve megapixels is read", async () => {
  const response = await picture("width=320,format=jpeg", "twelve.avif");
  assert.equal(response.status, 200, await response.clone().text());
  const original = await pixels(await sharp(path.join(folder, "twelve.png")).resize(320).png().toBuffer());
  assert.ok((await difference(await pixels(await bytesOf(response)), original)) < 8);
});

test("AVIF is cropped before it is turned", async () => {
  const response = await picture("width=320,format=jpeg", "cropped.avif");
  assert.equal(response.status, 200, await response.clone().text());
  const made = await pixels(await bytesOf(response));
  const part = await sharp(path.join(folder, "cover.png")).extract({ left: 100, top: 200, width: 600, height: 400 }).png().toBuffer();
  const expected = await pixels(await sharp(await sharp(part).rotate(270).png().toBuffer()).resize(320).png().toBuffer());
  assert.deepEqual([made.width, made.height], [expected.width, expected.height]);
  assert.ok((await difference(made, expected)) < 10);
});

test("AVIF with ruined data is told to be damaged, or shown as it is, and harms nothing", async () => {
  const told = [];
  for (let number = 0; number < 8; number++) {
    const response = await picture("width=320,format=jpeg", `ruined-${number}.avif`);
    if (response.status === 200) await bytesOf(response);
    else told.push([response.status, (await response.json()).type]);
  }
  assert.ok(told.length > 0, "some are beyond repair");
  for (const problem of told) assert.deepEqual(problem, [422, "urn:dropgate:problem:picture-damaged"]);
  assert.equal((await picture("width=321,format=jpeg", "photo.avif")).status, 200, "the worker is as well as before");
});

test("JPEG XL of twelve megapixels is read", async () => {
  const response = await picture("width=320,format=jpeg", "jpeg.jxl");
  assert.equal(response.status, 200, await response.clone().text());
  const original = await pixels(await sharp(path.join(folder, "cover.png")).resize(320).png().toBuffer());
  assert.ok((await difference(await pixels(await bytesOf(response)), original)) < 8);
});

test("JPEG XL that turns out to need more memory than there is is refused by name", async () => {
  const response = await picture("width=320,format=jpeg", "squeezed-large.jxl");
  const problem = await response.json();
  assert.deepEqual([response.status, problem.type], [422, "urn:dropgate:problem:picture-too-large"], JSON.stringify(problem));
  assert.equal((await picture("width=320,format=jpeg", "squeezed.jxl")).status, 200, "the worker is as well as before");
});

const MIB = 1024 * 1024;

/** Decodes a file in an arena of its own, and says what that took. */
async function spent(file, most) {
  const { Arena, DECODER, HEAP } = await import(path.join(ROOT, "build/arena.mjs"));
  const format = path.extname(file).slice(1);
  const module = await WebAssembly.compile(await readFile(path.join(ROOT, `build/codecs/${format}_dec.wasm`)));
  const bytes = await readFile(path.join(folder, "pictures", file));
  const arena = new Arena(96 * MIB);
  arena.begin();
  const decoder = arena.ours(module, DECODER);
  arena.at(decoder.room(bytes.length), bytes.length).set(bytes);
  const outcome = decoder.decode(most);
  return { outcome, memory: arena.used - HEAP, pixels: decoder.width() * decoder.height(), length: bytes.length };
}

test("AVIF takes no more memory than it is allowed, and says so before it takes it", async () => {
  for (const [name, bytesAPixel] of [["twelve", 2.1], ["photo", 3.6], ["alpha", 6]]) {
    const { outcome, memory, pixels, length } = await spent(`${name}.avif`, 96 * MIB);
    assert.equal(outcome, 0, name);
    assert.ok(memory <= 4 * MIB + length + bytesAPixel * pixels, `${name}: ${memory} bytes for ${pixels} pixels`);
  }
  const refused = await spent("twelve.avif", 24 * MIB);
  assert.equal(refused.outcome, 2);
  assert.ok(refused.memory < 4 * MIB, `${refused.memory} bytes`);
});

test("JPEG XL takes no more memory than it is allowed, and says so before it takes it", async () => {
  const read = (name, most) => spent(`${name}.jxl`, most);
  for (const name of ["jpeg", "photo", "lossless", "progressive"]) {
    const { outcome, memory, pixels } = await read(name, 90 * MIB);
    assert.equal(outcome, 0, name);
    assert.ok(memory <= 8 * MIB + 4 * pixels, `${name}: ${memory} bytes for ${pixels} pixels`);
  }
  // Whatever a header hides, the arena ends.
  assert.equal((await read("squeezed-large", 1024 * MIB)).outcome, 2);
  const refused = await read("jpeg", 40 * MIB);
  assert.equal(refused.outcome, 2);
  assert.ok(refused.memory < 8 * MIB, `${refused.memory} bytes`);
});

test("format=json says what the picture is, with placeholders that stock libraries read", async () => {
  const response = await image("width=640,format=json");
  assert.equal(response.headers.get("content-type"), "application/json");
  const facts = await response.json();
  const source = await readFile(path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg"));
  assert.deepEqual([facts.width, facts.height], [640, 427]);
  assert.equal(facts.original.file_size, source.length);
  assert.equal(facts.original.format, "image/jpeg");
  const original = await sharp(source).metadata();
  assert.deepEqual([facts.original.width, facts.original.height].sort(), [original.width, original.height].sort());
  assert.match(facts.color, /^#[0-9a-f]{6}$/);

  const small = await sharp(source).autoOrient().resize(100, 67, { fit: "fill" }).ensureAlpha().raw().toBuffer();
  const theirs = thumbhash.rgbaToThumbHash(100, 67, small);
  const ours = Buffer.from(facts.thumbhash, "base64");
  assert.equal(ours.length, theirs.length);
  const shape = (hash) => { const { w, h, rgba } = thumbhash.thumbHashToRGBA(hash); return { w, h, rgba: Buffer.from(rgba) }; };
  const [a, b] = [shape(ours), shape(theirs)];
  assert.deepEqual([a.w, a.h], [b.w, b.h]);
  assert.ok(a.rgba.every((value, at) => Math.abs(value - b.rgba[at]) < 24), "another ThumbHash than the reference's");

  const decodedOurs = blurhash.decode(facts.blurhash, 32, 21);
  const decodedTheirs = blurhash.decode(blurhash.encode(new Uint8ClampedArray(small), 100, 67, 4, 3), 32, 21);
  assert.ok(decodedOurs.every((value, at) => Math.abs(value - decodedTheirs[at]) < 24), "another BlurHash than the reference's");
});

test("pngcheck and djpeg accept what the engine writes", async () => {
  const file = path.join(folder, "made.png");
  await writeFile(file, await bytesOf(await image("width=320,format=png")));
  await must("pngcheck", [file]);
  await must("djpeg", ["-outfile", path.join(folder, "made.ppm")], { input: await bytesOf(await image("width=320,format=jpeg")) });
});

test("the first answer is the quickest; then the smaller one stands in its place, under its own tag", async () => {
  const first = await image("width=640,format=auto", { accept: CHROMIUM });
  assert.equal(first.headers.get("content-type"), "image/jpeg");
  assert.match(first.headers.get("cache-status"), /dropgate-r2; fwd=miss; detail=first$/);
  const length = (await bytesOf(first)).length;
  await settled(async () => {
    const later = await image("width=640,format=auto", { accept: CHROMIUM });
    assert.equal(later.headers.get("cache-status"), "dropgate-pop; hit; detail=refined");
    assert.equal(later.headers.get("content-type"), "image/avif");
    assert.notEqual(later.headers.get("etag"), first.headers.get("etag"));
    assert.ok((await bytesOf(later)).length < length);
  });
  const plain = await image("width=640,format=auto", { accept: "*/*" });
  assert.equal(plain.headers.get("content-type"), "image/jpeg");
  // What the browser had first is told from what there is now.
  const changed = await image("width=640,format=auto", { accept: CHROMIUM, "if-none-match": first.headers.get("etag") });
  assert.equal(changed.status, 200);
});

test("a picture too large for AVIF or JPEG XL stays in a format there is room for", async () => {
  const first = await image("width=2560,format=jxl");
  assert.equal(first.status, 200);
  assert.equal(first.headers.get("content-type"), "image/jpeg");
});

test("two hundred who ask at once are answered by one transform", async () => {
  const answers = await Promise.all(Array.from({ length: 200 }, () => image("width=1280")));
  const statuses = answers.map((answer) => answer.headers.get("cache-status"));
  for (const answer of answers) {
    assert.equal(answer.status, 200);
    await answer.arrayBuffer();
  }
  assert.equal(statuses.filter((status) => status.includes("dropgate-r2; fwd=miss")).length, 1, statuses.join("\n"));
});

test("Chromium shows AVIF and JPEG XL from format=auto", async () => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    const page = await browser.newPage();
    // A picture in a page, as Chromium asks for it by itself.
    const show = async (src) => {
      const answered = page.waitForResponse((response) => response.url().endsWith(src));
      await page.setContent(`<img src="${market.url}${src}">`);
      await page.waitForFunction(() => document.querySelector("img").complete);
      const response = await answered;
      return {
        accept: (await response.request().allHeaders()).accept,
        type: (await response.allHeaders())["content-type"],
        width: await page.evaluate(() => document.querySelector("img").naturalWidth),
      };
    };
    const original = await pixels(await sharp(path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg")).autoOrient().resize(640).png().toBuffer());
    // Which of the two is smaller depends on the quality.
    const signed = (await market.cli("sign-url", `/img/width=640,quality=95,format=auto${COVER}`)).out.trim().replace(market.url, "");
    for (const [src, type] of [[`/img/width=640,format=auto${COVER}`, "image/avif"], [signed, "image/jxl"]]) {
      // Made before the browser asks, which keeps what it was answered first for some minutes.
      const accept = `image/jxl,${CHROMIUM}`;
      await settled(async () => assert.equal((await fetched(market, src, { accept })).headers.get("content-type"), type));
      const shown = await show(src);
      // A Chromium without JPEG XL does not ask for it.
      const expected = shown.accept.includes(type) ? type : shown.type;
      assert.deepEqual([shown.type, shown.width], [expected, 640], shown.accept);
      const seen = await pixels(await page.locator("img").screenshot());
      assert.ok((await difference(seen, original)) < 8, `${type} looks otherwise`);
    }
  } finally {
    await browser.close();
  }
});

test("what is not deployed is answered by what is", async () => {
  const small = await Market.open({ vars: { CODECS: "webp" } });
  try {
    const named = await image("width=480,format=avif", {}, small);
    assert.equal(named.headers.get("content-type"), "image/webp");
    const auto = async () => (await image("width=640,format=auto", { accept: CHROMIUM }, small)).headers.get("content-type");
    assert.equal(await auto(), "image/jpeg");
    await settled(async () => assert.equal(await auto(), "image/webp"));
  } finally {
    await small.close();
  }
  const none = await Market.open({ vars: { CODECS: "" } });
  try {
    assert.equal((await image("width=320,format=jxl", {}, none)).headers.get("content-type"), "image/jpeg");
  } finally {
    await none.close();
  }
});
