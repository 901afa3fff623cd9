// The download page in a real browser, with a line that fails in every way.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import { ROOT } from "../xtask/serve.mjs";
import { noise } from "./support/chance.mjs";
import { Market } from "./support/market.mjs";
import { Wire } from "./support/wire.mjs";

const OUT = path.join(ROOT, "wasm-tests/out/download-page");
const MB = 1_000_000;
const FILM = 100 * MB;
let market, wire, browser, folder, film;

before(async () => {
  await mkdir(OUT, { recursive: true });
  market = await Market.open();
  wire = await Wire.open(market);
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-page-"));
  const drop = path.join(folder, "film");
  await mkdir(drop);
  film = noise(200, FILM);
  await writeFile(path.join(drop, "film.bin"), film);
  await writeFile(path.join(drop, "start.zip"), noise(201, 1_200_000));
  await writeFile(path.join(drop, "notes.txt"), "Notes on the film.\n");
  await writeFile(path.join(drop, "drop.toml"), 'title = "A film in one piece"\nlicense = "CC-BY-4.0"\nlite = "start.zip"\nmaster = "film.bin"\n');
  await market.cli("publish", drop, "--creator", "alice", "--drop", "film");
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});
after(async () => {
  await browser?.close();
  await wire?.close();
  await market?.close();
  if (folder) await rm(folder, { recursive: true });
});

const shot = (page, name) => page.screenshot({ path: path.join(OUT, `${name}.png`), fullPage: true });
const row = (page, name) => page.locator("ul.files > li").filter({ hasText: name });
const inState = (page, name, state) => row(page, name).locator(`.transfer[data-state="${state}"]`).waitFor();
const text = (page, name) => row(page, name).locator(".state").innerText();

async function sha256(file) {
  const hash = createHash("sha256");
  for await (const data of createReadStream(file)) hash.update(data);
  return hash.digest("hex");
}
const same = async (download, bytes) => assert.equal(await sha256(await download.path()), createHash("sha256").update(bytes).digest("hex"));

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  await page.goto(`${wire.url}/d/alice/film`);
  return { context, page };
}

/** The server dies as by a power cut, and comes back. */
async function kill(page, name) {
  await market.server.stop();
  wire.release();
  await inState(page, "film.bin", "waiting");
  assert.match(await text(page, "film.bin"), /connection was lost\. \d+ % is here and stays\./);
  await shot(page, name);
  await market.start();
}

test("100 MB arrive whole: the server killed twice, a reload half-way, a damaged chunk", async () => {
  const { context, page } = await open();
  await shot(page, "1-idle");
  let held = wire.hold(20 * MB);
  await row(page, "film.bin").getByRole("button", { name: "Download" }).or(row(page, "film.bin").getByRole("link", { name: "Download" })).click();
  await held;
  await inState(page, "film.bin", "loading");
  await shot(page, "2-loading");

  await kill(page, "3-connection-lost");
  held = wire.hold(25 * MB);
  await row(page, "film.bin").getByRole("button", { name: "Try now" }).click();
  await held;

  // What was on its way goes on after the reload, by itself.
  const before = wire.bytes;
  wire.flip("/get/alice/film/film.bin", 80 * MB + 7);
  await page.reload();
  wire.release();
  held = wire.hold(20 * MB);
  await held;
  assert.ok(wire.bytes - before < 60 * MB, "what was there was not fetched again");
  await kill(page, "4-connection-lost-again");
  const saved = page.waitForEvent("download");
  await row(page, "film.bin").getByRole("button", { name: "Try now" }).click();
  const download = await saved;
  await inState(page, "film.bin", "done");
  assert.match(await text(page, "film.bin"), /^Complete, every part checked, and saved\. One part was damaged and fetched again\.$/);
  await shot(page, "5-done");
  assert.equal(download.suggestedFilename(), "film.bin");
  await same(download, film);
  assert.ok(wire.flips.every(({ done }) => done), "the chunk was damaged on its way");
  const fetched = wire.seen.filter((seen) => seen.path.startsWith("/get/alice/film/film.bin")).reduce((sum, { bytes }) => sum + bytes, 0);
  assert.ok(fetched < FILM + 40 * MB, `${fetched} bytes came for a file of ${FILM}`);
  assert.deepEqual(page.faults, []);
  await context.close();
});

