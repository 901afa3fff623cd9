// The formats that codec modules write, on the built worker: accepted by the formats' own tools, with the rights in
// them, made small after the answer, and made once however many ask.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
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
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

const image = (options, headers = {}, at = market) => at.fetch(`/img/${options}${COVER}`, { headers });
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

  test(`${format} without metadata, and of transparent pixels`, async () => {
    const bare = await bytesOf(await image(`width=320,format=${format},metadata=none`));
    const { out } = await must("exiftool", ["-json", "-"], { input: bare });
    assert.equal(JSON.parse(out)[0].Copyright, undefined);
    await decoded(bare, format);
    const frame = await bytesOf(await image(`width=320,format=${format},border=32,border.color=ff000000`));
    const file = path.join(folder, `frame.${format}`);
    await writeFile(file, frame);
    await decoded(frame, format);
    const { data, info } = await sharp(path.join(folder, `made-${format}.png`)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    assert.equal(data[3], 0, "the frame is transparent");
    assert.ok(data[(100 * info.width + 150) * 4 + 3] > 250, "the picture is not");
  });
}

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
  }, 600);
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

test("Chromium shows AVIF from format=auto", async () => {
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
      const headers = await (await answered).allHeaders();
      return { type: headers["content-type"], width: await page.evaluate(() => document.querySelector("img").naturalWidth) };
    };
    await settled(async () => {
      const shown = await show(`/img/width=640,format=auto${COVER}`);
      assert.match(shown.type, /^image\/(avif|jxl)$/);
      assert.equal(shown.width, 640);
    }, 600);
  } finally {
    await browser.close();
  }
});

test("what is not deployed is answered by what is", async () => {
  const small = await Market.open({ vars: { CODECS: "webp" } });
  try {
    const named = await image("width=320,format=avif", {}, small);
    assert.equal(named.headers.get("content-type"), "image/webp");
    const auto = async () => (await image("width=320,format=auto", { accept: CHROMIUM }, small)).headers.get("content-type");
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
