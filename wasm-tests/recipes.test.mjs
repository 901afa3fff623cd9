// The recipes of wasm-tests/recipes, run as a back end would run them: what each
// mints opens a file of the real worker.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { calculateJwkThumbprint } from "jose";
import { ROOT } from "../xtask/serve.mjs";
import { Market, must } from "./support/market.mjs";

const RECIPES = path.join(ROOT, "wasm-tests/recipes");
let market, key;

before(async () => {
  market = await Market.open();
  key = path.join(market.home, "keys/issuer.jwk");
});
after(() => market?.close());

async function opens(token) {
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await market.fetch("/get/alice/drop-7/master.zip", { method: "HEAD", headers })).status, 200);
  const other = await market.fetch("/get/alice/brushes-2/brushes.zip", { method: "HEAD", headers });
  assert.equal(other.status, 403);
}

for (const [name, command, file] of [["npm jose", process.execPath, "mint.mjs"], ["PHP", "php", "mint.php"], ["Ruby", "ruby", "mint.rb"]]) {
  test(`${name} mints a grant that opens`, async () => {
    await opens((await must(command, [path.join(RECIPES, file), key])).out.trim());
  });
}

test("PyPI PyJWT and joserfc mint grants that open", async () => {
  const kid = await calculateJwkThumbprint(JSON.parse(await readFile(key, "utf8")));
  const { out } = await must(process.env.DROPGATE_PYTHON ?? "python3", [path.join(RECIPES, "mint.py"), key, kid]);
  const tokens = JSON.parse(out);
  assert.deepEqual(Object.keys(tokens).sort(), ["joserfc", "pyjwt"]);
  for (const token of Object.values(tokens)) await opens(token);
});
