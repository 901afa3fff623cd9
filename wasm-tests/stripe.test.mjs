// Purchases by Stripe's webhooks, signed by Stripe's own library: to a grant, to
// a link, renewed and taken back, whatever order the events come in.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomUUID } from "node:crypto";
import { Stripe } from "stripe";
import { Market } from "./support/market.mjs";

const SECRET = "whsec_first";
const stripe = new Stripe("sk_test_unused");
const MASTER = "/get/alice/drop-7/master.zip";
let market;

before(async () => (market = await Market.open({ vars: { STRIPE_SECRETS: `whsec_next, ${SECRET}` } })));
after(() => market?.close());

const now = () => Math.floor(Date.now() / 1000);
const id = (prefix) => `${prefix}_${randomUUID().replaceAll("-", "")}`;
const slug = async (response) => (await response.json()).type.split(":").pop();
const event = (type, object, created = now()) => ({ id: id("evt"), object: "event", type, created, data: { object } });

function send(what, { secret = SECRET, timestamp = now(), signature } = {}) {
  const payload = JSON.stringify(what);
  const header = signature ?? stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  return market.fetch("/hooks/stripe", { method: "POST", body: payload, headers: { "stripe-signature": header } });
}

async function sent(what) {
  const response = await send(what);
  assert.equal(response.status, 200);
  return response.json();
}

/** A purchase as Stripe tells it. */
function purchase(more = {}) {
  const order = { session: id("cs_test"), payment: id("pi"), number: id("order"), email: `${id("ann")}@example.org` };
  const object = {
    id: order.session, object: "checkout.session", payment_status: "paid", payment_intent: order.payment,
    client_reference_id: order.number, customer_details: { email: order.email },
    metadata: { dropgate_paths: "alice/drop-7/*" }, ...more,
  };
  return { ...order, completed: event("checkout.session.completed", object) };
}

const open = (session) => market.fetch(`/orders/${session}`, { method: "POST" });
const find = (order, email) => market.fetch("/orders", { method: "POST", body: new URLSearchParams({ order, email }) });
const get = (grant, where = MASTER) => market.fetch(where, { method: "HEAD", headers: { authorization: `Bearer ${grant}` } });

test("only what Stripe signed just now is believed", async () => {
  const what = purchase().completed;
  for (const options of [{ secret: "whsec_other" }, { timestamp: now() - 301 }, { timestamp: now() + 400 }, { signature: "" }, { signature: "t=1" }]) {
    const refused = await send(what, options);
    assert.equal(refused.status, 400);
    assert.equal(await slug(refused), "stripe-signature");
  }
  assert.equal((await send(what, { secret: "whsec_next" })).status, 200, "a secret that is being rolled");
  assert.deepEqual(await sent(event("customer.created", { id: "cus_1" })), { received: true, ignored: true });
  const wrong = purchase({ metadata: { dropgate_paths: "../x" } });
  assert.equal((await send(wrong.completed)).status, 422);
});

test("a purchase is a grant, the same each time; an event that is repeated changes nothing", async () => {
  const order = purchase();
  assert.equal((await open(order.session)).status, 404, "not before it is paid");
  assert.deepEqual(await sent(order.completed), { received: true, repeated: false });
  assert.deepEqual(await sent(order.completed), { received: true, repeated: true });
  const [first, again] = [await (await open(order.session)).json(), await (await open(order.session)).json()];
  assert.equal(first.grant, again.grant);
  assert.equal((await get(first.grant)).status, 200);
});