test("paused, changed on the disk behind its back, resumed: only what is wrong comes again", async () => {
  const { context, page } = await open();
  const held = wire.hold(30 * MB);
  await row(page, "film.bin").getByRole("link", { name: "Download" }).press("Enter");
  await held;
  assert.ok(await row(page, "film.bin").getByRole("button", { name: "Pause" }).evaluate((button) => button === document.activeElement), "the focus is where the link was");
  await page.keyboard.press("Enter");
  await inState(page, "film.bin", "paused");
  wire.release();
  assert.match(await text(page, "film.bin"), /^Paused at \d+ %/);
  await shot(page, "6-paused");
  await page.reload();
  await inState(page, "film.bin", "paused");

  const here = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    for await (const [name, handle] of root.entries()) {
      const file = await handle.getFile();
      const bytes = new Uint8Array(await file.arrayBuffer());
      bytes[5_000_000] ^= 1;
      const out = await (await root.getFileHandle(name)).createWritable();
      await out.write(bytes);
      await out.close();
      return bytes.length;
    }
  });
  assert.ok(here >= 20 * MB, `${here} bytes were kept`);
  wire.clear();
  const saved = page.waitForEvent("download");
  await row(page, "film.bin").getByRole("button", { name: "Resume" }).click();
  await same(await saved, film);
  assert.ok(wire.bytes < FILM - here + 2 * MB, `${wire.bytes} bytes came, ${here} were here`);
  await inState(page, "film.bin", "done");
  assert.match(await text(page, "film.bin"), /One part was damaged/);
  // It can be thrown away.
  await row(page, "film.bin").getByRole("button", { name: "Discard" }).click();
  assert.equal(await page.evaluate(async () => (await Array.fromAsync((await navigator.storage.getDirectory()).keys())).length), 0);
  assert.deepEqual(page.faults, []);
  await context.close();
});

test("one button brings everything, the small bundle first", async () => {
  const { context, page } = await open({ viewport: { width: 360, height: 740 } });
  const names = [];
  page.on("download", (download) => names.push(download.suggestedFilename()));
  await page.getByRole("button", { name: /Download everything \(3 files, 101 MB\)/ }).click();
  await inState(page, "start.zip", "done");
  await shot(page, "7-everything-phone");
  for (const name of ["start.zip", "notes.txt", "film.bin"]) await inState(page, name, "done");
  assert.deepEqual(names, ["start.zip", "notes.txt", "film.bin"]);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the screen");
  assert.match(await page.locator("#said").textContent(), /film\.bin: Complete/);
  assert.deepEqual(page.faults, []);
  await context.close();
});

test("with consent the large file is fetched ahead, and then it is there at once", async () => {
  const { context, page } = await open();
  wire.clear();
  await page.getByLabel(/ahead of time/).check();
  await inState(page, "film.bin", "done");
  assert.match(await text(page, "film.bin"), /^Ready on this device/);
  await shot(page, "8-ahead");
  wire.clear();
  const saved = page.waitForEvent("download");
  await row(page, "film.bin").getByRole("button", { name: "Save" }).click();
  await same(await saved, film);
  assert.equal(wire.bytes, 0, "nothing more came");
  await context.close();
});

test("nothing is fetched ahead where the browser says no", async () => {
  for (const headers of [{ "Sec-GPC": "1" }, { "Save-Data": "on" }]) {
    const { context, page } = await open({ extraHTTPHeaders: headers });
    assert.equal(await page.locator("#ahead").count(), 0, JSON.stringify(headers));
    await context.close();
  }
});

test("a store that keeps wrong bytes: it says so, keeps what is right, and goes on later", async () => {
  const bucket = await market.bucket();
  const { objects } = await bucket.list({ prefix: "targets/alice/film/" });
  const { key } = objects.find((object) => object.key.endsWith(".start.zip"));
  const bytes = new Uint8Array(noise(201, 1_200_000));
  const { sha256: signed } = (await bucket.head(key)).checksums;
  bytes[700_000] ^= 1;
  await bucket.put(key, bytes);
  const { context, page } = await open();
  await row(page, "start.zip").getByRole("link", { name: "Download" }).click();
  for (;;) {
    const state = await row(page, "start.zip").locator('.transfer[data-state="waiting"], .transfer[data-state="failed"]').first().getAttribute("data-state");
    if (state === "failed") break;
    await row(page, "start.zip").getByRole("button", { name: "Try now" }).click({ timeout: 5000 }).catch(() => {});
  }
  assert.match(await text(page, "start.zip"), /copy of this file is damaged/);
  await shot(page, "9-damaged");
  bytes[700_000] ^= 1;
  await bucket.put(key, bytes, { sha256: signed });
  const saved = page.waitForEvent("download");
  await row(page, "start.zip").getByRole("button", { name: "Try again" }).click();
  await same(await saved, Buffer.from(bytes));
  await context.close();
});

test("without a script it is a list of links", async () => {
  const { context, page } = await open({ javaScriptEnabled: false });
  for (const name of ["film.bin", "notes.txt", "start.zip"]) {
    assert.equal(await row(page, name).getByRole("link", { name: `Download ${name}` }).getAttribute("href"), `/get/alice/film/${name}`);
  }
  assert.ok(await page.getByRole("link", { name: /Download all as ZIP/ }).isVisible());
  assert.equal(await page.getByRole("button").count(), 0, "no button that does nothing");
  await context.close();
});

test("a link that has expired says how to get a new one", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const token = await market.grant("--drop", "alice/drop-7", "--expires", "1h");
  await page.goto(`${wire.url}/d/alice/drop-7?grant=${token}`);
  assert.equal(await row(page, "master.zip").getByRole("link").getAttribute("href"), `/get/alice/drop-7/master.zip?grant=${token}`);
  await page.goto(`${wire.url}/d/alice/drop-7?grant=${token.slice(0, -6)}AAAAAA`);
  assert.match(await page.getByRole("alert").innerText(), /ask for a new one/);
  await page.screenshot({ path: path.join(OUT, "10-bad-link.png"), fullPage: true });
  await context.close();
});
