// What is written down after people came by every door: nothing in R2, KV, the
// Durable Objects or the log is an address, an e-mail, a user agent, a code, a
// link or a token. Every other test file ends with the same look at what it left
// behind (support/market.mjs).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Stripe } from "stripe";
import { betrayed, dump } from "./support/dump.mjs";
import { Market, settled } from "./support/market.mjs";

const ADDRESS = "203.0.113.77";
const AGENT = "PrivacyProbe/77.7";
const EMAIL = "ann.privacy@example.org";
const SUBJECT = "customer-ann-4711";
const SECRET = "whsec_privacy";
let market;

before(async () => {
  market = await Market.open({ vars: { STRIPE_SECRETS: SECRET } });
});
after(() => market?.close());

const headers = (more = {}) => ({ "cf-connecting-ip": ADDRESS, "user-agent": AGENT, ...more });
const post = (where, body, more) => market.fetch(where, { method: "POST", body, headers: headers(more) });

test("a dump of every store and of the log holds no personal data", async () => {
  const secrets = [ADDRESS, AGENT, EMAIL, SUBJECT];
  // A grant with limits, for one device, by header and by query; a bad one.
  const grant = await market.grant("--drop", "alice/drop-7", "--downloads", "2", "--once", "--revocable", "--subject", SUBJECT);
  secrets.push(grant);
  const get = (query, more) => market.fetch(`/get/alice/drop-7/master.zip${query}`, { headers: headers(more) });
  const first = await get("", { authorization: `Bearer ${grant}` });
  assert.equal(first.status, 200);
  await first.arrayBuffer();
  assert.equal((await get(`?grant=${grant}`)).status, 200);
  assert.equal((await get(`?grant=${grant}x`)).status, 401);
  await market.cli("grants", "revoke", grant);
  assert.equal((await get("", { authorization: `Bearer ${grant}` })).status, 401);
  // A code, right and wrong.
  const { codes } = JSON.parse((await market.cli("codes", "create", "--drop", "alice/drop-7", "--json")).out);
  secrets.push(codes[0], codes[0].replaceAll("-", ""));
  await market.fetch(`/r/${codes[0]}`, { headers: headers() });
  const redeemed = await (await post("/redeem", new URLSearchParams({ code: codes[0] }))).json();
  secrets.push(redeemed.grant);
  assert.equal((await post("/redeem", new URLSearchParams({ code: "0000-0000-0000-0" }))).status, 404);
  // A link.
  const link = (await market.cli("link", "--drop", "alice/drop-7")).out.trim();
  secrets.push(link.split("/").pop());
  const shown = await market.fetch(new URL(link).pathname, { headers: headers() });
  const nonce = (await shown.text()).match(/name="nonce" value="([^"]+)"/)[1];
  const cookie = shown.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  secrets.push(cookie.split("=")[1]);
  const opened = await post(new URL(link).pathname, new URLSearchParams({ nonce, confirm: "yes" }), { cookie });
  secrets.push((await opened.json()).grant);
  // A purchase, found again.
  const object = {
    id: "cs_test_privacy4711", payment_status: "paid", payment_intent: "pi_privacy4711", client_reference_id: "order-privacy-4711",
    customer_details: { email: EMAIL, name: "Ann Privacy" }, metadata: { dropgate_paths: "alice/drop-7/*" },
  };
  secrets.push(object.id, object.payment_intent, object.client_reference_id, "Ann Privacy");
  const payload = JSON.stringify({ id: "evt_1", type: "checkout.session.completed", created: Math.floor(Date.now() / 1000), data: { object } });
  const signature = new Stripe("sk_test_unused").webhooks.generateTestHeaderString({ payload, secret: SECRET });
  assert.equal((await post("/hooks/stripe", payload, { "stripe-signature": signature })).status, 200);
  const found = await (await post("/orders", new URLSearchParams({ order: object.client_reference_id, email: EMAIL }))).json();
  secrets.push(found.link.split("/").pop());
  assert.equal((await post("/orders", new URLSearchParams({ order: "x", email: "eve.privacy@example.org" }))).status, 404);
  secrets.push("eve.privacy@example.org");

  // Consent, to a drop that asks; a preview of what it does not give.
  const study = await mkdtemp(path.join(tmpdir(), "dropgate-privacy-"));
  await writeFile(path.join(study, "note.txt"), "a note\n");
  await writeFile(path.join(study, "drop.toml"), 'consent = ["measurement"]\npreview = { max_edge = 320 }\n');
  await market.cli("publish", study, "--creator", "alice", "--drop", "study");
  await rm(study, { recursive: true });
  const asked = await market.fetch("/consent/alice/study", { headers: headers() });
  const asking = (await asked.text()).match(/name="nonce" value="([^"]+)"/)[1];
  const asker = asked.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  secrets.push(asker.split("=")[1], asking);
  const agreed = await post("/consent/alice/study", new URLSearchParams({ nonce: asking, "agree-measurement": "yes", confirm: "yes" }), { cookie: asker });
  assert.equal(agreed.status, 201);
  const { receipt } = await agreed.json();
  const pass = agreed.headers.getSetCookie().find((line) => line.startsWith("__Host-consent=")).split(";")[0];
  // The id of a receipt is in the books and in the log; what makes it an address or a pass is not.
  secrets.push(receipt.split(".").pop(), pass.split("=")[1], pass.split(".").pop());
  assert.equal((await market.fetch("/get/alice/study/note.txt", { headers: headers({ cookie: pass }) })).status, 200);
  assert.equal((await market.fetch(new URL(receipt).pathname, { method: "POST", headers: headers() })).status, 200);
  // The operator asks why.
  await market.tryCli("explain", grant, "--path", "alice/drop-7/master.zip", "--address", ADDRESS);

  await settled(async () => {
    const shown = JSON.parse((await market.cli("grants", "show", grant, "--json")).out);
    assert.equal(shown.refused, 1);
    assert.ok(shown.used.downloads >= 1);
  });
  // Stopped, so that every page of every database is on the disk.
  await market.server.stop();
  assert.ok(secrets.every((secret) => secret.length > 6));
  assert.deepEqual(await betrayed(market.data, secrets), []);
  let dumped = 0;
  const kinds = new Set();
  for await (const { kind, file, bytes } of dump(market.data)) {
    dumped += bytes.length;
    kinds.add(kind);
    if (file.includes("sqlite") && bytes.includes("alice/drop-7/master.zip")) kinds.add("rows as they are");
  }
  assert.ok(dumped > 100_000, "the dump is not empty");
  for (const kind of ["r2", "do", "rows as they are"]) assert.ok(kinds.has(kind), `nothing of ${kind} was looked at`);
  await market.start();
});

test("what must not be written down is found where it is", async () => {
  const data = await mkdtemp(path.join(tmpdir(), "dropgate-betrayed-"));
  const records = { r2: "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlc2lnbmF0dXJl", do: "Mozilla/5.0 203.0.113.9 ann@example.org 7KQ2-9FZ1-4M8T-V", kv: "plain" };
  for (const [kind, text] of Object.entries(records)) {
    await mkdir(path.join(data, "v3", kind), { recursive: true });
    await writeFile(path.join(data, "v3", kind, "x"), text);
  }
  const found = await betrayed(data, ["plain"]);
  await rm(data, { recursive: true });
  for (const what of ["a token", "a user agent", "an address", "an e-mail", "a code", "plain"]) {
    assert.equal(found.filter((line) => line.includes(what)).length, 1, what);
  }
});
