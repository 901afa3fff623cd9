// The command line as a person meets it: help, slips, and nothing lost.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { Market, exec } from "./support/market.mjs";
import { dropgateBinary } from "../xtask/setup.mjs";

let market, folder;

before(async () => {
  market = await Market.open({ demo: false });
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-drop-"));
  await writeFile(path.join(folder, "hello.txt"), "hello");
  await writeFile(path.join(folder, "empty.txt"), "");
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

test("help teaches, and slips are answered with what to write", async () => {
  const help = await exec(dropgateBinary, ["--help"]);
  assert.equal(help.code, 0);
  for (const command of ["init", "publish", "grant", "codes"]) assert.match(help.out, new RegExp(`\\n  ${command} `));
  const slips = [
    [["publish"], 2, /--creator/],
    [["grant"], 2, /--drop/],
    [["grant", "--drop", "alice"], 1, /creator\/drop/],
    [["grant", "--drop", "alice/drop-7", "--expires", "soon"], 2, /90s or 24h/],
    [["nonsense"], 2, /unrecognized subcommand/],
    [["publish", "/nowhere", "--creator", "alice"], 1, /could not read the folder/],
    [["publish", folder, "--creator", "Alice", "--drop", "d"], 1, /not a name/],
    [["publish", folder, "--creator", "nobody", "--drop", "d"], 1, /--create/],
    [["codes", "create", "--drop", "alice/nothing"], 1, /404/],
    [["--url", "http://127.0.0.1:1", "codes", "create", "--drop", "alice/d"], 1, /does not answer/],
  ];
  for (const [args, code, message] of slips) {
    const ran = await market.tryCli(...args);
    assert.equal(ran.code, code, `${args.join(" ")}: ${ran.err}`);
    assert.match(ran.err, message, args.join(" "));
    assert.ok(!ran.err.includes("panicked"), ran.err);
  }
});

test("init never overwrites a key, and keys are for their owner only", async () => {
  const keys = path.join(market.home, "keys");
  const before = await readFile(path.join(keys, "root-1.jwk"), "utf8");
  const again = await market.tryCli("init");
  assert.equal(again.code, 1);
  assert.match(again.err, /nothing was changed/);
  assert.equal(await readFile(path.join(keys, "root-1.jwk"), "utf8"), before);
  for (const file of [...(await readdir(keys)).map((name) => path.join(keys, name)), path.join(market.home, "secrets.env")]) {
    assert.equal((await stat(file)).mode & 0o777, 0o600, file);
  }
});

test("publish: dry run, publish, nothing to do, a change, an empty file", async () => {
  const args = ["publish", folder, "--creator", "dora", "--drop", "words"];
  await market.cli("publish", path.join(ROOT, "fixtures/demo/bruno/entropy"), "--creator", "dora", "--drop", "sounds", "--create");
  const dry = await market.cli(...args, "--dry-run");
  assert.match(dry.out, /dora\/words: 2 files, 2 to upload/);
  assert.equal((await market.fetch("/d/dora/words")).status, 404);
  assert.match((await market.cli(...args)).err, /published dora\/words, 2 files/);
  assert.equal(await (await market.fetch("/get/dora/words/hello.txt")).text(), "hello");
  const empty = await market.fetch("/get/dora/words/empty.txt");
  assert.equal(empty.status, 200);
  assert.equal(await empty.text(), "");
  assert.match((await market.cli(...args)).err, /nothing to do/);
  await writeFile(path.join(folder, "hello.txt"), "hello again");
  await market.cli(...args);
  await market.restart();
  assert.equal(await (await market.fetch("/get/dora/words/hello.txt")).text(), "hello again");
});

test("another home is another marketplace", async () => {
  const home = await mkdtemp(path.join(tmpdir(), "dropgate-home-"));
  await market.cli("--home", home, "init");
  const ran = await market.tryCli("--home", home, "publish", folder, "--creator", "eve", "--drop", "d", "--create");
  assert.equal(ran.code, 1);
  assert.match(ran.err, /another marketplace/);
  await rm(home, { recursive: true, force: true });
});
