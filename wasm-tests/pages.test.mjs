// The pages in a real browser, at a phone's and a laptop's width.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { chromium } from "playwright-core";
import { ROOT } from "../xtask/serve.mjs";
import { Market } from "./support/market.mjs";

const OUT = path.join(ROOT, "wasm-tests/out/pages");
let market, browser;

before(async () => {
  await mkdir(OUT, { recursive: true });
  market = await Market.open();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});
after(async () => {
  await browser?.close();
  await market?.close();
});

for (const [name, viewport] of Object.entries({ phone: { width: 360, height: 740 }, laptop: { width: 1280, height: 800 } })) {
  test(`storefront, drop and redemption work on a ${name}`, async () => {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    const faults = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("response", (response) => response.status() >= 400 && faults.push(`${response.status()} ${response.url()}`));

    await page.goto(market.url);
    await everyPictureLoads(page);
    assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
    await noSidewaysScroll(page);
    await page.screenshot({ path: path.join(OUT, `storefront-${name}.png`), fullPage: true });

    await page.getByRole("link", { name: /Four mountain photographs/ }).first().click();
    await everyPictureLoads(page);
    await noSidewaysScroll(page);
    assert.ok(await page.getByText("master.zip").count());
    await page.screenshot({ path: path.join(OUT, `drop-${name}.png`), fullPage: true });

    const { out } = await market.cli("codes", "create", "--drop", "alice/drop-7", "--json");
    await page.goto(`${market.url}/r/${JSON.parse(out).codes[0]}`);
    await page.screenshot({ path: path.join(OUT, `redeem-${name}.png`), fullPage: true });
    await page.getByRole("button", { name: "Redeem" }).click();
    await page.getByText("Your code is redeemed").waitFor();
    await page.screenshot({ path: path.join(OUT, `redeemed-${name}.png`), fullPage: true });
    const href = await page.locator('a[href*="master.zip"]').first().getAttribute("href");
    assert.equal((await market.fetch(href)).status, 200, "the link on the page opens the file");
    assert.deepEqual(faults, []);

    await page.goto(`${market.url}/get/alice/nothing/here`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.screenshot({ path: path.join(OUT, `problem-${name}.png`), fullPage: true });
    await context.close();
  });
}

async function everyPictureLoads(page) {
  // Thumbnails and covers come out of the drops' catalogues, when a script has them:
  // covers as they are about to be seen.
  for (const card of await page.locator(".card").all()) await card.scrollIntoViewIfNeeded();
  await page.waitForFunction(() => [...document.images].every((image) => image.hasAttribute("src")), undefined, { timeout: 120_000 });
  for (const image of await page.locator("img").all()) {
    await image.scrollIntoViewIfNeeded();
    await image.evaluate((element) => element.decode());
    assert.ok(await image.evaluate((element) => element.naturalWidth > 0 && element.alt !== null));
  }
}

async function noSidewaysScroll(page) {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "the page is wider than the screen");
}
