// Ephemeral links: what scanners do spends nothing, what a person does spends one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import path from "node:path";
import { chromium } from "playwright-core";
import { ROOT } from "../xtask/serve.mjs";
import { Market } from "./support/market.mjs";
import { robot } from "./support/robot.mjs";

let market, browser;
before(async () => {
  market = await Market.open();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
});
after(async () => {
  await browser?.close();
  await market?.close();
});

const link = async (...args) => (await market.cli("link", "--drop", "alice/drop-7", ...args)).out.trim();
const audit = async (url, action = "show") => JSON.parse((await market.cli("link", action, url)).out);
const slug = async (response) => (await response.json()).type.split(":").pop();
const nonceOf = (html) => html.match(/name="nonce" value="([^"]+)"/)[1];
const cookieOf = (response) => response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");

test("a scanner spends nothing: HEAD, GET, a page that loads, a form that submits itself, a form that is parsed and posted", async () => {
  const url = await link("--uses", "1", "--expires", "24h");
  for (const method of ["HEAD", "GET", "GET", "HEAD"]) assert.equal((await fetch(url, { method })).status, 200);

  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForLoadState("networkidle");
  await page.close();

  await robot(browser, url, 3);
  assert.deepEqual((await audit(url)).spent, []);

  const shown = await fetch(url);
  const nonce = nonceOf(await shown.text());
  const posted = await fetch(url, { method: "POST", body: new URLSearchParams({ nonce }), headers: { cookie: cookieOf(shown) } });
  assert.match(await posted.text(), /type="checkbox"/);
  for (const body of [{}, { nonce: "x", confirm: "yes" }, { nonce, confirm: "yes" }]) {
    const refused = await fetch(url, { method: "POST", body: new URLSearchParams(body) });
    assert.equal(refused.status, 403, "without the device's cookie");
    assert.equal(await slug(refused), "link-nonce");
  }
  assert.deepEqual((await audit(url)).spent, []);
});

test("a person's press spends one use, binds it to the device, and a reload shows the same", async () => {
  const url = await link();
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.screenshot({ path: path.join(ROOT, "wasm-tests/out/link-phone.png"), fullPage: true });
  await page.getByRole("button", { name: "Open the files" }).click();
  await page.getByRole("heading", { level: 2, name: "Files" }).waitFor();
  assert.equal((await audit(url)).spent.length, 1);
  await page.goto(url);
  await page.getByRole("button", { name: "Open the files" }).click();
  await page.getByRole("heading", { level: 2, name: "Files" }).waitFor();
  assert.equal((await audit(url)).spent.length, 1, "the same device within the window");

  const other = await (await browser.newContext()).newPage();
  await other.goto(url);
  await other.getByRole("button", { name: "Open the files" }).click();
  await other.getByText("used up on another device").waitFor();
});

test("a link can be spent at once by as many as it has uses, and no more", async () => {
  const url = await link("--uses", "3");
  const spend = async () => {
    const shown = await fetch(url);
    const nonce = nonceOf(await shown.text());
    return fetch(url, { method: "POST", body: new URLSearchParams({ nonce, confirm: "yes" }), headers: { cookie: cookieOf(shown) } });
  };
  const answers = await Promise.all(Array.from({ length: 20 }, spend));
  const granted = answers.filter((answer) => answer.status === 200);
  assert.equal(granted.length, 3);
  assert.equal(await slug(answers.find((answer) => answer.status !== 200)), "link-spent");
  const { grant } = await granted[0].json();
  const get = () => market.fetch("/get/alice/drop-7/master.zip", { method: "GET", headers: { authorization: `Bearer ${grant}` } });
  assert.equal((await get()).status, 200);

  assert.equal((await audit(url, "revoke")).revoked, true);
  assert.equal((await fetch(url)).status, 410);
  const refused = await get();
  assert.equal(refused.status, 401);
  assert.equal(await slug(refused), "grant-revoked");
});

test("wrong links and wrong arguments say so", async () => {
  assert.equal((await market.fetch("/link/nobody")).status, 404);
  for (const args of [[], ["--drop", "nothing"], ["--drop", "alice/drop-7", "--uses", "0"], ["show"], ["--drop", "alice/none"]]) {
    const ran = await market.tryCli("link", ...args);
    assert.notEqual(ran.code, 0);
    assert.ok(ran.err.length > 10);
  }
});