test("find my order: number and address lead to a link; what is wrong is not told; tries are counted", async () => {
  const order = purchase();
  await sent(order.completed);
  const found = await find(order.number, ` ${order.email.toUpperCase()} `);
  assert.equal(found.status, 200);
  const { link } = await found.json();
  const shown = await fetch(link);
  const nonce = (await shown.text()).match(/name="nonce" value="([^"]+)"/)[1];
  const cookie = shown.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
  const spent = await fetch(link, { method: "POST", body: new URLSearchParams({ nonce, confirm: "yes" }), headers: { cookie } });
  const { grant } = await spent.json();
  assert.equal((await get(grant)).status, 200);

  const answers = [await find(order.number, "eve@example.org"), await find("no-such-order", order.email)];
  // The code tells the type and the second; both are told anyway.
  const texts = await Promise.all(answers.map(async (answer) => JSON.stringify({ ...(await answer.json()), code: undefined })));
  assert.deepEqual(answers.map((answer) => answer.status), [404, 404]);
  assert.equal(texts[0], texts[1], "no oracle");

  // A refund takes back what came of the link too.
  await sent(event("charge.refunded", { id: "ch_1", payment_intent: order.payment, refunded: true }));
  assert.equal((await get(grant)).status, 401);
  let throttled;
  for (let tries = 0; tries < 12 && throttled?.status !== 429; tries++) throttled = await find("guess", `${tries}@example.org`);
  assert.equal(throttled.status, 429);
  assert.ok(Number(throttled.headers.get("retry-after")) > 0);
});

test("refunds and disputes come to the same whatever order they come in", async () => {
  const at = now();
  const story = (order) => [
    order.completed,
    event("charge.dispute.created", { payment_intent: order.payment, status: "needs_response" }, at + 1),
    event("charge.dispute.closed", { payment_intent: order.payment, status: "won" }, at + 2),
  ];
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
  for (const way of orders) {
    const order = purchase();
    const events = story(order);
    for (const place of way) await sent(events[place]);
    const { grant } = await (await open(order.session)).json();
    assert.equal((await get(grant)).status, 200, `won, heard as ${way}`);
    await sent(event("charge.refunded", { payment_intent: order.payment, refunded: false }));
    assert.equal((await get(grant)).status, 200, "a part of the money is not the whole");
    const again = event("charge.refunded", { payment_intent: order.payment, refunded: true });
    await Promise.all([sent(again), sent(again)]);
    assert.equal((await get(grant)).status, 401);
  }
  const order = purchase();
  await sent(event("charge.refunded", { payment_intent: order.payment, refunded: true }));
  await sent(order.completed);
  assert.equal((await open(order.session)).status, 401, "refunded before the purchase was heard of");

  const disputed = purchase();
  await sent(disputed.completed);
  const { grant } = await (await open(disputed.session)).json();
  await sent(event("charge.dispute.created", { payment_intent: disputed.payment, status: "needs_response" }));
  assert.equal((await get(grant)).status, 403);
  await sent(event("charge.dispute.closed", { payment_intent: disputed.payment, status: "lost" }));
  assert.equal((await get(grant)).status, 401);
});

test("a subscription opens a creator's drops, goes on with each invoice, and has a grace", async () => {
  const subscription = id("sub");
  const order = purchase({ mode: "subscription", payment_intent: null, subscription, metadata: { dropgate_paths: "alice/*", dropgate_tier: "gold" } });
  const paid = (until) => event("invoice.paid", { parent: { subscription_details: { subscription } }, lines: { data: [{ period: { end: until } }] } });
  await sent(order.completed);
  assert.equal((await open(order.session)).status, 410, "nothing is paid yet");
  const end = now() + 3600;
  await sent(paid(end));
  const first = await (await open(order.session)).json();
  assert.equal(first.expires, end + 3 * 86_400, "a renewal that is late");
  for (const where of [MASTER, "/get/alice/brushes-2/paper-rough.png"]) assert.equal((await get(first.grant, where)).status, 200);
  await sent(paid(end + 86_400));
  await sent(paid(end - 86_400));
  assert.equal((await (await open(order.session)).json()).expires, end + 4 * 86_400, "what was paid stays paid");
  await sent(event("customer.subscription.deleted", { id: subscription, ended_at: now() - 1 }));
  assert.equal((await open(order.session)).status, 410);
});
