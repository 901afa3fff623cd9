// What a grant may take, counted in the Durable Objects of the real runtime:
// budgets by coverage, first devices, grace, revocation, issuers by URL.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { SignJWT, calculateJwkThumbprint, compactVerify, createRemoteJWKSet, exportJWK, generateKeyPair, importJWK } from "jose";
import { inflateSync } from "node:zlib";
import { ROOT } from "../xtask/serve.mjs";
import { Market, settled } from "./support/market.mjs";

const MASTER = "alice/drop-7/master.zip";
const SHEET = "alice/brushes-2/brushes.zip";
let market, key, kid, expected, shop;

before(async () => {
  shop = await keyServer();
  market = await Market.open({ vars: {} });
  const secrets = await readFile(path.join(market.home, "secrets.env"), "utf8");
  const issuers = JSON.parse(secrets.match(/^ISSUERS='(.*)'$/m)[1]);
  issuers.push({ iss: "shop", jwks_uri: `${shop.url}/jwks` }, { iss: "down", jwks_uri: `${shop.url}/hangs` });
  market.options.vars.ISSUERS = JSON.stringify(issuers);
  await market.restart();
  const jwk = JSON.parse(await readFile(path.join(market.home, "keys/issuer.jwk"), "utf8"));
  kid = await calculateJwkThumbprint(jwk);
  key = await importJWK({ ...jwk, alg: "EdDSA" }, "EdDSA");
  expected = await readFile(path.join(ROOT, "fixtures/demo", MASTER));
});
after(async () => {
  await market?.close();
  shop?.close();
});

const now = () => Math.floor(Date.now() / 1000);
const mint = (claims = {}, by = { iss: "marketplace", key, kid }) =>
  new SignJWT({ iss: by.iss, aud: "dropgate", exp: now() + 600, jti: randomUUID(), paths: ["alice/*"], ...claims })
    .setProtectedHeader({ alg: "EdDSA", kid: by.kid })
    .sign(by.key);
const get = (token, where = MASTER, headers = {}, method = "GET") =>
  market.fetch(`/get/${where}`, { method, headers: { authorization: `Bearer ${token}`, ...headers } });
const slug = async (response) => (await response.json()).type.split(":").pop();

