// The ZIP of a drop, which is never stored, as the programs people have read it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chance, noise } from "./support/chance.mjs";
import { Market, exec, must } from "./support/market.mjs";

const PYTHON = process.env.DROPGATE_PYTHON ?? "python3";
// An even second, as a ZIP's old field has it.
const MTIME = 1_700_000_000;
let market, folder, files, zip, archive;

before(async () => {
  market = await Market.open();
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-zip-"));
  const drop = path.join(folder, "kit");
  await mkdir(drop);
  // Nothing, one byte, the edges of a chunk, several chunks, a long name.
  files = {
    "a-empty.txt": Buffer.alloc(0),
    "b-one.bin": Buffer.from("x"),
    "c-chunk.bin": noise(1, 262_144),
    "d-chunk-and-one.bin": noise(2, 262_145),
    "e-several.bin": noise(3, 1_500_001),
    [`${"n".repeat(60)}.bin`]: noise(4, 70_000),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(path.join(drop, name), bytes);
    await utimes(path.join(drop, name), MTIME, MTIME);
  }
  await market.cli("publish", drop, "--creator", "alice", "--drop", "kit");
  zip = await bytesOf("/get/alice/kit.zip");
  archive = path.join(folder, "kit.zip");
  await writeFile(archive, zip);
});
after(async () => {
  await market?.close();
  if (folder) await rm(folder, { recursive: true });
});

async function bytesOf(where, headers) {
  const response = await market.fetch(where, { headers });
  assert.equal(response.status, 200, where);
  return Buffer.from(await response.arrayBuffer());
}

/** What a program unpacked is what was published, and nothing else. */
async function sameFiles(out) {
  const kit = path.join(out, "kit");
  assert.deepEqual((await readdir(kit)).sort(), Object.keys(files).sort());
  for (const [name, bytes] of Object.entries(files)) {
    assert.ok((await readFile(path.join(kit, name))).equals(bytes), name);
  }
}

test("Info-ZIP tests and unpacks it", async () => {
  const tested = await must("unzip", ["-t", archive]);
  assert.match(tested.out, /No errors detected/);
  assert.equal(tested.err, "");
  const out = path.join(folder, "unzip");
  await must("unzip", ["-q", archive, "-d", out]);
  await sameFiles(out);
});

test("7-Zip tests and unpacks it, without a warning", async () => {
  const tested = await must("7z", ["t", archive]);
  assert.match(tested.out, /Everything is Ok/);
  assert.doesNotMatch(tested.out, /Warning|Headers Error|after the end/i);
  const out = path.join(folder, "7z");
  await must("7z", ["x", "-y", `-o${out}`, archive]);
  await sameFiles(out);
});

test("bsdtar unpacks it, from a file and from a pipe that cannot seek", async () => {
  for (const [name, args, input] of [["file", ["-xf", archive]], ["pipe", ["-xf", "-"], zip]]) {
    const out = path.join(folder, `bsdtar-${name}`);
    await mkdir(out);
    const ran = await must("bsdtar", [...args, "-C", out], { input });
    assert.equal(ran.err, "");
    await sameFiles(out);
  }
});

