// Redemption codes: the command line's cards, the page on a phone without
// scripts, and 200 people at once while the worker is killed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import jsqr from "jsqr";
import { chromium } from "playwright-core";
import { ROOT } from "../xtask/serve.mjs";
import { impossible, operations } from "./support/history.mjs";
import { Market, settled } from "./support/market.mjs";

const jsQR = jsqr.default ?? jsqr;
let market, folder;
before(async () => {
  market = await Market.open();
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-cards-"));
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

const create = async (...args) => JSON.parse((await market.cli("codes", "create", "--drop", "alice/brushes-2", "--json", ...args)).out);
const redeem = (code, headers = {}) => market.fetch("/redeem", { method: "POST", body: new URLSearchParams({ code }), headers });
const slug = async (response) => (await response.json()).type.split(":").pop();
const jtiOf = (grant) => JSON.parse(Buffer.from(grant.split(".")[1], "base64url")).jti;

test("cards: CSV, a sheet and SVGs that lead to the page; tiers open different files", async () => {
  const [csv, sheet, svg] = ["codes.csv", "sheet.html", "svg"].map((name) => path.join(folder, name));
  const made = await create("--count", "3", "--tier", "gold", "--label", "Lisbon <market>", "--csv", csv, "--sheet", sheet, "--svg", svg);
  const lines = (await readFile(csv, "utf8")).trim().split("\r\n");
  assert.deepEqual(lines, ["code,url", ...made.codes.map((code) => `${code},${market.url}/r/${code}`)]);
  const page = await readFile(sheet, "utf8");
  for (const code of made.codes) assert.ok(page.includes(code));
  assert.ok(page.includes("Lisbon &lt;market&gt;") && !/(src|href)=/.test(page));
  assert.equal((await readdir(svg)).length, 3);
  const again = await market.tryCli("codes", "create", "--drop", "alice/brushes-2", "--csv", csv);
  assert.notEqual(again.code, 0);
  assert.match(again.err, /never overwritten/);

  const gold = (await (await redeem(made.codes[0])).json()).grant;
  const plain = (await (await redeem((await create()).codes[0])).json()).grant;
  const file = (token) => market.fetch("/get/alice/brushes-2/paper-rough.png", { method: "HEAD", headers: { authorization: `Bearer ${token}` } });
  assert.equal((await file(gold)).status, 200);
  assert.equal((await file(plain)).status, 403);
});

test("the QR code of a card is read by a stock reader as the page's address", async () => {
  const made = await create("--svg", path.join(folder, "eye"));
  const svg = await readFile(path.join(folder, "eye/0001.svg"), "utf8");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await browser.newPage();
    const { data, width } = await page.evaluate(async (source) => {
      const image = new Image();
      image.src = `data:image/svg+xml,${encodeURIComponent(source)}`;
      await image.decode();
      const width = 400;
      const context = new OffscreenCanvas(width, width).getContext("2d");
      context.drawImage(image, 0, 0, width, width);
      return { data: [...context.getImageData(0, 0, width, width).data], width };
    }, svg);
    assert.equal(jsQR(Uint8ClampedArray.from(data), width, width)?.data, `${market.url}/r/${made.codes[0]}`);
  } finally {
    await browser.close();
  }
});

test("on a phone without scripts a code becomes files; an auto-submitted form spends nothing", async () => {
  const { codes: [code], campaign } = await create("--tier", "gold");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const scanner = await (await browser.newContext()).newPage();
    await scanner.addInitScript(() => addEventListener("load", () => document.forms[0]?.requestSubmit()));
    await scanner.goto(`${market.url}/r/${code}`);
    await scanner.getByRole("checkbox").waitFor();
    assert.equal(JSON.parse((await market.cli("codes", "report", campaign, "--json")).out).redeemed, 0);

    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${market.url}/r/${code}`);
    await page.getByRole("button", { name: "Redeem" }).click();
    await page.getByRole("heading", { level: 2, name: "Files" }).waitFor();
    await page.screenshot({ path: path.join(ROOT, "wasm-tests/out/redeemed-phone.png"), fullPage: true });
    // The session's cookie opens the files too.
    const cookies = await context.cookies();
    const grant = cookies.find((cookie) => cookie.name === "__Host-grant");
    assert.ok(grant?.httpOnly && grant.secure && grant.sameSite === "Lax");
    const file = await context.request.get(`${market.url}/get/alice/brushes-2/paper-rough.png`, { headers: { cookie: `__Host-grant=${grant.value}` } });
    assert.equal(file.status(), 200);
  } finally {
    await browser.close();
  }
});

test("a campaign is reported by the hour, and what is left can be voided", async () => {
  const { codes, campaign } = await create("--count", "4", "--per-device", "1", "--label", "fair");
  await market.fetch(`/r/${codes[0]}`, { method: "HEAD" });
  for (const code of [codes[0], codes[0], codes[1]]) await market.fetch(`/r/${code}`);
  const first = await redeem(codes[0]);
  const device = first.headers.getSetCookie().find((cookie) => cookie.startsWith("__Host-device=")).split(";")[0];
  assert.equal(await slug(await redeem(codes[1], { cookie: device })), "code-device-limit");
  await settled(async () => {
    const report = JSON.parse((await market.cli("codes", "report", campaign, "--json")).out);
    assert.deepEqual([report.issued, report.opened, report.redeemed], [4, 2, 1]);
    assert.equal(Object.values(report.hours).reduce((sum, hour) => sum + hour.redeemed, 0), 1);
  });
  assert.match((await market.cli("codes", "void", campaign)).out, /voided +true/);
  assert.equal(await slug(await redeem(codes[2])), "code-revoked");
  assert.equal((await redeem(codes[0], { cookie: device })).status, 200, "what was redeemed stays");
  assert.notEqual((await market.tryCli("codes", "report", "nobody")).code, 0);
});

test("the model of a code tells a possible history from an impossible one", () => {
  const ann = { who: "ann", asked: 0, answered: 9, jti: "a" };
  const told = { who: "ben", asked: 1, answered: 2 };
  assert.equal(impossible([ann, told]), undefined);
  assert.equal(impossible([ann, { ...told, asked: 10, answered: 11 }]), undefined);
  assert.match(impossible([ann, { ...ann, who: "ben" }]), /2 were granted/);
  assert.match(impossible([told]), /nobody has it/);
  assert.match(impossible([{ ...ann, asked: 3 }, told]), /before ann, who has it, had asked/);
  const lost = [{ who: "ann", asked: 1, answered: 2, status: 0 }, { who: "ann", asked: 3, answered: 4, status: 200, jti: "a" }];
  assert.deepEqual(operations(lost), [{ who: "ann", asked: 1, answered: 4, status: 200, jti: "a" }]);
});

test("200 people for one code and 200 for 200, the worker killed in the middle: none lost, none doubled", async () => {
  const one = await create();
  const many = await create("--count", "200");
  const history = [];
  /** Asks until there is an answer, with one key: what a good client does. */
  async function ask(code, who) {
    const key = randomUUID();
    for (let tries = 1; tries <= 400; tries++) {
      const asked = performance.now();
      try {
        const response = await redeem(code, { "idempotency-key": key });
        const body = await response.json();
        const event = { code, who, tries, asked, answered: performance.now(), status: response.status };
        if (response.status >= 500) throw new Error("the worker is down");
        met({ ...event, jti: body.grant && jtiOf(body.grant), problem: body.type });
        return;
      } catch {
        met({ code, who, tries, asked, answered: performance.now(), status: 0 });
        await up();
      }
    }
    throw new Error(`no answer for ${who}`);
  }
  // Killed once some have their answer and most have not.
  const met = (event) => history.push(event) === 40 && (down = market.restart());
  let down = Promise.resolve();
  const up = () => down.then(() => new Promise(setImmediate));
  const asks = [];
  for (let who = 0; who < 200; who++) {
    asks.push(ask(one.codes[0], `one-${who}`), ask(many.codes[who], `many-${who}`));
  }
  await Promise.all(asks);
  await down;

  const answers = history.filter((event) => event.status);
  assert.equal(answers.length, 400);
  const ofOne = answers.filter((event) => event.code === one.codes[0]);
  assert.equal(new Set(ofOne.filter((event) => event.status === 200).map((event) => event.jti)).size, 1);
  assert.equal(ofOne.filter((event) => event.status === 200).length, 1, "one person has it");
  assert.ok(ofOne.filter((event) => event.status !== 200).every((event) => event.problem.endsWith("code-spent")));
  const ofMany = answers.filter((event) => event.code !== one.codes[0]);
  assert.ok(ofMany.every((event) => event.status === 200), "nobody lost theirs");
  assert.equal(new Set(ofMany.map((event) => event.jti)).size, 200, "nobody has another's");
  // Each code's history is one that a register written once could have.
  for (const code of [...one.codes, ...many.codes]) {
    const ofCode = operations(history.filter((event) => event.code === code));
    assert.equal(ofCode.length, code === one.codes[0] ? 200 : 1);
    assert.equal(impossible(ofCode), undefined, code);
  }
  // The books agree with the history.
  for (const [campaign, redeemed] of [[one.campaign, 1], [many.campaign, 200]]) {
    assert.equal(JSON.parse((await market.cli("codes", "report", campaign, "--json")).out).redeemed, redeemed);
  }
});
