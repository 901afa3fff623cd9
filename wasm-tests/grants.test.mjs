// Who may have a gated file: grants of the command line, of a stock JWT
// library, and everything that is no grant.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { SignJWT, calculateJwkThumbprint, importJWK } from "jose";
import { ROOT } from "../xtask/serve.mjs";
import { Market, settled } from "./support/market.mjs";

const MASTER = "/get/alice/drop-7/master.zip";
let market, key, kid;

before(async () => {
  market = await Market.open();
  const jwk = JSON.parse(await readFile(path.join(market.home, "keys/issuer.jwk"), "utf8"));
  kid = await calculateJwkThumbprint(jwk);
  key = await importJWK({ ...jwk, alg: "EdDSA" }, "EdDSA");
});
after(() => market?.close());

const get = (token, where = MASTER) =>
  market.fetch(where, { headers: token ? { authorization: `Bearer ${token}` } : {} });

/** A grant as any back end would mint it. */
const jose = (claims = {}, header = {}) =>
  new SignJWT({ iss: "marketplace", aud: "dropgate", exp: now() + 600, paths: ["alice/drop-7/*"], ...claims })
    .setProtectedHeader({ alg: "EdDSA", kid, ...header })
    .sign(key);

const now = () => Math.floor(Date.now() / 1000);

async function refused(response, status, slug) {
  assert.equal(response.status, status);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const problem = await response.json();
  if (slug) assert.equal(problem.type, `urn:dropgate:problem:${slug}`);
  assert.ok(problem.detail.length > 10);
  return problem;
}

test("without a grant: 401, and what to send", async () => {
  const response = await get();
  assert.match(response.headers.get("www-authenticate"), /^Bearer/);
  await refused(response, 401, "grant-missing");
});

test("grants of the command line and of npm jose open the file, byte for byte", async () => {
  const expected = await readFile(path.join(ROOT, "fixtures/demo/alice/drop-7/master.zip"));
  for (const token of [await market.grant("--drop", "alice/drop-7", "--expires", "1h"), await jose()]) {
    const response = await get(token);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("cache-control"), "private, no-cache, no-transform");
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), expected);
  }
});

test("a grant may come as a query or a cookie", async () => {
  const token = await jose();
  assert.equal((await market.fetch(`${MASTER}?grant=${token}`)).status, 200);
  const cookie = { cookie: `other=1; __Host-grant=${token}` };
  assert.equal((await market.fetch(MASTER, { headers: cookie })).status, 200);
});

test("a grant for something else: 403", async () => {
  await refused(await get(await jose({ paths: ["bruno/*"] })), 403);
  const other = await market.grant("--drop", "alice/brushes-2", "--expires", "1h");
  await refused(await get(other), 403);
});

test("a tier is asked for by name", async () => {
  const gold = "/get/alice/brushes-2/paper-rough.png";
  const paths = ["alice/brushes-2/*"];
  await refused(await get(await jose({ paths }), gold), 403);
  await refused(await get(await jose({ paths, tier: "silver" }), gold), 403);
  assert.equal((await get(await jose({ paths, tier: "gold" }), gold)).status, 200);
});

test("what is no grant: 401 with its own reason", async () => {
  const good = await jose();
  const [header, payload, signature] = good.split(".");
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const flip = (text) => (text.startsWith("A") ? "B" : "A") + text.slice(1);
  const jwk = JSON.parse(await readFile(path.join(market.home, "keys/issuer.jwk"), "utf8"));
  const hs256 = () => {
    const signed = `${encode({ alg: "HS256", kid })}.${payload}`;
    return `${signed}.${createHmac("sha256", Buffer.from(jwk.x, "base64url")).update(signed).digest("base64url")}`;
  };
  const tokens = {
    expired: await jose({ exp: now() - 3600 }),
    "not yet": await jose({ nbf: now() + 3600 }),
    "other audience": await jose({ aud: "elsewhere" }),
    "unknown issuer": await jose({ iss: "stranger" }),
    "unknown key": await jose({}, { kid: "nobody" }),
    "flipped signature": `${header}.${payload}.${flip(signature)}`,
    "flipped payload": `${header}.${encode({ ...JSON.parse(Buffer.from(payload, "base64url")), exp: now() + 9999 })}.${signature}`,
    "alg none": `${encode({ alg: "none" })}.${payload}.`,
    "alg HS256": hs256(),
    "no exp": await new SignJWT({ iss: "marketplace", aud: "dropgate", paths: ["alice/*"] }).setProtectedHeader({ alg: "EdDSA", kid }).sign(key),
    "two parts": `${header}.${payload}`,
    garbage: "garbage",
  };
  for (const [name, token] of Object.entries(tokens)) {
    const response = await get(token);
    assert.match(response.headers.get("www-authenticate"), /invalid_token/, name);
    await refused(response, 401);
  }
});

test("a limit this worker does not know is refused, never ignored", async () => {
  await refused(await get(await jose({ jti: "a", lim: { prints: 1 } })), 401, "grant-claim");
  await refused(await get(await jose({ lim: { downloads: 1 } })), 401, "grant-claim");
});

test("a gated picture has no derivative without a grant", async () => {
  const where = "/img/width=320/alice/brushes-2/paper-rough.png";
  await refused(await market.fetch(where), 401);
  const token = await jose({ paths: ["alice/brushes-2/*"], tier: "gold" });
  const response = await get(token, where);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("cache-control"), /^private/);
  await refused(await market.fetch(where), 401);
});

test("a whole delivery leaves a signed receipt", async () => {
  const response = await get(await jose());
  const where = response.headers.get("receipt-location");
  await response.arrayBuffer();
  await settled(async () => {
    const receipt = await market.fetch(where);
    assert.equal(receipt.status, 200);
    const note = await receipt.text();
    assert.match(note, /type: deliver|type deliver/);
    assert.match(note, /\n\n— dropgate [A-Za-z0-9+/]+=*\n$/);
    assert.ok(!note.includes("127.0.0.1"));
  });
});

test("a code becomes one grant, once, and only by a POST", async () => {
  const { out } = await market.cli("codes", "create", "--drop", "alice/drop-7", "--count", "2", "--json");
  const [code, other] = JSON.parse(out).codes;
  for (const method of ["GET", "HEAD", "GET"]) {
    assert.equal((await market.fetch(`/r/${code}`, { method })).status, 200);
  }
  const redeem = (text, headers = {}) =>
    market.fetch("/redeem", { method: "POST", body: new URLSearchParams({ code: text }), headers });
  const first = await redeem(code.toLowerCase().replaceAll("-", " "));
  assert.equal(first.status, 200);
  const { grant } = await first.json();
  assert.equal((await get(grant)).status, 200);
  const device = first.headers.getSetCookie().find((cookie) => cookie.startsWith("__Host-device=")).split(";")[0];
  const again = await redeem(code, { cookie: device });
  assert.equal((await again.json()).grant, grant);
  await refused(await redeem(code), 409, "code-spent");
  await refused(await redeem("0000-0000-0000-0"), 404, "code-unknown");
  await refused(await redeem("nonsense"), 422, "code-malformed");
  const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(other)));
  const granted = answers.filter((answer) => answer.status === 200);
  assert.equal(granted.length, 1, "one of twenty simultaneous redemptions");
});