test("Python's zipfile tests it; names, times and Zip64 are as they should be", async () => {
  const script = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    bad = z.testzip()
    print(json.dumps({"bad": bad, "members": [[i.filename, i.file_size, i.compress_size, i.compress_type, i.CRC, list(i.date_time), i.flag_bits] for i in z.infolist()]}))
`;
  const { out } = await must(PYTHON, ["-c", script, archive]);
  const { bad, members } = JSON.parse(out);
  assert.equal(bad, null);
  assert.deepEqual(members.map(([name]) => name), Object.keys(files).sort().map((name) => `kit/${name}`));
  const when = new Date(MTIME * 1000);
  for (const [name, size, packed, method, , date, flags] of members) {
    assert.equal(size, files[name.slice(4)].length);
    assert.deepEqual([packed, method], [size, 0], "stored as it is");
    assert.deepEqual(date, [when.getUTCFullYear(), when.getUTCMonth() + 1, when.getUTCDate(), when.getUTCHours(), when.getUTCMinutes(), when.getUTCSeconds()]);
    assert.equal(flags & 0x800, 0x800, "names are UTF-8");
  }
});

test("it is the same every time, and declared before it begins", async () => {
  const head = await market.fetch("/get/alice/kit.zip", { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(zip.length));
  assert.equal(head.headers.get("accept-ranges"), "bytes");
  assert.ok((await bytesOf("/get/alice/kit.zip")).equals(zip));
  const etag = head.headers.get("etag");
  const known = await market.fetch("/get/alice/kit.zip", { headers: { "if-none-match": etag } });
  assert.equal(known.status, 304);
  // Another isolate, another process: the same bytes under the same tag.
  await market.restart();
  const again = await market.fetch("/get/alice/kit.zip");
  assert.equal(again.headers.get("etag"), etag);
  assert.ok(Buffer.from(await again.arrayBuffer()).equals(zip));
});

test("curl -C - resumes it at 200 random places, byte for byte", async () => {
  const seed = 20_261_123;
  const next = chance(seed);
  // The records at both ends are a small part: half of the places are in them.
  const place = (at) => 1 + (at % 4 === 0 ? next(400) : at % 4 === 1 ? zip.length - 1 - next(900) - 1 : next(zip.length - 1));
  const resume = async (at) => {
    const have = place(at);
    const file = path.join(folder, `resumed-${at % 4}.zip`);
    await writeFile(file, zip.subarray(0, have));
    await must("curl", ["-sS", "-f", "-C", "-", "-o", file, `${market.url}/get/alice/kit.zip`]);
    assert.ok((await readFile(file)).equals(zip), `resumed at ${have} (seed ${seed}, place ${at})`);
  };
  for (let at = 0; at < 200; at += 4) await Promise.all([at, at + 1, at + 2, at + 3].map(resume));
});

test("any range of it is these bytes of it", async () => {
  const next = chance(7);
  for (let round = 0; round < 100; round++) {
    const from = next(zip.length);
    const to = Math.min(zip.length, from + 1 + next(round % 2 ? 300 : 600_000));
    const response = await market.fetch("/get/alice/kit.zip", { headers: { range: `bytes=${from}-${to - 1}` } });
    assert.equal(response.status, 206);
    assert.equal(response.headers.get("content-range"), `bytes ${from}-${to - 1}/${zip.length}`);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(zip.subarray(from, to)), `${from}-${to}`);
  }
});

test("a choice of files is an archive of its own", async () => {
  const two = await bytesOf("/get/alice/kit.zip?files=b-one.bin,c-chunk.bin");
  const file = path.join(folder, "two.zip");
  await writeFile(file, two);
  const { out } = await must("unzip", ["-Z1", file]);
  assert.deepEqual(out.trim().split("\n"), ["kit/b-one.bin", "kit/c-chunk.bin"]);
  await must("unzip", ["-t", file]);
  const none = await market.fetch("/get/alice/kit.zip?files=b-one.bin,gone.bin");
  assert.equal(none.status, 404);
  assert.match((await none.json()).detail, /gone\.bin/);
});

test("a gated drop's archive needs the grant; its public tier does not", async () => {
  assert.equal((await market.fetch("/get/alice/drop-7.zip")).status, 401);
  const open = await market.fetch("/get/alice/drop-7.zip?tier=public");
  assert.equal(open.status, 200);
  assert.match(open.headers.get("content-disposition"), /drop-7-public\.zip/);
  const file = path.join(folder, "public.zip");
  await writeFile(file, Buffer.from(await open.arrayBuffer()));
  const names = (await must("unzip", ["-Z1", file])).out.trim().split("\n");
  assert.ok(names.length >= 3 && !names.includes("drop-7/master.zip"), names.join());
  const token = await market.grant("--drop", "alice/drop-7", "--expires", "1h");
  const all = await bytesOf("/get/alice/drop-7.zip", { authorization: `Bearer ${token}` });
  await writeFile(file, all);
  await must("unzip", ["-tq", file]);
});

test("a member that was tampered with ends the archive short, never wrong", async () => {
  const bucket = await market.bucket();
  const { objects } = await bucket.list({ prefix: "targets/alice/kit/" });
  const { key } = objects.find((object) => object.key.endsWith(".e-several.bin"));
  const damaged = Buffer.from(files["e-several.bin"]);
  damaged[700_000] ^= 1;
  await bucket.put(key, new Uint8Array(damaged));
  const file = path.join(folder, "short.zip");
  const ran = await exec("curl", ["-sS", "-o", file, `${market.url}/get/alice/kit.zip`]);
  assert.equal(ran.code, 18, `curl should see a partial file: ${ran.err}`);
  const got = await readFile(file);
  assert.ok(got.length < zip.length && got.equals(zip.subarray(0, got.length)), "wrong bytes went out");
  const sha256 = createHash("sha256").update(files["e-several.bin"]).digest("hex");
  await bucket.put(key, new Uint8Array(files["e-several.bin"]), { sha256 });
  await must("curl", ["-sS", "-f", "-C", "-", "-o", file, `${market.url}/get/alice/kit.zip`]);
  assert.ok((await readFile(file)).equals(zip), "what went out can be resumed");
});
