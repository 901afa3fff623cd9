// Publishing as a creator lives with it: large files, lost networks, two at
// once, and commands that say what they would do.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { spawn } from "node:child_process";
import { createHash, createPrivateKey, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";
import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { dropgateBinary } from "../xtask/setup.mjs";
import { ROOT, readSecrets } from "../xtask/serve.mjs";
import { Line } from "./support/line.mjs";
import { Market, exec } from "./support/market.mjs";

const MIB = 1024 * 1024;
// Seven parts, the last a short one.
const FILM = 200 * MIB + 12_345;
let market, folder;

before(async () => {
  market = await Market.open({ demo: false });
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-publishing-"));
  await drop("first", { "hello.txt": "hello" });
  await market.cli("publish", path.join(folder, "first"), "--creator", "alice", "--create");
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A folder with these files. */
async function drop(name, files) {
  const where = path.join(folder, name);
  await mkdir(where, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(path.join(where, file), content);
  return where;
}

/** A large file of which no two chunks are alike. */
async function film(file) {
  const [block, out] = [randomBytes(MIB), await open(file, "w")];
  for (let written = 0; written < FILM; written += MIB) {
    block.writeUInt32BE(written / MIB);
    await out.write(block.subarray(0, Math.min(MIB, FILM - written)));
  }
  await out.close();
}

/** Runs the command line while somebody watches it. */
function running(args) {
  const child = spawn(dropgateBinary, args, { cwd: ROOT, env: { ...process.env, ...market.env } });
  let err = "";
  child.stderr.on("data", (data) => (err += data));
  const done = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, err })));
  /** The most memory it ever had, in bytes. */
  const peak = () => {
    try {
      return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) * 1024;
    } catch {
      return 0;
    }
  };
  return { child, done, peak };
}

test("a large file: Ctrl-C, a lost network, and it goes on where it was", { skip: process.platform !== "linux" }, async () => {
  const where = await drop("film", {});
  await film(path.join(where, "film.bin"));
  const line = await Line.to(market.url);
  const args = ["--url", line.url, "publish", where, "--creator", "alice"];

  // Ctrl-C in the middle of the third part.
  const first = running(args);
  line.watch = () => line.sent > 80 * MIB && first.child.kill("SIGINT");
  const interrupted = await first.done;
  assert.equal(interrupted.signal, "SIGINT", interrupted.err);
  assert.equal((await market.fetch("/d/alice/film")).status, 404, "nothing of it is to be seen");

  // The network fails once more; what was there before is not sent again.
  let cut = false;
  line.sent = 0;
  line.watch = () => {
    if (cut || line.sent < 40 * MIB) return;
    cut = true;
    line.cut();
  };
  const second = running(args);
  let peak = 0;
  const watching = setInterval(() => (peak = Math.max(peak, second.peak())), 5);
  const finished = await second.done;
  clearInterval(watching);
  assert.equal(finished.code, 0, finished.err);
  assert.match(finished.err, /going on with film\.bin: \d of 7 parts are there/);
  assert.match(finished.err, /trying again/);
  assert.ok(cut && line.sent < FILM, `${line.sent} bytes were sent`);
  assert.ok(peak > 0 && peak <= 64 * MIB, `it took ${Math.round(peak / MIB)} MiB of memory`);
  await line.close();

  const hash = createHash("sha256");
  const response = await market.fetch("/get/alice/film/film.bin");
  assert.equal(response.headers.get("content-length"), String(FILM));
  assert.match(response.headers.get("server-timing"), /checked/, "nobody but us vouches for its digest");
  for await (const piece of response.body) hash.update(piece);
  const [local, bytes] = [createHash("sha256"), await readFile(path.join(where, "film.bin"))];
  const digest = local.update(bytes).digest("hex");
  assert.equal(hash.digest("hex"), digest);

  // A byte that changes in the store is found; the bytes around it still go out.
  const bucket = await market.bucket();
  const key = `targets/alice/film/${digest}.film.bin`;
  assert.equal((await bucket.head(key)).size, FILM);
  assert.match((await market.cli("publish", where, "--creator", "alice")).err, /nothing to do/);

  // A file that changes while it is sent is not published as a mixture.
  const changing = await Line.to(market.url);
  await film(path.join(where, "film.bin"));
  const third = running(["--url", changing.url, "publish", where, "--creator", "alice"]);
  changing.watch = () => {
    if (changing.sent < 40 * MIB || changing.changed) return;
    changing.changed = true;
    film(path.join(where, "film.bin")).catch(() => {});
  };
  const mixed = await third.done;
  assert.equal(mixed.code, 1, mixed.err);
  assert.match(mixed.err, /changed while it was published|not the announced ones/);
  assert.equal((await market.fetch("/get/alice/film/film.bin", { method: "HEAD" })).headers.get("repr-digest"), `sha-256=:${Buffer.from(digest, "hex").toString("base64")}:`);
  await changing.close();
});