/** A shop that publishes its keys, and one that never answers. */
async function keyServer() {
  const state = { keys: [], asked: 0 };
  const server = createServer((request, response) => {
    if (request.url !== "/jwks") return; // hangs
    state.asked++;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  state.url = `http://127.0.0.1:${server.address().port}`;
  state.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return state;
}

test("16 parallel connections of one download manager spend one download", async () => {
  const token = await mint({ lim: { downloads: 1 } });
  const step = Math.ceil(expected.length / 16);
  const parts = await Promise.all(Array.from({ length: 16 }, async (_, at) => {
    const range = `bytes=${at * step}-${Math.min(expected.length, (at + 1) * step) - 1}`;
    const response = await get(token, MASTER, { range });
    assert.equal(response.status, 206);
    assert.equal(response.headers.get("ratelimit"), '"downloads";r=0');
    assert.equal(response.headers.get("ratelimit-policy"), '"downloads";q=1');
    return Buffer.from(await response.arrayBuffer());
  }));
  assert.ok(Buffer.concat(parts).equals(expected));
  const other = await get(token, SHEET);
  assert.equal(other.status, 403);
  assert.equal(await slug(other), "grant-used-up");
});

test("of four things asked for at once under a budget of two downloads, two are had", async () => {
  const token = await mint({ lim: { downloads: 2 } });
  const wanted = [MASTER, SHEET, "alice/drop-7.zip", "alice/brushes-2/paper-rough.png"];
  const answers = await Promise.all(wanted.map((where) => get(token, where)));
  await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  const had = answers.filter((answer) => answer.status === 200).length;
  assert.equal(had, 2);
});

test("a whole download is settled, and the next whole one is another", async () => {
  const token = await mint({ lim: { downloads: 2 } });
  assert.equal((await get(token, MASTER, {}, "HEAD")).status, 200);
  const first = await get(token);
  assert.equal(first.headers.get("ratelimit"), '"downloads";r=1');
  await first.arrayBuffer();
  await settled(async () => {
    const { out } = await market.cli("grants", "show", token, "--json");
    assert.deepEqual(JSON.parse(out).used, { downloads: 1, bytes: expected.length });
    const second = await get(token);
    await second.arrayBuffer();
    assert.equal(second.headers.get("ratelimit"), '"downloads";r=0');
  });
  await settled(async () => assert.equal((await get(token)).status, 403));
  await market.cli("grants", "extend", token, "--downloads", "1");
  assert.equal((await get(token)).status, 200);
  const { out } = await market.cli("grants", "reset", token);
  assert.match(out, /downloads +0 used, of 3/);
});

test("what was used outlives a restart", async () => {
  const token = await mint({ lim: { downloads: 1 } });
  await (await get(token)).arrayBuffer();
  await market.restart();
  assert.equal((await get(token, SHEET)).status, 403);
});

test("a grant for one device is for the first", async () => {
  const token = await mint({ once: true });
  const first = await get(token, MASTER, { "user-agent": "one" });
  assert.equal(first.status, 200);
  const cookie = first.headers.getSetCookie()[0].split(";")[0];
  await first.arrayBuffer();
  assert.equal((await get(token, MASTER, { cookie, "user-agent": "two" }, "HEAD")).status, 200);
  const other = await get(token, MASTER, { "user-agent": "two" });
  assert.equal(await slug(other), "grant-other-device");
});

test("a download that began before the end may finish in the grace, another may not", async () => {
  const token = await mint({ exp: now() + 1, grace: 600 });
  assert.equal((await get(token, MASTER, { range: "bytes=0-9" })).status, 206);
  // The skew of 30 seconds is not waited for: a grant that ended long ago never began.
  const late = await mint({ exp: now() - 60, grace: 600 });
  const refused = await get(late);
  assert.equal(refused.status, 401);
  assert.equal(await slug(refused), "grant-expired");
});

test("a revoked grant says so, is counted, and its list can be read by a stranger", async () => {
  const { out } = await market.cli("grant", "--drop", "alice/drop-7", "--revocable");
  const token = out.trim();
  assert.equal((await get(token)).status, 200);
  const { status } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  const bit = async () => {
    const response = await fetch(status.status_list.uri);
    assert.equal(response.headers.get("content-type"), "application/statuslist+jwt");
    const jwks = createRemoteJWKSet(new URL("/.well-known/jwks.json", market.url));
    const { payload, protectedHeader } = await compactVerify(await response.text(), jwks);
    assert.equal(protectedHeader.typ, "statuslist+jwt");
    const list = JSON.parse(Buffer.from(payload));
    assert.equal(list.sub, status.status_list.uri);
    assert.ok(list.exp - list.iat <= 60);
    const bytes = inflateSync(Buffer.from(list.status_list.lst, "base64url"));
    const { idx } = status.status_list;
    return (bytes[Math.floor(idx / 4)] >> ((idx % 4) * 2)) & 3;
  };
  assert.equal(await bit(), 0);
  await market.cli("grants", "revoke", token);
  assert.equal(await bit(), 1);
  const refused = await get(token);
  assert.equal(refused.status, 401);
  assert.equal(await slug(refused), "grant-revoked");
  await settled(async () => assert.match((await market.cli("grants", "show", token)).out, /refused +1 times/));
});

test("explain says why, claim by claim, and ends with 1 if it does not open", async () => {
  const good = await market.grant("--drop", "alice/drop-7", "--downloads", "3");
  const opens = await market.cli("explain", good, "--path", MASTER);
  assert.match(opens.out, /ok +lim +0 of 3 downloads used/);
  const other = await market.tryCli("explain", good, "--path", SHEET);
  assert.equal(other.code, 1);
  assert.match(other.out, /FAIL paths/);
  const expired = await market.tryCli("explain", await mint({ exp: now() - 99, tier: "gold" }), "--path", MASTER);
  assert.match(expired.out, /FAIL exp +the grant expired at 20\d\d-/);
  assert.match(expired.out, /ok +paths/, "what comes later is told too");
});

test("issuers by URL: fetched, kept, rotated; one that hangs stops nobody", async () => {
  const pair = async () => {
    const { publicKey, privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), use: "sig", alg: "EdDSA" };
    return { iss: "shop", key: privateKey, kid: (jwk.kid = await calculateJwkThumbprint(jwk)), jwk };
  };
  const first = await pair();
  shop.keys = [first.jwk];
  await market.restart();
  const waiting = get(await mint({}, { ...first, iss: "down" }));
  assert.equal((await get(await mint({}, first))).status, 200);
  assert.equal((await get(await mint())).status, 200, "a configured issuer does not wait");
  const before = shop.asked;
  for (let times = 0; times < 5; times++) assert.equal((await get(await mint({}, first))).status, 200);
  assert.ok(shop.asked - before <= 1, "keys are kept");
  const down = await waiting;
  assert.equal(down.status, 503);
  assert.equal(await slug(down), "issuer-keys-unavailable");
});
