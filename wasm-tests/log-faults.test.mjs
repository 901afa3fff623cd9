// Every operation of the sequencer, on the real SQLite and R2 of workerd, is made
// to fail, to fail after having happened, to be lost, to kill the wasm instance,
// and (for each kind of step) the whole process is killed in the middle of it.
// After each the invariant checker runs on the stores, and in the end every
// receipt that was accepted is in the log once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { hushCrashes } from "./support/hush.mjs";
import { Market, settled } from "./support/market.mjs";

// "log-faults-...": objects of that name integrate when they are told to, not by their alarm.
const FAULTS = ["before", "after", "lost", "panic-before", "panic-after"];
let market;

hushCrashes();

before(async () => {
  market = await Market.open({ demo: false, build: path.join(ROOT, "wasm-tests/out/crash-test") });
});
after(() => market?.close());

async function ask(log, operation, question = null) {
  const response = await market.fetch(`/crash/log/${log}/${operation}`, { method: "POST", body: JSON.stringify(question) });
  const text = await response.text();
  return { ok: response.status === 200, text, value: response.status === 200 ? JSON.parse(text) : undefined };
}

async function must(log, operation, question) {
  const answer = await ask(log, operation, question);
  assert.ok(answer.ok, `${operation}: ${answer.text}`);
  return answer.value;
}

let made = 0;
const id = () => (++made).toString(16).padStart(32, "0");

/** Appends until the answer is yes, as a client would that tries again. */
async function append(log, receipt) {
  for (let tries = 0; tries < 5; tries++) {
    if ((await ask(log, "append", [log, receipt, `note of ${receipt}\n`])).ok) return;
  }
  assert.fail(`${receipt} was never accepted`);
}

async function integrate(log) {
  for (let tries = 0; tries < 5; tries++) {
    if ((await ask(log, "integrate")).ok) return;
    await must(log, "check");
  }
  assert.fail("the log does not recover");
}

/** Three receipts with the fault at operation `at`; whether it came that far. A panic forgets the plan with its instance. */
async function goesWrong(log, at, fault, accepted) {
  await must(log, "fault", [at, fault]);
  const receipts = [id(), id(), id()];
  for (const receipt of receipts) await append(log, receipt);
  accepted.push(...receipts);
  const first = await ask(log, "integrate");
  const happened = await must(log, "ended");
  await must(log, "check");
  await integrate(log);
  await must(log, "check");
  return { happened, first };
}

async function nothingIsLost(log, accepted) {
  await integrate(log);
  await must(log, "check");
  const { size } = await must(log, "status");
  assert.equal(size, accepted.length, "each receipt is in the tree once");
  const places = new Set();
  for (const receipt of accepted) places.add((await must(log, "receipt", receipt)).index);
  assert.equal(places.size, accepted.length);
}

for (const fault of FAULTS) {
  test(`whatever operation meets "${fault}", no receipt is lost or doubled and nothing forks`, { timeout: 120_000 }, async () => {
    const log = `log-faults-${fault}`;
    const accepted = [];
    // 3 appends, the checkpoint's read, bundle and tile written and read back, commit, publish.
    const operations = 10;
    for (let at = 0; at < operations; at++) {
      // R2 may lie; the object's own SQLite is what we trust (the rows and the commit).
      if (fault === "lost" && (at < 3 || at === 8)) continue;
      const { happened, first } = await goesWrong(log, at, fault, accepted);
      assert.ok(happened, `operation ${at} took place`);
      // Whatever strikes the integration itself is an error that is reported, or a write that the next start mends.
      if (at >= 3 && fault !== "lost") assert.ok(!first.ok, `operation ${at} was made to fail`);
    }
    const { happened } = await goesWrong(log, operations, "before", accepted);
    assert.equal(happened, false, "there are no more operations");
    await nothingIsLost(log, accepted);
  });
}

test("the process is killed in the middle of each step of sequencing", { timeout: 240_000 }, async () => {
  const log = "log-faults-kill";
  const accepted = [];
  // Counted from the integration on: a tile's write, its read-back, the commit, the checkpoint.
  for (const [at, fault] of [[2, "hang-after"], [3, "hang-after"], [5, "hang-before"], [5, "hang-after"], [6, "hang-before"], [6, "hang-after"]]) {
    const receipts = [id(), id()];
    for (const receipt of receipts) await append(log, receipt);
    accepted.push(...receipts);
    await must(log, "fault", [at, fault]);
    const hanging = ask(log, "integrate").catch(() => undefined);
    await settled(async () => assert.equal(await must(log, "hangs"), true));
    await market.restart();
    await hanging;
    await must(log, "check");
    await integrate(log);
    await must(log, "check");
  }
  await nothingIsLost(log, accepted);
});

test("a checkpoint that somebody else has written halts the log, and is said so", async () => {
  const [log, other] = ["log-faults-halt", "log-faults-other"];
  for (const receipt of [id(), id()]) await append(log, receipt);
  await integrate(log);
  const bucket = await market.bucket();
  const key = `log/${log}/checkpoint`;
  const own = await (await bucket.get(key)).text();
  // Another log's checkpoint, and this log's own with a size it never had.
  await append(other, id());
  await integrate(other);
  for (const foreign of [await (await bucket.get(`log/${other}/checkpoint`)).text(), own.replace("\n2\n", "\n3\n"), "nonsense"]) {
    await bucket.put(key, foreign);
    await append(log, id());
    const halted = await ask(log, "integrate");
    assert.ok(!halted.ok);
    assert.equal(await (await bucket.get(key)).text(), foreign, "it signs nothing over it");
  }
  await bucket.put(key, own);
  await integrate(log);
  await must(log, "check");
  assert.equal((await must(log, "status")).size, 5);
});