test("a publish that dies on the way leaves nothing half visible, and can be run again", async () => {
  const where = await drop("fragile", { "a.txt": "one", "b.txt": "two" });
  const line = await Line.to(market.url);
  const args = ["--url", line.url, "publish", where, "--creator", "alice"];
  const seen = async () => (await market.fetch("/d/alice/fragile")).status;

  // Before the metadata is sent.
  const first = running(args);
  line.watch = (data) => data.includes("/admin/metadata") && (first.child.kill("SIGKILL"), line.cut());
  assert.equal((await first.done).signal, "SIGKILL");
  assert.equal(await seen(), 404);
  assert.equal((await market.fetch("/get/alice/fragile/a.txt")).status, 404, "uploaded, but nobody has signed for it");

  // After it was sent, before the answer is heard: published, and known to be on the next run.
  const second = running(args);
  line.watch = (data) => {
    if (data.includes("/admin/metadata")) line.isDeaf = true;
    if (line.isDeaf) second.child.kill("SIGKILL");
  };
  await second.done;
  line.isDeaf = false;
  line.watch = undefined;
  const third = await running(args).done;
  assert.equal(third.code, 0, third.err);
  assert.match(third.err, /published/);
  for (const [file, text] of [["a.txt", "one"], ["b.txt", "two"]]) {
    assert.equal(await (await market.fetch(`/get/alice/fragile/${file}`)).text(), text);
  }
  await line.close();
});

test("two creators and two drops of one creator at once: all land", async () => {
  const creators = ["alice", "bob", "carol", "dora"];
  for (const creator of creators.slice(1)) await market.cli("creator", "add", creator);
  const drops = creators.flatMap((creator) => ["x", "y"].map((name) => [creator, name]));
  await Promise.all(
    drops.map(async ([creator, name]) => {
      const where = await drop(`${creator}-${name}`, { "who.txt": `${creator} ${name}` });
      await market.cli("publish", where, "--creator", creator, "--drop", name);
    }),
  );
  for (const [creator, name] of drops) {
    assert.equal(await (await market.fetch(`/get/${creator}/${name}/who.txt`)).text(), `${creator} ${name}`);
  }
});

test("diff and --dry-run say what would change, and change nothing", async () => {
  const where = await drop("plans", { "keep.txt": "same", "change.txt": "before", "remove.txt": "old" });
  await market.cli("publish", where, "--creator", "alice");
  await writeFile(path.join(where, "change.txt"), "afterwards");
  await writeFile(path.join(where, "add.txt"), "new");
  await writeFile(path.join(where, "drop.toml"), 'title = "Plans"\nlicense = "CC0-1.0"\n[files."keep.txt"]\naccess = "grant"\n');
  await rm(path.join(where, "remove.txt"));
  const snapshot = async () => (await (await market.fetch("/metadata/timestamp.json")).json()).signed.meta;
  const before = await snapshot();
  const { out } = await market.cli("diff", where, "--creator", "alice");
  for (const line of [/^\+ add\.txt/m, /^~ change\.txt {2}6 -> 10 bytes/m, /^~ keep\.txt {2}access public -> grant/m, /^- remove\.txt/m, /^~ title: "plans" -> "Plans"/m, /^~ license/m]) {
    assert.match(out, line);
  }
  const dry = [
    ["publish", where, "--creator", "alice"],
    ["retire", "alice/plans"],
    ["resign", "alice"],
    ["creator", "add", "eve"],
    ["creator", "remove", "alice"],
    ["creator", "rotate-key", "alice"],
    ["root", "rotate"],
    ["root", "rotate", "--replace", "targets"],
    ["key", "new", "somebody"],
    ["codes", "create", "--drop", "alice/plans"],
  ];
  for (const args of dry) {
    const ran = await market.tryCli(...args, "--dry-run");
    assert.equal(ran.code, 0, `${args.join(" ")}: ${ran.err}`);
    assert.ok(ran.out.length > 10, `${args.join(" ")} says what it would do`);
  }
  assert.deepEqual(await snapshot(), before);
  for (const name of ["eve", "somebody", "alice.next", "targets.next"]) {
    await assert.rejects(stat(path.join(market.home, `keys/${name}.jwk`)), `${name}`);
  }
});

test("what is retired is gone at once, and can come back", async () => {
  const where = await drop("fleeting", { "a.txt": "for a while" });
  await market.cli("publish", where, "--creator", "alice");
  assert.equal((await market.fetch("/get/alice/fleeting/a.txt")).status, 200);
  await market.cli("retire", "alice/fleeting");
  for (const url of ["/get/alice/fleeting/a.txt", "/d/alice/fleeting", "/get/alice/fleeting.zip"]) {
    assert.equal((await market.fetch(url)).status, 404, url);
  }
  const again = await market.tryCli("retire", "alice/fleeting");
  assert.match(again.err, /is not published; 'dropgate status' lists what is/);
  await market.cli("publish", where, "--creator", "alice");
  assert.equal(await (await market.fetch("/get/alice/fleeting/a.txt")).text(), "for a while");
});

