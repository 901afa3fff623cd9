// Consent first, and previews before a grant: a drop that asks, a person on a phone without scripts, programs that
// press buttons, a stock JWT library for the receipt, and what a shopper without a grant gets to see.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { compactVerify, createRemoteJWKSet } from "jose";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { ROOT } from "../xtask/serve.mjs";
import { Market } from "./support/market.mjs";
import { robot } from "./support/robot.mjs";

const DROP = "alice/study";
const FILE = `/get/${DROP}/photo.jpg`;
const TOML = `title = "A study in light"
access = "grant"
consent = ["measurement", "prefetch"]
preview = { max_edge = 640, watermark = true }

[files."note.txt"]
access = "public"
`;
let market, folder, browser, grant;

before(async () => {
  market = await Market.open();
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-study-"));
  await cp(path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg"), path.join(folder, "photo.jpg"));
  await writeFile(path.join(folder, "note.txt"), "a note\n");
  await writeFile(path.join(folder, "drop.toml"), TOML);
  await market.cli("publish", folder, "--creator", "alice", "--drop", "study");
  grant = await market.grant("--drop", DROP);
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
});
after(async () => {
  await browser?.close();
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

const head = (url, headers = {}) => market.fetch(url, { method: "HEAD", headers });
const slug = async (response) => (await response.json()).type.split(":").pop();
const cookieOf = (response) => response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");

/** What a program does that knows what it agrees to. */
async function agree(more = { confirm: "yes" }) {
  const page = await market.fetch(`/consent/${DROP}`);
  const nonce = (await page.text()).match(/name="nonce" value="([^"]+)"/)[1];
  const body = new URLSearchParams({ nonce, "agree-measurement": "yes", "agree-prefetch": "yes", ...more });
  return market.fetch(`/consent/${DROP}`, { method: "POST", body, headers: { cookie: cookieOf(page) } });
}

test("a drop that asks is shut to everyone who has not agreed, and says what is asked", async () => {
  for (const headers of [{ authorization: `Bearer ${grant}` }, { cookie: `__Host-grant=${grant}` }]) {
    const refused = await market.fetch(FILE, { headers });
    assert.equal(refused.status, 428);
    assert.equal(refused.headers.get("content-type"), "application/problem+json");
    const problem = await refused.json();
    assert.equal(problem.type, "urn:dropgate:problem:consent-required");
    assert.deepEqual(problem.consent, { scopes: ["measurement", "prefetch"], ask: `/consent/${DROP}` });
  }
  assert.equal((await head(`/get/${DROP}/note.txt`)).status, 428, "public files too");
  assert.equal((await head(`/get/${DROP}.zip`, { authorization: `Bearer ${grant}` })).status, 428);
});

test("a person on a phone without scripts agrees, has the files, and takes it back", async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${market.url}/d/${DROP}`);
  await page.getByRole("link", { name: "See what the creator asks for" }).click();
  await page.screenshot({ path: path.join(ROOT, "wasm-tests/out/consent-ask.png"), fullPage: true });
  const boxes = page.getByRole("checkbox");
  assert.equal(await boxes.count(), 2);
  for (const box of await boxes.all()) {
    assert.equal(await box.isChecked(), false, "nothing is ticked beforehand");
    await box.check();
  }
  await page.getByRole("button", { name: "I agree" }).click();
  await page.getByRole("heading", { name: "You agreed" }).waitFor();
  await page.screenshot({ path: path.join(ROOT, "wasm-tests/out/consent-receipt.png"), fullPage: true });
  const receipt = page.url();
  const cookies = async () => (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  for (const cookie of await context.cookies()) assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite === "Lax");
  assert.equal((await head(`/get/${DROP}/note.txt`, { cookie: await cookies() })).status, 200);
  assert.equal((await head(FILE, { cookie: await cookies() })).status, 401, "consent is no grant");
  const opened = () => cookies().then((cookie) => head(FILE, { cookie, authorization: `Bearer ${grant}` }));
  assert.equal((await opened()).status, 200);

  // Who follows the receipt's address elsewhere sees it, and withdraws nothing by looking.
  await robot(browser, receipt, 2);
  assert.equal((await opened()).status, 200);
  await page.getByRole("button", { name: "Take it back" }).click();
  await page.getByRole("heading", { name: "You have taken this back" }).waitFor();
  assert.equal((await opened()).status, 428);
});

test("programs that press buttons agree to nothing", async () => {
  const cookies = await robot(browser, `${market.url}/consent/${DROP}`, 2, () => {
    for (const box of document.querySelectorAll("input[type=checkbox]")) if (box.name !== "confirm") box.checked = true;
    document.forms[0]?.submit();
  });
  assert.ok(!cookies.some(({ name }) => name === "__Host-consent"));
  const unsure = await agree({});
  assert.equal(unsure.status, 200);
  assert.ok(!cookieOf(unsure).includes("__Host-consent"));
  const half = await agree({ confirm: "yes", "agree-prefetch": "no" });
  assert.equal(half.status, 422);
  assert.equal(await slug(half), "consent-incomplete");
});

test("the receipt is signed: a stock library checks it; its log entry proves it; a grant can carry it", async () => {
  const given = await agree();
  assert.equal(given.status, 201);
  const { consent, receipt } = await given.json();
  const { receipt: record, jws } = await (await fetch(receipt)).json();
  const { payload, protectedHeader } = await compactVerify(jws, createRemoteJWKSet(new URL("/.well-known/jwks.json", market.url)));
  assert.equal(protectedHeader.typ, "consent-receipt+jwt");
  assert.deepEqual(JSON.parse(Buffer.from(payload)), record);
  assert.equal(record.schema_version, "ISO/IEC TS 27560:2023");
  for (const field of ["record_id", "pii_principal_id", "pii_processing", "party_identification", "consent_events"]) assert.ok(record[field], field);
  assert.deepEqual(record.pii_processing.purposes.map(({ purpose, lawful_basis }) => [purpose, lawful_basis]), [["measurement", "consent"], ["prefetch", "consent"]]);
  assert.equal(record.pii_processing.purposes[0].withdrawal_method, receipt);
  assert.ok(given.headers.get("receipt-location").startsWith("/receipts/"));

  const carries = await market.grant("--drop", DROP, ...consent.flatMap((id) => ["--consent", id]));
  const get = () => head(FILE, { authorization: `Bearer ${carries}` });
  assert.equal((await get()).status, 200);
  assert.equal((await fetch(receipt, { method: "POST" })).status, 200);
  const refused = await market.fetch(FILE, { headers: { authorization: `Bearer ${carries}` } });
  assert.equal(refused.status, 428);
  assert.equal(await slug(refused), "consent-withdrawn");
});

test("Global Privacy Control is heeded, and said to be", async () => {
  const said = await market.fetch("/.well-known/gpc.json");
  assert.equal(said.headers.get("content-type"), "application/json");
  assert.equal((await said.json()).gpc, true);
  const cookie = cookieOf(await agree());
  const page = async (headers) => (await market.fetch(`/d/${DROP}`, { headers: { cookie, ...headers } })).text();
  assert.match(await page({}), /id="ahead"/);
  assert.doesNotMatch(await page({ "sec-gpc": "1" }), /id="ahead"/);
  assert.doesNotMatch(await (await market.fetch(`/d/${DROP}`)).text(), /id="ahead"/, "not before it is agreed to");
});

test("without a grant a gated picture is a preview: small, marked, whole, and never the original", async () => {
  const original = await readFile(path.join(folder, "photo.jpg"));
  const img = (options, headers) => market.fetch(`/img/${options}/${DROP}/photo.jpg`, { headers });
  const sizes = [];
  for (const options of ["width=3840", "height=3840", "width=1920,height=1920,fit=cover", "width=320,height=320,fit=crop,gravity=auto", "dpr=3,width=1280", "format=png"]) {
    const shown = await img(options);
    assert.equal(shown.status, 200, options);
    assert.match(shown.headers.get("cache-control"), /^private/);
    const bytes = Buffer.from(await shown.arrayBuffer());
    const { width, height } = await sharp(bytes).metadata();
    assert.ok(Math.max(width, height) <= 640, `${options}: ${width} by ${height}`);
    assert.ok(bytes.length < original.length / 2);
    sizes.push(width / height);
  }
  const { autoOrient } = await sharp(original).metadata();
  for (const ratio of sizes) assert.ok(Math.abs(ratio - autoOrient.width / autoOrient.height) < 0.02, "all of the picture");

  // With what opens the file, the picture itself.
  const cookie = cookieOf(await agree());
  const own = await img("width=1280", { cookie, authorization: `Bearer ${grant}` });
  assert.equal((await sharp(Buffer.from(await own.arrayBuffer())).metadata()).width, 1280);
  // The mark is there: the preview differs from the same size without one.
  const raw = async (response) => sharp(Buffer.from(await response.arrayBuffer())).greyscale().raw().toBuffer();
  const [marked, plain] = [await raw(await img("width=320")), await raw(await img("width=320", { cookie, authorization: `Bearer ${grant}` }))];
  assert.equal(marked.length, plain.length);
  const differ = marked.filter((level, at) => Math.abs(level - plain[at]) > 24).length;
  assert.ok(differ > marked.length / 100, `${differ} of ${marked.length} pixels`);
  // A grant that is insisted on and refused is no reason to show anything.
  assert.equal((await img("width=320", { authorization: `Bearer ${grant}x` })).status, 401);
  assert.equal((await head(FILE)).status, 401);
});
