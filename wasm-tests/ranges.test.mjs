// Download managers: what they ask for, what they get, what they repair.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { noise } from "./support/chance.mjs";
import { Market, exec, must, settled } from "./support/market.mjs";
import { Wire } from "./support/wire.mjs";

const CHUNK = 256 * 1024;
const FILE = "/get/alice/reel/reel.bin";
let market, wire, folder, reel;

before(async () => {
  market = await Market.open();
  wire = await Wire.open(market);
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-ranges-"));
  const drop = path.join(folder, "drop");
  await mkdir(drop);
  reel = noise(11, 24 * 1024 * 1024 + 12_345);
  await writeFile(path.join(drop, "reel.bin"), reel);
  await writeFile(path.join(drop, "empty.txt"), "");
  await writeFile(path.join(drop, "drop.toml"), 'title = "A reel"\n[files."reel.bin"]\naccess = "grant"\n');
  await market.cli("publish", drop, "--creator", "alice", "--drop", "reel");
});
after(async () => {
  await wire?.close();
  await market?.close();
  if (folder) await rm(folder, { recursive: true });
});

const grant = () => market.grant("--drop", "alice/reel", "--expires", "1h");
/** The requests for the file that got bytes. */
const parts = () => wire.seen.filter(({ method, path: where, bytes }) => method === "GET" && where.startsWith(FILE) && bytes > 0);

async function place(name) {
  const dir = path.join(folder, name);
  await mkdir(dir);
  return dir;
}

const ARIA = ["--no-conf", "--console-log-level=warn", "--summary-interval=0", "--download-result=hide", "--file-allocation=none", "--allow-overwrite=true", "--auto-file-renaming=false"];

test("wget -c completes what it has, and no more than that", async () => {
  const token = await grant();
  const file = path.join(await place("wget"), "reel.bin");
  for (const have of [1, 5_000_001, reel.length - 1]) {
    await writeFile(file, reel.subarray(0, have));
    wire.clear();
    await must("wget", ["-q", "-c", "-O", file, "--header", `Authorization: Bearer ${token}`, wire.url + FILE]);
    assert.ok((await readFile(file)).equals(reel), `resumed at ${have}`);
    assert.equal(wire.bytes, reel.length - have);
  }
  // What is complete stays as it is.
  await must("wget", ["-q", "-c", "-O", file, "--header", `Authorization: Bearer ${token}`, wire.url + FILE]);
  assert.ok((await readFile(file)).equals(reel));
});

test("wget names the file as the marketplace does", async () => {
  const dir = await place("named");
  await must("wget", ["-q", "--content-disposition", "-P", dir, `${wire.url}/get/alice/drop-7.zip?tier=public`]);
  assert.equal((await readFile(path.join(dir, "drop-7-public.zip"))).subarray(0, 2).toString(), "PK");
});

test("aria2c -x8 fetches it over eight connections", async () => {
  const dir = await place("aria2");
  wire.clear();
  await must("aria2c", [...ARIA, "-x8", "-s8", "-k1M", "-d", dir, "-o", "reel.bin", "--header", `Authorization: Bearer ${await grant()}`, wire.url + FILE]);
  assert.ok((await readFile(path.join(dir, "reel.bin"))).equals(reel));
  assert.ok(parts().length >= 8, `${parts().length} requests`);
  assert.ok(parts().every(({ status, range }) => status === 206 || range === undefined));
});

/** Lets aria2c download, or mend, what our Metalink of the file describes. */
async function metalink(dir) {
  const where = `/get/alice/reel.meta4?files=reel.bin&grant=${await grant()}`;
  const document = await (await fetch(wire.url + where)).text();
  assert.match(document, /<pieces length="262144" type="sha-256">/);
  const file = path.join(dir, "reel.meta4");
  await writeFile(file, document);
  wire.clear();
  return exec("aria2c", [...ARIA, "-x8", "-k1M", "--check-integrity=true", "-d", dir, "-M", file]);
}

test("aria2c with our Metalink downloads, and checks every piece", async () => {
  const dir = await place("metalink");
  const ran = await metalink(dir);
  assert.equal(ran.code, 0, ran.out + ran.err);
  assert.ok((await readFile(path.join(dir, "reel.bin"))).equals(reel));
});

test("aria2c with our Metalink mends a flipped byte: it fetches the bad piece and nothing else", async () => {
  const dir = await place("mended");
  const damaged = Buffer.from(reel);
  const at = 41 * CHUNK + 77;
  damaged[at] ^= 1;
  await writeFile(path.join(dir, "reel.bin"), damaged);
  const ran = await metalink(dir);
  assert.equal(ran.code, 0, ran.out + ran.err);
  assert.ok((await readFile(path.join(dir, "reel.bin"))).equals(reel));
  assert.equal(parts().length, 1, JSON.stringify(parts()));
  assert.match(parts()[0].range, new RegExp(`^bytes=${41 * CHUNK}-`));
  // aria2 may ask for all that follows and hang up; it has not read more than it needs.
  assert.ok(wire.bytes <= 2 * CHUNK, `${wire.bytes} bytes came for one bad piece of ${CHUNK}`);
});