test("status tells versions, expiries and keys; resign renews", async () => {
  const status = async () => JSON.parse((await market.cli("status", "--json")).out);
  const before = await status();
  assert.deepEqual(before.roles.map(({ role }) => role), ["root", "targets", "snapshot", "timestamp"]);
  assert.deepEqual(before.roles.map((role) => role.keys_here), [2, 1, 0, 0]);
  const first = before.creators.find(({ creator }) => creator === "alice").drops.find((one) => one.drop === "alice/first");
  assert.deepEqual([first.files, first.bytes, first.version, first.expires_soon], [1, 5, 1, false]);
  assert.match((await market.cli("status")).out, /alice\/first +version 1, until 20/);

  assert.match((await market.cli("resign")).err, /nothing to do/);
  await market.cli("resign", "alice/first", "alice", "--for", "10d");
  const soon = await status();
  const alice = soon.creators.find(({ creator }) => creator === "alice");
  assert.ok(alice.expires_soon);
  assert.match((await market.cli("status")).out, /SOON: dropgate resign/);
  const renewed = await market.cli("resign");
  assert.match(renewed.err, /alice is good until/);
  assert.match(renewed.err, /alice\.first is good until/);
  assert.doesNotMatch(renewed.err, /alice\.plans/);
  const after = await status();
  assert.ok(!after.creators.find(({ creator }) => creator === "alice").expires_soon);
  assert.equal(await (await market.fetch("/get/alice/first/hello.txt")).text(), "hello");
});

test("any downloaded file is checked against the chain, offline too", async () => {
  const where = await drop("proof", { "a.txt": "proven", "drop.toml": 'license = "CC-BY-4.0"\n' });
  await market.cli("publish", where, "--creator", "alice");
  const file = path.join(folder, "downloaded.txt");
  await writeFile(file, "proven");
  const chain = path.join(folder, "chain");
  const online = await market.cli("verify", `${market.url}/get/alice/proof/a.txt`, "--save-chain", chain);
  assert.match(online.out, /is alice\/proof\/a\.txt, 6 bytes, signed; licence: CC-BY-4\.0/);
  await market.cli("verify", file);

  // Nobody is asked: the address leads nowhere.
  const nowhere = ["--url", "http://127.0.0.1:1"];
  const root = path.join(market.home, "metadata/1.root.json");
  const offline = await market.cli(...nowhere, "verify", file, "--as", "alice/proof/a.txt", "--chain", chain, "--root", root);
  assert.match(offline.out, /as published at 20/);
  for (const [content, message] of [["proveN", /its bytes differ/], ["proven and more", /more than the 6 bytes/], ["prov", /fewer than the 6/]]) {
    await writeFile(file, content);
    const ran = await market.tryCli(...nowhere, "verify", file, "--as", "alice/proof/a.txt", "--chain", chain);
    assert.equal(ran.code, 1);
    assert.match(ran.err, message);
  }
  await writeFile(file, "proven");
  // Metadata that was changed, or another marketplace's root, proves nothing.
  const kept = (await readFile(path.join(chain, "timestamp.json"), "utf8")).replace(/"version":\d+/, '"version":99');
  await writeFile(path.join(chain, "timestamp.json"), kept);
  assert.match((await market.tryCli(...nowhere, "verify", file, "--chain", chain)).err, /signed by 0 of its keys/);
  const other = await mkdtemp(path.join(folder, "other-"));
  await market.cli("--home", other, "init");
  const stranger = await market.tryCli("verify", `${market.url}/get/alice/proof/a.txt`, "--root", path.join(other, "metadata/1.root.json"));
  assert.equal(stranger.code, 1);
  assert.match(stranger.err, /signed by 0 of its keys/);
  assert.match((await market.tryCli("verify", `${market.url}/get/alice/proof/b.txt`)).err, /no signed manifest names/);
  // The licence goes with the file.
  assert.match((await market.fetch("/get/alice/proof/a.txt")).headers.get("link"), /CC-BY-4\.0\.html>; rel="license"/);
});

