// How many receipts one log accepts, for a minute on end: each is signed, durable when its append is answered, and in
// the tree soon after. Asked through the test build's door to the log's object, since a download is dearer than a receipt.
import { createHash, randomBytes } from "node:crypto";
import path from "node:path";
import { ROOT } from "../../xtask/serve.mjs";
import { run } from "../../xtask/setup.mjs";
import { Market } from "../support/market.mjs";

const SECONDS = 60;
const CLIENTS = 32;
/** What the design asks for. */
const GOAL = 1000;
/** A receipt as it is logged has about so many bytes. */
const NOTE = `dropgate receipt v1\n${"x".repeat(900)}\n`;

export async function open() {
  await run("cargo", ["xtask", "build", "--crash-test"]);
  return Market.open({ demo: false, build: path.join(ROOT, "wasm-tests/out/crash-test") });
}

export const close = (market) => market.close();

export const rows = { "log-receipts": measure };

async function measure(market) {
  const log = `bench-${randomBytes(4).toString("hex")}`;
  const ask = async (operation, question) => {
    const response = await market.fetch(`/crash/log/${log}/${operation}`, { method: "POST", body: JSON.stringify(question) });
    if (response.status !== 200) throw new Error(`${operation}: ${await response.text()}`);
    return response.json();
  };
  let accepted = 0;
  const began = performance.now();
  const passed = () => (performance.now() - began) / 1000;
  const client = async (number) => {
    for (let turn = 0; passed() < SECONDS; turn++) {
      const id = createHash("sha256").update(`${number}/${turn}`).digest("hex").slice(0, 32);
      await ask("append", [log, id, `${NOTE}${id}\n`]);
      accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  const pace = accepted / passed();
  const behind = accepted - (await ask("status", null)).size;
  let size = 0;
  while (size < accepted) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    ({ size } = await ask("status", null));
  }
  const note = `${accepted} in ${SECONDS} s; at their end ${behind} were not in the tree yet, all were after ${(passed() - SECONDS).toFixed(1)} s`;
  return { name: "log-receipts", peer: `the goal of ${GOAL} a second:`, unit: "ms/receipt", ours: 1000 / pace, theirs: 1000 / GOAL, ratio: GOAL / pace, note };
}
