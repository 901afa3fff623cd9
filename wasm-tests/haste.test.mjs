// What has time (a refinement, the pictures of a page before they are asked for) gives way to those who wait, and is done
// after them. Nothing here depends on how long anything takes: the test build says in which order desks were had.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../xtask/serve.mjs";
import { Market, settled } from "./support/market.mjs";

let market;

before(async () => { market = await Market.open({ demo: false, build: path.join(ROOT, "wasm-tests/out/crash-test") }); });
after(() => market?.close());

const desks = async () => (await market.fetch("/crash/desk/log")).json();
const count = (log, entry) => log.filter((found) => found === entry).length;

/** The word on what is still to come of a picture, which is there. */
async function picture(width) {
  const response = await market.fetch(`/img/width=${width}/alice/drop-7/cover.jpg`);
  assert.equal(response.status, 200);
  await response.arrayBuffer();
  return response.headers.get("cache-status").match(/detail=(\w+)$/)?.[1];
}

test("what has time begins when nobody waits any more, and then it does", async () => {
  const busy = market.fetch("/crash/desk/busy");
  try {
    await settled(async () => assert.ok((await desks()).length > 0));
    // A drop's pictures are made ahead when it is published.
    const drop = path.join(ROOT, "fixtures/demo/alice/drop-7");
    await market.cli("publish", drop, "--creator", "alice", "--drop", "drop-7", "--create");
    await settled(async () => assert.ok(count(await desks(), "Later waits") >= 1, "nothing is made ahead"));
    assert.equal(await picture(1080), "first");
    await settled(async () => assert.ok(count(await desks(), "Later waits") >= 2, "nothing is refined"));
    const widths = [128, 256, 320, 400, 480, 640, 800, 960, 1280, 1600];
    const burst = await Promise.all(widths.map(picture));
    assert.ok(burst.every((detail) => detail === "first"), `${burst}`);
    assert.equal(await picture(1080), "first");
    const log = await desks();
    assert.equal(count(log, "Later begins"), 0);
    assert.ok(count(log, "Now begins") > widths.length);
  } finally {
    await market.fetch("/crash/desk/calm");
    await busy;
  }
  await settled(async () => assert.equal(await picture(1080), "refined"));
  assert.ok(count(await desks(), "Later begins") >= 1);
});
