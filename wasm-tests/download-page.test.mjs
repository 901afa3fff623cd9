// The download page in a real browser, with a line that fails in every way.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SignJWT, calculateJwkThumbprint, importJWK } from "jose";
import { chromium } from "playwright-core";
import { ROOT } from "../xtask/serve.mjs";
import { noise } from "./support/chance.mjs";
import { Market } from "./support/market.mjs";
import { Wire } from "./support/wire.mjs";

const OUT = path.join(ROOT, "wasm-tests/out/download-page");
const MB = 1_000_000;
const FILM = 100 * MB;
const FEATURE = 200 * MB;
let market, wire, browser, folder, film, feature;

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
  const large = path.join(folder, "feature");
  await mkdir(large);
  feature = noise(202, FEATURE);
  await writeFile(path.join(large, "film.bin"), feature);
  await market.cli("publish", large, "--creator", "alice", "--drop", "feature");
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

async function open({ drop = "film", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, acceptDownloads: true, ...options });
  // 200 MB take their time where other work goes on.
  context.setDefaultTimeout(240_000);
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  await page.goto(`${wire.url}/d/alice/${drop}`);
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

test("200 MB arrive whole: the server killed twice, a reload half-way, a damaged chunk", async () => {
  const { context, page } = await open({ drop: "feature" });
  await shot(page, "1-idle");
  let held = wire.hold(40 * MB);
  await row(page, "film.bin").getByRole("link", { name: "Download" }).click();
  await held;
  await inState(page, "film.bin", "loading");
  await shot(page, "2-loading");

  await kill(page, "3-connection-lost");
  held = wire.hold(50 * MB);
  await row(page, "film.bin").getByRole("button", { name: "Try now" }).click();
  await held;

  // What was on its way goes on after the reload, by itself.
  const before = wire.bytes;
  wire.flip("/get/alice/feature/film.bin", 160 * MB + 7);
  await page.reload();
  wire.release();
  held = wire.hold(40 * MB);
  await held;
  await shot(page, "4-after-the-reload");
  assert.ok(wire.bytes - before < 80 * MB, "what was there was not fetched again");
  await kill(page, "5-connection-lost-again");
  const mending = page.waitForFunction(() => /One part was damaged/.test(document.querySelector(".transfer .state").textContent));
  const saved = page.waitForEvent("download");
  await row(page, "film.bin").getByRole("button", { name: "Try now" }).click();
  await mending;
  await shot(page, "6-mended");
  const download = await saved;
  await inState(page, "film.bin", "done");
  assert.match(await text(page, "film.bin"), /^Complete, every part checked, and saved\. One part was damaged and fetched again\.$/);
  await shot(page, "7-done");
  assert.equal(download.suggestedFilename(), "film.bin");
  await same(download, feature);
  assert.ok(wire.flips.every(({ done }) => done), "the chunk was damaged on its way");
  const fetched = wire.seen.filter((seen) => seen.path.startsWith("/get/alice/feature/film.bin")).reduce((sum, { bytes }) => sum + bytes, 0);
  assert.ok(fetched < FEATURE + 60 * MB, `${fetched} bytes came for a file of ${FEATURE}`);
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
  await shot(page, "8-paused");
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
  await shot(page, "9-everything-phone");
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
  await shot(page, "10-ahead");
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
  await shot(page, "11-damaged");
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

test("a link that has expired says how to get a new one, on the page and half-way", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const expired = await past();
  await page.goto(`${wire.url}/d/alice/drop-7?grant=${expired}`);
  assert.match(await page.getByRole("alert").innerText(), /Your link has expired\. Redeem your code again on this device to get a new one/);
  await row(page, "master.zip").getByRole("link", { name: "Download" }).click();
  await inState(page, "master.zip", "failed");
  assert.match(await text(page, "master.zip"), /^Your link has expired\. Redeem your code again .* goes on with the new link/);
  await page.screenshot({ path: path.join(OUT, "12-expired-link.png"), fullPage: true });
  // The plain link leads to a page that says the same.
  await page.goto(`${wire.url}/get/alice/drop-7/master.zip?grant=${expired}`);
  assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Your link has expired");
  // A new link in its place takes the download up.
  const token = await market.grant("--drop", "alice/drop-7", "--expires", "1h");
  await page.goto(`${wire.url}/d/alice/drop-7?grant=${token}`);
  const saved = page.waitForEvent("download");
  await row(page, "master.zip").getByRole("button", { name: "Try again" }).or(row(page, "master.zip").getByRole("button", { name: "Resume" })).click();
  await same(await saved, await readFile(path.join(ROOT, "fixtures/demo/alice/drop-7/master.zip")));
  await context.close();
});

/** A grant that was good yesterday, by the marketplace's own key. */
async function past() {
  const jwk = JSON.parse(await readFile(path.join(market.home, "keys/issuer.jwk"), "utf8"));
  const exp = Math.floor(Date.now() / 1000) - 86_400;
  return new SignJWT({ iss: "marketplace", aud: "dropgate", exp, jti: randomUUID(), paths: ["alice/drop-7/*"] })
    .setProtectedHeader({ alg: "EdDSA", kid: await calculateJwkThumbprint(jwk) })
    .sign(await importJWK({ ...jwk, alg: "EdDSA" }, "EdDSA"));
}

/** What a screen reader is told: role, name and value of each thing, in order. */
async function spoken(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  const plain = ({ role, name, value, properties = [] }) => {
    const of = (wanted) => properties.find((property) => property.name === wanted)?.value.value;
    return { role: role?.value, name: name?.value ?? "", value: value?.value, focusable: of("focusable") ?? false, live: of("live") };
  };
  return nodes.filter(({ ignored }) => !ignored).map(plain);
}

test("a screen reader hears what is there and what happens", async () => {
  const { context, page } = await open();
  await page.getByRole("button", { name: /Download everything/ }).waitFor();
  const idle = await spoken(page);
  const named = (role) => idle.filter((node) => node.role === role).map(({ name }) => name);
  assert.equal(named("main").length, 1);
  assert.deepEqual(named("heading").slice(0, 2), ["A film in one piece", "Files"]);
  for (const name of ["film.bin", "notes.txt", "start.zip"]) assert.ok(named("link").includes(`Download ${name}`), name);
  assert.ok(named("button").some((name) => /^Download everything \(3 files/.test(name)));
  assert.ok(named("checkbox").some((name) => /ahead of time/.test(name)));
  for (const node of idle.filter(({ focusable, role }) => focusable && !["RootWebArea", "main"].includes(role))) {
    assert.notEqual(node.name.trim(), "", `a ${node.role} without a name`);
  }

  const held = wire.hold(30 * MB);
  await row(page, "film.bin").getByRole("link", { name: "Download" }).click();
  await held;
  const loading = await spoken(page);
  const bar = loading.find(({ role, name }) => role === "progressbar" && name === "Progress of film.bin");
  assert.ok(Number(bar?.value) > 0, JSON.stringify(bar));
  assert.ok(loading.some(({ role, name }) => role === "button" && name === "Pause film.bin"));
  const status = loading.find(({ role }) => role === "status");
  assert.equal(status.live, "polite");
  assert.match(await page.locator("#said").textContent(), /^film\.bin: \d+ %, /);
  wire.release();
  await row(page, "film.bin").getByRole("button", { name: "Pause" }).click();
  await inState(page, "film.bin", "paused");
  assert.match(await page.locator("#said").textContent(), /^film\.bin: Paused at /);
  await context.close();
});

test("the keyboard reaches all of it in the order it is read, and sees where it is", async () => {
  const { context, page } = await open();
  await page.getByRole("button", { name: /Download everything/ }).waitFor();
  const wanted = await page.evaluate(() => {
    const tabbable = [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")];
    return tabbable.filter((element) => element.checkVisibility()).map((element, index) => (element.dataset.turn = String(index)));
  });
  const reached = [];
  for (const _ of wanted) {
    await page.keyboard.press("Tab");
    const { turn, outlined } = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return { turn: document.activeElement.dataset.turn, outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
    });
    reached.push(turn);
    assert.ok(outlined, `the focus on ${turn} cannot be seen`);
  }
  assert.deepEqual(reached, wanted);

  // A download with the keyboard alone: begun, paused, thrown away.
  const held = wire.hold(20 * MB);
  await row(page, "film.bin").getByRole("link", { name: "Download" }).focus();
  await page.keyboard.press("Enter");
  await held;
  await page.keyboard.press("Enter");
  await inState(page, "film.bin", "paused");
  wire.release();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Discard film.bin");
  await page.keyboard.press("Space");
  await row(page, "film.bin").getByRole("link", { name: "Download" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Download film.bin", "the focus is where the link is again");
  await context.close();
});

test("a link that is no link says so", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const token = await market.grant("--drop", "alice/drop-7", "--expires", "1h");
  await page.goto(`${wire.url}/d/alice/drop-7?grant=${token}`);
  assert.equal(await row(page, "master.zip").getByRole("link").getAttribute("href"), `/get/alice/drop-7/master.zip?grant=${token}`);
  await page.goto(`${wire.url}/d/alice/drop-7?grant=${token.slice(0, -6)}AAAAAA`);
  assert.match(await page.getByRole("alert").innerText(), /ask for a new one/);
  await page.screenshot({ path: path.join(OUT, "13-bad-link.png"), fullPage: true });
  await context.close();
});
