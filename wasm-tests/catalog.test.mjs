// The packaged catalogue of a drop: one answer, checked by stock tools, used by the page.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import * as thumbhash from "thumbhash";
import { ROOT } from "../xtask/serve.mjs";
import { launch } from "./support/chromium.mjs";
import { Market, must, settled } from "./support/market.mjs";

const CATALOG = "/get/alice/brushes-2/catalog.zip";
const OUT = path.join(ROOT, "wasm-tests/out/catalog");
const THUMBNAIL = /^200 \/img\/width=(64|128|256),/;
let market, folder;

before(async () => {
  await mkdir(OUT, { recursive: true });
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-catalog-"));
  market = await Market.open();
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());

test("it has the facts and every thumbnail that anyone may see", async () => {
  const response = await market.fetch(CATALOG);
  assert.equal(response.status, 200, await response.clone().text());
  const zip = path.join(folder, "catalog.zip");
  const bytes = await bytesOf(response);
  assert.equal(response.headers.get("repr-digest"), `sha-256=:${Buffer.from(sha256(bytes), "hex").toString("base64")}:`);
  await writeFile(zip, bytes);
  await must("unzip", ["-tq", zip]);
  await must("unzip", ["-oq", zip, "-d", folder]);
  const at = (name) => path.join(folder, "brushes-2", name);
  const catalog = JSON.parse(await readFile(at("catalog.json"), "utf8"));
  assert.equal(catalog.drop, "alice/brushes-2");
  assert.equal(catalog.title, "Brushes and papers");
  assert.equal(catalog.license, "CC0-1.0");
  const manifest = await bytesOf(await market.fetch(`/metadata/${catalog.version}.alice.brushes-2.json`));
  assert.equal(catalog.manifest, sha256(manifest), "it names the manifest that signs the files");
  const cover = await readFile(at(catalog.cover.path));
  assert.equal(sha256(cover), catalog.cover.sha256);
  assert.ok(bytes.indexOf(cover) < 100, "it comes first");
  const shape = await sharp(cover).metadata();
  assert.ok(shape.width <= 640 && shape.height === shape.width * 0.75, `${shape.width} by ${shape.height}`);
  const pictures = catalog.files.filter((file) => file.thumbnail);
  assert.deepEqual(pictures.map((file) => file.name), ["paper-cork.png", "paper-deco.png", "sheet.png"]);
  assert.deepEqual(catalog.files.find((file) => file.name === "paper-rough.png").access, "gold");
  for (const { thumbnail } of pictures) {
    const picture = await readFile(at(thumbnail.path));
    assert.equal(sha256(picture), thumbnail.sha256);
    const { w, h } = thumbhash.thumbHashToRGBA(Buffer.from(thumbnail.thumbhash, "base64"));
    assert.deepEqual([w, h], [32, 32], "of a square");
    assert.ok(thumbnail.thumbhash.length <= 36);
    const { format, width, height } = await sharp(picture).metadata();
    assert.deepEqual([format, width, height], ["jpeg", 256, 256]);
  }
});

test("it is made once, and any range of it can be had", async () => {
  const whole = await bytesOf(await market.fetch(CATALOG));
  await settled(async () => {
    const again = await market.fetch(CATALOG);
    assert.match(again.headers.get("cache-status"), /; hit/);
    assert.deepEqual(await bytesOf(again), whole);
  });
  const part = await market.fetch(CATALOG, { headers: { range: "bytes=-22" } });
  assert.equal(part.status, 206);
  assert.deepEqual(await bytesOf(part), whole.subarray(-22));
  const tag = part.headers.get("etag");
  assert.equal((await market.fetch(CATALOG, { headers: { "if-none-match": tag } })).status, 304);
  assert.equal((await market.fetch("/get/alice/nothing/catalog.zip")).status, 404);
});

test("a drop may bring its own preset, and its own file of that name", async () => {
  const make = async (drop, files, toml) => {
    const at = path.join(folder, drop);
    await mkdir(at, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(at, name), bytes);
    await writeFile(path.join(at, "drop.toml"), toml);
    await market.cli("publish", at, "--creator", "alice", "--drop", drop, "--create");
  };
  const photo = await readFile(path.join(ROOT, "fixtures/images/photo.jpg"));
  const preset = '[presets]\n"catalog@1" = "width=60,height=40,fit=cover"\n"tiny@1" = { options = "width=10", ttl = 60 }\n';
  await make("preset", { "photo.jpg": photo, "copy.jpg": Buffer.concat([photo, Buffer.from("x")]) }, preset);
  const zip = await bytesOf(await market.fetch("/get/alice/preset/catalog.zip"));
  const at = zip.indexOf("thumbnails/photo.jpg.jpg") + "thumbnails/photo.jpg.jpg".length;
  const { width, height } = await sharp(zip.subarray(zip.indexOf(Buffer.from([0xff, 0xd8]), at))).metadata();
  assert.deepEqual([width, height], [60, 40]);
  const tiny = await market.fetch("/img/tiny@1/alice/preset/photo.jpg");
  assert.equal((await sharp(await bytesOf(tiny)).metadata()).width, 10);

  await make("own", { "catalog.zip": "mine" }, "");
  assert.equal(await (await market.fetch("/get/alice/own/catalog.zip")).text(), "mine");

  const slip = path.join(folder, "slip");
  await mkdir(slip);
  await writeFile(path.join(slip, "a.txt"), "a");
  await writeFile(path.join(slip, "drop.toml"), '[presets]\n"card" = "width=10"\n');
  const refused = await market.tryCli("publish", slip, "--creator", "alice", "--drop", "slip", "--create");
  assert.notEqual(refused.code, 0);
  assert.match(refused.err, /"card" is not a preset's name/);
});

test("the storefront takes each cover from the beginning of its drop's catalogue", async () => {
  const browser = await launch();
  try {
    const visit = async (options) => {
      const context = await browser.newContext({ viewport: { width: 800, height: 900 }, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      const asked = [];
      page.on("response", (response) => asked.push(`${response.status()} ${new URL(response.url()).pathname}`));
      await page.goto(market.url);
      const covers = page.locator(".card img[src]");
      const cards = await page.locator(".card[data-catalog]").count();
      for (const card of await page.locator(".card").all()) await card.scrollIntoViewIfNeeded();
      await page.waitForFunction((count) => document.querySelectorAll(".card img[src]").length === count, cards);
      for (const cover of await covers.all()) {
        await cover.scrollIntoViewIfNeeded();
        assert.ok(await cover.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
      }
      return { page, asked, cards, close: () => context.close() };
    };
    const scripted = await visit({});
    await scripted.page.screenshot({ path: path.join(OUT, "storefront.png"), fullPage: true });
    const catalogs = scripted.asked.filter((url) => url.endsWith("/catalog.zip"));
    assert.equal(catalogs.length, scripted.cards);
    assert.ok(catalogs.every((url) => url.startsWith("206 ")), catalogs.join());
    assert.deepEqual(scripted.asked.filter((url) => url.includes("/img/")), []);
    await scripted.close();

    const plain = await visit({ javaScriptEnabled: false });
    await plain.page.screenshot({ path: path.join(OUT, "storefront-no-script.png"), fullPage: true });
    assert.deepEqual(plain.asked.filter((url) => url.endsWith("/catalog.zip")), []);
    assert.equal(plain.asked.filter((url) => /^200 \/img\//.test(url)).length, plain.cards);
    await plain.close();
  } finally {
    await browser.close();
  }
});

test("a cover whose catalogue cannot be had is fetched by itself, and once more where the edge is busy", async () => {
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 800, height: 900 } });
    page.setDefaultTimeout(120_000);
    const busy = new Set();
    await page.route("**/catalog.zip", (route) => route.fulfill({ status: 503 }));
    await page.route("**/img/**", (route) => {
      const file = route.request().url().split("/").slice(-3).join("/");
      if (busy.has(file)) return route.continue();
      busy.add(file);
      return route.fulfill({ status: 503 });
    });
    await page.goto(market.url);
    const cards = page.locator(".card[data-catalog]");
    for (const card of await cards.all()) {
      await card.scrollIntoViewIfNeeded();
      await card.locator("img[src^='/img/']").waitFor();
    }
    await page.waitForFunction(() => [...document.querySelectorAll(".card img")].every((image) => image.complete && image.naturalWidth > 0));
    assert.equal(busy.size, await cards.count());
  } finally {
    await browser.close();
  }
});

test("the drop's page takes all its thumbnails from one answer, and does without script", async () => {
  const browser = await launch();
  try {
    const visit = async (options, name) => {
      const context = await browser.newContext({ viewport: { width: 800, height: 900 }, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      const asked = [];
      page.on("response", (response) => asked.push(`${response.status()} ${new URL(response.url()).pathname}`));
      await page.goto(`${market.url}/d/alice/brushes-2`);
      await page.waitForLoadState("networkidle");
      await page.screenshot({ path: path.join(OUT, `${name}.png`), fullPage: true });
      return { page, asked, thumbs: page.locator(".thumb img[src]"), close: () => context.close() };
    };
    const scripted = await visit({}, "script");
    assert.equal(await scripted.thumbs.count(), 3);
    for (const thumb of await scripted.thumbs.all()) {
      assert.ok(await thumb.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)));
      assert.match(await thumb.getAttribute("src"), /^blob:/);
    }
    assert.equal(scripted.asked.filter((url) => url === `200 ${CATALOG}`).length, 1);
    assert.deepEqual(scripted.asked.filter((url) => THUMBNAIL.test(url)), []);
    await scripted.close();

    const plain = await visit({ javaScriptEnabled: false }, "no-script");
    assert.equal(plain.asked.filter((url) => url.endsWith(CATALOG)).length, 0);
    const thumbnails = plain.asked.filter((url) => THUMBNAIL.test(url));
    assert.deepEqual(thumbnails.map((url) => url.split("/").at(-1)).sort(), ["paper-cork.png", "paper-deco.png", "sheet.png"]);
    await plain.close();
  } finally {
    await browser.close();
  }
});
