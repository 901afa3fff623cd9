// The Ed25519 engine as it is in the wasm, on the edge cases that verifiers
// disagree about; fixtures/vectors/README.md has our stance. Natively the same
// is tested by src/trust/tests/vectors.rs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { Market } from "./support/market.mjs";

let market;
before(async () => {
  market = await Market.open({ demo: false, build: path.join(ROOT, "wasm-tests/out/crash-test") });
});
after(() => market?.close());

const read = async (name) => JSON.parse(await readFile(path.join(ROOT, "fixtures/vectors", name), "utf8"));

/** What the wasm says to each [key, message, signature]. */
async function verdicts(vectors) {
  const body = JSON.stringify(vectors.map((vector) => vector.map((bytes) => bytes.toString("base64"))));
  const response = await market.fetch("/ed25519", { method: "POST", body });
  assert.equal(response.status, 200);
  return response.json();
}

test("Wycheproof: the wasm agrees on every vector", async () => {
  const vectors = await read("ed25519-wycheproof.json");
  const hex = (text) => Buffer.from(text, "hex");
  const found = await verdicts(vectors.map(({ key, msg, sig }) => [hex(key), hex(msg), hex(sig)]));
  assert.equal(found.length, 151);
  vectors.forEach((vector, at) => assert.equal(found[at], vector.valid, JSON.stringify(vector)));
});

test("CCTV: what is of low order or not canonical is refused, and nothing else", async () => {
  const { flags, keys, points, scalars, messages, vectors } = await read("ed25519-cctv.json");
  const found = await verdicts(
    vectors.map(([key, point, scalar, message]) => [Buffer.from(keys[key], "hex"), Buffer.from(messages[message]), Buffer.from(points[point] + scalars[scalar], "hex")]),
  );
  assert.equal(found.length, 914);
  const refused = ["low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R"].reduce((bits, flag) => bits | (1 << flags.indexOf(flag)), 0);
  vectors.forEach(([, , , , bits], at) => assert.equal(found[at], (bits & refused) === 0, `vector ${at}`));
  assert.equal(found.filter(Boolean).length, 106);
});