test("aria2c with our Metalink refuses bytes that were changed on the way", async () => {
  const dir = await place("refused");
  const bucket = await market.bucket();
  const { objects } = await bucket.list({ prefix: "targets/alice/reel/" });
  const { key } = objects.find((object) => object.key.endsWith(".reel.bin"));
  const bytes = new Uint8Array(reel);
  const { sha256 } = (await bucket.head(key)).checksums;
  bytes[30 * CHUNK] ^= 1;
  await bucket.put(key, bytes);
  const ran = await metalink(dir);
  assert.notEqual(ran.code, 0);
  bytes[30 * CHUNK] ^= 1;
  await bucket.put(key, bytes, { sha256 });
  const again = await metalink(dir);
  assert.equal(again.code, 0, again.out + again.err);
  assert.ok((await readFile(path.join(dir, "reel.bin"))).equals(reel));
});

test("conditions and ranges of every route that has bytes", async (t) => {
  const token = await grant();
  const routes = {
    "a file": `${FILE}?grant=${token}`,
    "an empty file": "/get/alice/reel/empty.txt",
    "a public file": "/get/alice/drop-7/cover.jpg",
    "a derivative": "/img/width=320/alice/drop-7/cover.jpg",
    "a ZIP": "/get/alice/drop-7.zip?tier=public",
    "a Metalink": "/get/alice/drop-7.meta4",
    "signed metadata": "/metadata/timestamp.json",
  };
  // A picture is made again, smaller, after its first answer; here one of the two shall be asked for throughout.
  await settled(async () => {
    const picture = await market.fetch(routes["a derivative"], { method: "HEAD" });
    assert.doesNotMatch(picture.headers.get("cache-status"), /detail=first|fwd=miss; stored/);
  });
  for (const [name, where] of Object.entries(routes)) {
    await t.test(name, async () => {
      const ask = async (headers, method = "GET") => {
        // The local server's front compresses texts, as Cloudflare's may: not here.
        const response = await market.fetch(where, { method, headers: { "accept-encoding": "identity", ...headers } });
        return { status: response.status, head: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
      };
      const whole = await ask({});
      assert.equal(whole.status, 200);
      const etag = whole.head.get("etag");
      const length = whole.bytes.length;
      assert.match(etag, /^"[^"]+"$/);
      assert.equal(whole.head.get("content-length"), String(length));
      assert.equal(whole.head.get("x-content-type-options"), "nosniff");

      const head = await ask({}, "HEAD");
      assert.deepEqual([head.status, head.bytes.length], [200, 0]);
      for (const field of ["content-length", "etag", "content-type", "accept-ranges", "cache-control", "last-modified", "content-disposition", "vary"]) {
        assert.equal(head.head.get(field), whole.head.get(field), field);
      }
      // Conditions: on the tag, on the date, and which of them counts.
      for (const [headers, status] of [
        [{ "if-none-match": etag }, 304],
        [{ "if-none-match": `"x", W/${etag}` }, 304],
        [{ "if-none-match": "*" }, 304],
        [{ "if-none-match": '"x"' }, 200],
        [{ "if-match": etag }, 200],
        [{ "if-match": "*" }, 200],
        [{ "if-match": '"x"' }, 412],
        [{ "if-match": `W/${etag}` }, 412],
      ]) {
        const got = await ask(headers);
        assert.equal(got.status, status, JSON.stringify(headers));
        if (status === 304) {
          assert.equal(got.bytes.length, 0);
          assert.equal(got.head.get("etag"), etag);
          assert.equal(got.head.get("cache-control"), whole.head.get("cache-control"));
        }
      }
      const modified = whole.head.get("last-modified");
      if (modified) {
        assert.equal((await ask({ "if-modified-since": modified })).status, 304);
        assert.equal((await ask({ "if-unmodified-since": modified })).status, 200);
        assert.equal((await ask({ "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT" })).status, 412);
        assert.equal((await ask({ "if-none-match": '"x"', "if-modified-since": modified })).status, 200);
      }
      if (whole.head.get("accept-ranges") !== "bytes") return;
      // Ranges, and the conditions under which they count.
      const middle = length >> 1;
      const cases = [
        [`bytes=0-0`, {}, [0, 1]],
        [`bytes=${middle}-`, {}, [middle, length]],
        [`bytes=-3`, {}, [length - 3, length]],
        [`bytes=-${length + 9}`, {}, [0, length]],
        [`bytes=1-${length + 9}`, {}, [1, length]],
        [`bytes=0-9,10-19`, {}, [0, 20]],
        [`bytes=0-1`, { "if-range": etag }, [0, 2]],
        [`bytes=0-1`, { "if-range": '"x"' }, null],
        [`bytes=0-1`, { "if-range": "Thu, 01 Jan 1970 00:00:00 GMT" }, null],
        [`bytes=0-1,${middle}-${middle}`, {}, null],
        ["bytes=2-1", {}, null],
        ["pages=1-2", {}, null],
      ];
      for (const [range, headers, want] of length > 100 ? cases : [["bytes=-1", {}, null]]) {
        const got = await ask({ range, ...headers });
        const what = `${range} ${JSON.stringify(headers)}`;
        const [from, to] = want ?? [0, length];
        assert.equal(got.status, want ? 206 : 200, what);
        assert.ok(got.bytes.equals(whole.bytes.subarray(from, to)), what);
        assert.equal(got.head.get("content-length"), String(to - from), what);
        assert.equal(got.head.get("content-range"), want ? `bytes ${from}-${to - 1}/${length}` : null, what);
        assert.equal(got.head.get("etag"), etag, what);
        assert.equal(got.head.get("repr-digest"), whole.head.get("repr-digest"), what);
      }
      if (modified && length) assert.equal((await ask({ range: "bytes=0-0", "if-range": modified })).status, 206);
      const beyond = await ask({ range: `bytes=${length}-` });
      assert.equal(beyond.status, 416);
      assert.equal(beyond.head.get("content-range"), `bytes */${length}`);
      assert.equal((await ask({ range: `bytes=${length}-` }, "HEAD")).status, 200, "HEAD knows no ranges");
    });
  }
});

test("digests are told as they are wanted (RFC 9530)", async () => {
  const digest = async (headers) => (await market.fetch("/get/alice/drop-7/cover.jpg", { method: "HEAD", headers })).headers.get("repr-digest");
  assert.match(await digest({}), /^sha-256=:/);
  assert.match(await digest({ "want-repr-digest": "sha-256=5, sha-512=1" }), /^sha-256=:/);
  assert.equal(await digest({ "want-repr-digest": "sha-256=0" }), null);
});

test("a file leads to its Metalink (RFC 6249)", async () => {
  const link = (await market.fetch("/get/alice/drop-7/cover.jpg", { method: "HEAD" })).headers.get("link");
  assert.equal(link, `<${market.url}/get/alice/drop-7.meta4>; rel=describedby; type="application/metalink4+xml", <https://spdx.org/licenses/CC-BY-4.0.html>; rel="license"`);
  const range = (await market.fetch("/get/alice/drop-7/cover.jpg", { headers: { range: "bytes=0-9" } })).headers.get("link");
  assert.equal(range, link);
});

test("POST /check: whoever sends the hashes of what they have is told what to fetch again", async () => {
  const where = "/check/alice/reel/reel.bin";
  const ask = async (body) => {
    const response = await market.fetch(where, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };
  const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
  // A client that knows nothing learns the size of a chunk.
  const unknown = await ask({});
  assert.equal(unknown.status, 422);
  const size = Number(/chunk_size \((\d+) for this file\)/.exec(unknown.body.detail)[1]);
  assert.equal(size, CHUNK);

  // A copy with a flipped byte, a hole of zeros, and its end missing.
  let copy = Buffer.from(reel.subarray(0, 70 * CHUNK + 99));
  copy[3 * CHUNK + 5] ^= 1;
  copy.fill(0, 20 * CHUNK - 10, 22 * CHUNK + 10);
  const hashes = () => Array.from({ length: Math.ceil(copy.length / size) }, (_, at) => sha256(copy.subarray(at * size, (at + 1) * size)));
  const { status, body } = await ask({ chunk_size: size, chunks: hashes(), length: copy.length });
  assert.equal(status, 200);
  assert.deepEqual(body.ranges, [
    { first: 3 * CHUNK, last: 4 * CHUNK - 1 },
    { first: 19 * CHUNK, last: 23 * CHUNK - 1 },
    { first: 70 * CHUNK, last: reel.length - 1 },
  ]);
  assert.equal(body.missing, body.ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0));
  assert.equal(body.verified + body.missing, reel.length);

  copy = Buffer.concat([copy, Buffer.alloc(reel.length - copy.length)]);
  const authorization = `Bearer ${await grant()}`;
  for (const { first, last } of body.ranges) {
    const part = await must("curl", ["-sS", "-f", "-r", `${first}-${last}`, "-H", `authorization: ${authorization}`, market.url + FILE]);
    part.bytes.copy(copy, first);
  }
  assert.ok(copy.equals(reel));
  assert.equal(body.sha256, sha256(copy));
  const mended = await ask({ chunk_size: size, chunks: hashes(), length: copy.length });
  assert.deepEqual([mended.body.ranges, mended.body.missing, mended.body.truncate], [[], 0, false]);
});