test("whoever has the worker's key cannot make a creator sign what they did not write", async () => {
  const online = createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from((await readSecrets(path.join(market.home, "secrets.env"))).ONLINE_KEY, "base64url")]),
    format: "der",
    type: "pkcs8",
  });
  const read = async (name) => (await market.fetch(`/metadata/${name}`)).json();
  const signed = (file) => {
    const sig = sign(null, Buffer.from(canonical(file.signed)), online).toString("hex");
    return JSON.stringify({ signatures: [{ keyid: file.signatures[0].keyid, sig }], signed: file.signed });
  };
  const meta = (text, version) => ({ version, length: Buffer.byteLength(text), hashes: { sha256: createHash("sha256").update(text).digest("hex") } });
  // alice's list with a drop of the thief's, listed by a snapshot that is signed as it should be.
  const timestamp = await read("timestamp.json");
  const snapshot = await read(`${timestamp.signed.meta["snapshot.json"].version}.snapshot.json`);
  const { version } = snapshot.signed.meta["alice.json"];
  const list = await read(`${version}.alice.json`);
  list.signed.delegations.roles.push({ ...list.signed.delegations.roles[0], name: "alice.thief", paths: ["alice/thief/*"] });
  const forged = { [`/metadata/${version}.alice.json`]: JSON.stringify(list) };
  snapshot.signed.meta["alice.json"] = meta(JSON.stringify(list), version);
  snapshot.signed.version += 1;
  forged[`/metadata/${snapshot.signed.version}.snapshot.json`] = signed(snapshot);
  timestamp.signed.meta["snapshot.json"] = meta(signed(snapshot), snapshot.signed.version);
  timestamp.signed.version += 1;
  forged["/metadata/timestamp.json"] = signed(timestamp);
  const sent = [];
  const liar = createServer(async (request, response) => {
    if (request.method !== "GET") sent.push(request.url);
    if (forged[request.url]) return response.end(forged[request.url]);
    const answer = await market.fetch(request.url);
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise((resolve) => liar.listen(0, "127.0.0.1", resolve));
  const where = await drop("honest", { "a.txt": "mine" });
  const url = `http://127.0.0.1:${liar.address().port}`;
  for (const args of [["publish", where, "--creator", "alice"], ["retire", "alice/first"], ["resign", "alice"], ["creator", "rotate-key", "alice"]]) {
    const ran = await market.tryCli("--url", url, ...args);
    assert.equal(ran.code, 1, args[0]);
    assert.match(ran.err, /alice is signed by 0 of its keys/, args[0]);
  }
  assert.deepEqual(sent, [], "nothing was signed or sent");
  await rm(path.join(market.home, "keys/alice.next.jwk"), { force: true });
  liar.closeAllConnections();
  await new Promise((resolve) => liar.close(resolve));
});

/** The form that signatures are made over. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

test("a key of another place signs: a command gets the bytes and prints a signature", async () => {
  const pem = path.join(folder, "kept.pem");
  await market.cli("key", "new", "kept");
  await writeFile(pem, (await market.cli("key", "export", "kept", "--private", "--format", "pem")).out, { mode: 0o600 });
  const jwk = path.join(folder, "kept.jwk");
  await writeFile(jwk, (await market.cli("key", "export", "kept")).out);
  assert.equal("d" in JSON.parse(await readFile(jwk)), false, "only the public half, unless it is asked for");
  const script = path.join(folder, "sign.mjs");
  await writeFile(
    script,
    `import { readFileSync, appendFileSync } from "node:fs"; import { sign } from "node:crypto";
     const bytes = readFileSync(0); appendFileSync(${JSON.stringify(path.join(folder, "signed.log"))}, bytes.length + "\\n");
     process.stdout.write(sign(null, bytes, readFileSync(${JSON.stringify(pem)})).toString("hex"));`,
  );
  const signer = ["--signer", `"${process.execPath}" "${script}"`, "--signer-key", jwk];
  await market.cli("creator", "add", "zoe", "--key", jwk);
  const where = await drop("remote", { "a.txt": "signed elsewhere" });
  await market.cli("publish", where, "--creator", "zoe", ...signer);
  assert.equal(await (await market.fetch("/get/zoe/remote/a.txt")).text(), "signed elsewhere");
  assert.ok((await readFile(path.join(folder, "signed.log"), "utf8")).split("\n").length > 3);
  await market.cli("retire", "zoe/remote", ...signer);
  assert.equal((await market.fetch("/get/zoe/remote/a.txt")).status, 404);

  const refusals = [
    ["false", /ended with/],
    ["echo nonsense", /printed no Ed25519 signature/],
    [`printf %s ${"00".repeat(64)}`, /does not verify with its key|signature/],
  ];
  for (const [command, message] of refusals) {
    const ran = await market.tryCli("publish", where, "--creator", "zoe", "--signer", command, "--signer-key", jwk);
    assert.equal(ran.code, 1, command);
    assert.match(ran.err, message, command);
  }
  const openssl = await exec("openssl", ["pkey", "-in", pem, "-noout", "-text"]);
  assert.match(openssl.out, /ED25519/i, "other tools read what was exported");
});
