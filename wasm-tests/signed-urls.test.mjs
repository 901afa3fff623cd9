// Signed URLs: what the command line signs, the worker takes; a key is changed without breaking a page.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { Market, settled } from "./support/market.mjs";

const PATH = "/img/width=333,blur=4/alice/drop-7/cover.jpg";
let market;

before(async () => { market = await Market.open(); });
after(() => market?.close());

const sign = async (...args) => (await market.cli("sign-url", ...args)).out.trim();
const status = async (url) => (await market.fetch(url)).status;
const keys = async () => (await market.cli("url-keys", "list")).out.trim().split("\n");

test("a signature opens every option, for this very path", async () => {
  assert.equal(await status(PATH), 400, "an option that nobody may count up");
  const url = await sign(PATH);
  assert.ok(url.startsWith(`${market.url}${PATH}?kid=k1&sig=`), url);
  const made = await market.fetch(url);
  assert.equal(made.status, 200);
  assert.equal((await sharp(Buffer.from(await made.arrayBuffer())).metadata()).width, 333);
  assert.equal(await status(url.replace("blur=4", "blur=5")), 403);
  assert.equal(await status(url.replace("sig=", "sig=A")), 403);
  assert.equal(await status(await sign(`${market.url}${PATH}`)), 200, "a whole URL is signed alike");
});

test("a signature may end", async () => {
  const url = await sign(PATH, "--expires", "1h");
  assert.match(url, /&exp=\d{10}&sig=/);
  assert.equal(await status(url), 200);
  assert.equal(await status(url.replace(/exp=\d/, "exp=9")), 403, "and no one can put it off");
});

test("the other grammars are signed alike, and what is signed is kept", async () => {
  const region = "/iiif/3/alice~drop-7~cover.jpg/100,200,300,400/150,/0/default.jpg";
  const url = await sign(region);
  assert.equal(await status(url), 200);
  await settled(async () => assert.match((await market.fetch(url)).headers.get("cache-status"), /; hit/));
  assert.equal(await status(await sign("/cdn-cgi/image/width=77,sharpen=2/alice/drop-7/cover.jpg")), 200);
});

test("what is no picture's URL is not signed", async () => {
  for (const url of ["/get/alice/drop-7/cover.jpg", "/img/widht=5/alice/drop-7/cover.jpg", `${PATH}?x=1`, "cover.jpg"]) {
    const { code, err } = await market.tryCli("sign-url", url);
    assert.notEqual(code, 0, url);
    assert.match(err, /^dropgate: /, url);
  }
});

test("a key is changed in two steps", async () => {
  const old = await sign(PATH);
  await market.cli("url-keys", "add", "k2");
  assert.deepEqual(await keys(), ["k2", "k1"]);
  await market.restart();
  const next = await sign(PATH);
  assert.match(next, /kid=k2/);
  assert.equal(await status(next.replace(/^.*?\/img/, "/img")), 200);
  assert.equal(await status(old.replace(/^.*?\/img/, "/img")), 200, "what the old key signed holds");
  await market.cli("url-keys", "remove", "k1");
  await market.restart();
  assert.equal(await status(old.replace(/^.*?\/img/, "/img")), 403, "until the key is gone");
  assert.notEqual((await market.tryCli("url-keys", "remove", "k2")).code, 0, "the last one stays");
  assert.notEqual((await market.tryCli("url-keys", "add", "k2")).code, 0, "a name is used once");
  assert.deepEqual(await keys(), ["k2"]);
});
