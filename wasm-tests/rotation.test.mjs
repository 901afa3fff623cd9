// Keys change, drops come and go, and stock TUF clients that have been there
// for long follow every step of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { Market, must } from "./support/market.mjs";
import { Clients, PYTHON } from "./support/tuf.mjs";

const COVER = "alice/drop-7/cover.jpg";
const SHEET = "alice/brushes-2/sheet.png";
const OTHER = "bruno/entropy/license.txt";
let market, folder, clients;
const files = {};

before(async () => {
  market = await Market.open();
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-rotation-"));
  clients = new Clients(market, folder);
  for (const file of [COVER, SHEET, OTHER]) files[file] = await readFile(path.join(ROOT, "fixtures/demo", file));
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

const key = (name) => path.join(market.home, `keys/${name}.jwk`);

/** Both clients and a browser get all of this. */
async function allWell(when, targets = Object.keys(files)) {
  let versions;
  for (const target of targets) ({ versions } = await clients.get(target, files[target], when));
  assert.equal((await market.fetch("/healthz")).status, 200, when);
  return versions;
}

/** Asks for a file again and again while `work` goes on: it must always come. */
async function withoutAPause(work) {
  let busy = true;
  const asking = (async () => {
    let times = 0;
    do {
      const response = await market.fetch(`/get/${OTHER}`);
      assert.equal(response.status, 200);
      await response.arrayBuffer();
      times += 1;
    } while (busy);
    return times;
  })();
  try {
    await work();
  } finally {
    busy = false;
    assert.ok((await asking) > 0);
  }
}

test("after a publish", async () => {
  await allWell("at first");
  const where = path.join(folder, "words");
  await mkdir(where);
  await writeFile(path.join(where, "a.txt"), "words");
  await market.cli("publish", where, "--creator", "alice", "--drop", "words");
  await clients.get("alice/words/a.txt", Buffer.from("words"), "after a publish");
  await allWell("after a publish");
});

test("after a new root, and after one with new keys for the root and the targets", async () => {
  const before = (await allWell("before")).root;
  await withoutAPause(() => market.cli("root", "rotate"));
  assert.equal((await allWell("after a root with a new expiry")).root, before + 1);
  const old = await readFile(key("root-1"), "utf8");
  await withoutAPause(() => market.cli("root", "rotate", "--replace", "root-1", "--replace", "targets"));
  assert.notEqual(await readFile(key("root-1"), "utf8"), old);
  assert.equal(await readFile(key("root-1.old-1"), "utf8"), old, "an old key is kept beside the new one");
  assert.equal((await allWell("after new keys")).root, before + 2);
  // The new targets key is the one that counts now.
  await market.cli("creator", "add", "carol");
  await allWell("after the new targets key signed");
});

test("a root whose second key is kept elsewhere", async () => {
  const elsewhere = await mkdtemp(path.join(folder, "safe-"));
  await mkdir(path.join(elsewhere, "keys"));
  await rename(key("root-2"), path.join(elsewhere, "keys/root-2.jwk"));
  const out = path.join(folder, "rotation");
  const begun = await market.cli("root", "rotate", "--out", out);
  assert.match(begun.err, /1 of the 2 signatures/);
  const early = await market.tryCli("root", "submit", out);
  assert.equal(early.code, 1);
  assert.match(early.err, /1 of the 2 signatures/);
  await market.cli("--home", elsewhere, "root", "sign", out);
  await withoutAPause(() => market.cli("root", "submit", out));
  await copyFile(path.join(elsewhere, "keys/root-2.jwk"), key("root-2"));
  await allWell("after a root that was signed in two places");
});

test("the edge's key is replaced while the worker runs", async () => {
  const timestampSigner = async () => (await (await market.fetch("/metadata/timestamp.json")).json()).signatures[0].keyid;
  const before = await timestampSigner();
  await withoutAPause(() => market.cli("root", "rotate", "--replace", "online"));
  await allWell("while two online keys are named");
  assert.equal(await timestampSigner(), before, "the worker still has the old key");
  // A publish under the old key, then the worker gets the new one.
  const where = path.join(folder, "words");
  await writeFile(path.join(where, "a.txt"), "other words");
  await market.cli("publish", where, "--creator", "alice", "--drop", "words");
  await market.restart();
  await clients.get("alice/words/a.txt", Buffer.from("other words"), "with the new key in the worker");
  await withoutAPause(() => market.cli("root", "rotate", "--drop-old-online"));
  assert.notEqual(await timestampSigner(), before);
  await allWell("after the old online key was dropped");
  await market.restart();
  await allWell("after another restart");
});

test("after a creator's key was replaced", async () => {
  const old = await readFile(key("alice"), "utf8");
  const before = await allWell("before");
  await withoutAPause(() => market.cli("creator", "rotate-key", "alice"));
  const versions = await allWell("after a creator's new key");
  for (const role of ["targets", "alice", "alice.brushes-2"]) assert.ok(versions[role] === undefined || versions[role] > before[role], role);
  // Whoever has the old key can do nothing with it.
  const kept = await readFile(key("alice"), "utf8");
  await writeFile(key("alice"), old);
  const thief = await market.tryCli("publish", path.join(folder, "words"), "--creator", "alice", "--drop", "stolen");
  assert.equal(thief.code, 1);
  assert.match(thief.err, /another key/);
  assert.equal((await market.tryCli("retire", "alice/words")).code, 1);
  await writeFile(key("alice"), kept);
  await market.cli("publish", path.join(folder, "words"), "--creator", "alice", "--drop", "more");
  await clients.get("alice/more/a.txt", Buffer.from("other words"), "with the new key");
});

test("after a drop was retired and a creator removed", async () => {
  await market.cli("retire", "alice/words");
  await clients.miss("alice/words/a.txt", "after it was retired");
  await allWell("after a drop was retired");
  await market.cli("creator", "remove", "bruno");
  await clients.miss(OTHER, "after its creator was removed");
  await allWell("after a creator was removed", [COVER, SHEET]);
  assert.match((await market.tryCli("creator", "remove", "bruno")).err, /no creator of this marketplace/);
});

test("a creator's roles written by python-tuf are taken as they are", async () => {
  const seed = randomBytes(32).toString("hex");
  const file = path.join(folder, "poem.txt");
  await writeFile(file, "written by another hand\n");
  const write = (version) => must(PYTHON, [path.join(ROOT, "wasm-tests/tuf/creator.py"), seed, "pia", "poems", file, folder, String(version)]);
  await write(1);
  // The metadata carries its author's key; the operator delegates to it.
  const listing = JSON.parse(await readFile(path.join(folder, "pia.json")));
  const [published] = Object.values(listing.signed.delegations.keys);
  assert.equal(published["x-tuf-on-ci-keyowner"], "@somebody");
  await market.cli("creator", "add", "pia", "--key", published.keyval.public);

  const submit = async () => {
    const token = await readFile(path.join(folder, "token"), "utf8");
    const authorization = `Bearer ${token}`;
    const body = await readFile(file);
    const manifest = JSON.parse(await readFile(path.join(folder, "pia.poems.json")));
    const { sha256 } = manifest.signed.targets["pia/poems/poem.txt"].hashes;
    const upload = await market.fetch(`/admin/files/pia/poems/${sha256}.poem.txt`, { method: "PUT", headers: { authorization }, body });
    assert.ok([200, 201].includes(upload.status), await upload.text());
    const roles = {};
    for (const role of ["pia", "pia.poems"]) roles[role] = (await readFile(path.join(folder, `${role}.json`))).toString("base64");
    const answer = await market.fetch("/admin/metadata", { method: "POST", headers: { authorization, "content-type": "application/json" }, body: JSON.stringify({ roles }) });
    assert.deepEqual([answer.status, await answer.json()], [200, { changed: true }]);
  };
  await submit();
  await clients.get("pia/poems/poem.txt", await readFile(file), "written by python-tuf");
  assert.equal(await (await market.fetch("/get/pia/poems/poem.txt")).text(), "written by another hand\n");
  await writeFile(file, "and again\n");
  await write(2);
  await submit();
  await clients.get("pia/poems/poem.txt", await readFile(file), "its next version");
  assert.match((await market.cli("status", "--creator", "pia")).out, /key elsewhere/);
});
