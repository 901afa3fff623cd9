// Clients that know nothing of us: curl, and the reference TUF client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { Market, exec, must } from "./support/market.mjs";
import { pythonTuf } from "./support/tuf.mjs";

const COVER = "alice/drop-7/cover.jpg";
let market, folder, cover;

before(async () => {
  market = await Market.open();
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-clients-"));
  cover = await readFile(path.join(ROOT, "fixtures/demo", COVER));
});
after(async () => {
  await market?.close();
  if (folder) await rm(folder, { recursive: true });
});

const at = (where) => `${market.url}${where}`;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const fields = (text) => Object.fromEntries(
  text.split("\r\n").filter((line) => line.includes(": ")).map((line) => {
    const colon = line.indexOf(": ");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
  }),
);

test("curl -I: the length is declared, the tag is strong", async () => {
  const { out } = await must("curl", ["-sS", "-I", at(`/get/${COVER}`)]);
  assert.match(out, /^HTTP\/1\.1 200 /);
  const head = fields(out);
  assert.equal(head["content-length"], String(cover.length));
  assert.match(head.etag, /^"[^"]+"$/);
  assert.equal(head["accept-ranges"], "bytes");
  assert.equal(head["content-type"], "image/jpeg");
  assert.equal(head["x-content-type-options"], "nosniff");
  // HEAD says what GET would.
  const got = fields((await must("curl", ["-sS", "-D", "-", "-o", "/dev/null", at(`/get/${COVER}`)])).out);
  for (const name of ["content-length", "etag", "content-type", "accept-ranges", "cache-control"]) {
    assert.equal(got[name], head[name], name);
  }
});

test("curl: the whole file, and its digest as RFC 9530 has it", async () => {
  const { bytes } = await must("curl", ["-sS", at(`/get/${COVER}`)]);
  assert.ok(bytes.equals(cover));
  const { out } = await must("curl", ["-sS", "-I", at(`/get/${COVER}`)]);
  const digest = createHash("sha256").update(cover).digest("base64");
  assert.equal(fields(out)["repr-digest"], `sha-256=:${digest}:`);
});

test("curl -r: the bytes that were asked for", async () => {
  const end = cover.length;
  for (const [range, from, to] of [["0-0", 0, 1], ["1000-1999", 1000, 2000], ["262143-262144", 262143, 262145], [`${end - 5}-`, end - 5, end], ["-7", end - 7, end], ["0-99999999", 0, end]]) {
    const { bytes } = await must("curl", ["-sS", "-D", path.join(folder, "head"), "-r", range, at(`/get/${COVER}`)]);
    assert.ok(bytes.equals(cover.subarray(from, to)), range);
    const head = await readFile(path.join(folder, "head"), "latin1");
    assert.match(head, /^HTTP\/1\.1 206 /);
    assert.equal(fields(head)["content-range"], `bytes ${from}-${to - 1}/${end}`);
    assert.equal(fields(head)["content-length"], String(to - from));
  }
});

test("curl -C -: a partial file is completed, byte for byte", async () => {
  const file = path.join(folder, "cover.jpg");
  for (const have of [1, 300_000, cover.length - 1]) {
    await writeFile(file, cover.subarray(0, have));
    await must("curl", ["-sS", "-f", "-C", "-", "-o", file, at(`/get/${COVER}`)]);
    assert.ok((await readFile(file)).equals(cover), `resumed at ${have}`);
  }
});

test("curl -C -: a gated file too, with the grant", async () => {
  const token = await market.grant("--drop", "alice/drop-7", "--expires", "1h");
  const file = path.join(folder, "master.zip");
  const master = await readFile(path.join(ROOT, "fixtures/demo/alice/drop-7/master.zip"));
  await writeFile(file, master);
  await truncate(file, 3_000_001);
  const resume = ["-sS", "-f", "-C", "-", "-o", file, at("/get/alice/drop-7/master.zip")];
  assert.equal((await exec("curl", resume)).code, 22);
  assert.equal((await stat(file)).size, 3_000_001, "a refusal must not end up in the file");
  await must("curl", ["-H", `authorization: Bearer ${token}`, ...resume]);
  assert.ok((await readFile(file)).equals(master));
});

test("curl: resuming past the end is 416 and says how long the file is", async () => {
  const { out } = await must("curl", ["-sS", "-D", "-", "-r", `${cover.length}-`, at(`/get/${COVER}`)]);
  assert.match(out, /^HTTP\/1\.1 416 /);
  assert.equal(fields(out)["content-range"], `bytes */${cover.length}`);
  assert.match(out, /urn:dropgate:problem:range-not-satisfiable/);
});

test("curl: a file that changed in between is sent whole (If-Range)", async () => {
  const { out } = await must("curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", "-r", "100-", "-H", 'If-Range: "another"', at(`/get/${COVER}`)]);
  assert.equal(out, `200 ${cover.length}`);
});

test("curl --etag-compare: what has not changed is not sent again", async () => {
  const [tag, file] = [path.join(folder, "tag"), path.join(folder, "again.jpg")];
  await must("curl", ["-sS", "--etag-save", tag, "-o", file, at(`/get/${COVER}`)]);
  const { out } = await must("curl", ["-sS", "--etag-compare", tag, "-o", file, "-w", "%{http_code} %{size_download}", at(`/get/${COVER}`)]);
  assert.equal(out, "304 0");
});

const tuf = async (target, options) => pythonTuf(market, target, await mkdtemp(path.join(folder, "tuf-")), options);

test("the stock TUF client walks the chain and verifies public files of both creators", async () => {
  for (const target of [COVER, "alice/brushes-2/sheet.png", "bruno/entropy/sintonia.ogg"]) {
    const expected = await readFile(path.join(ROOT, "fixtures/demo", target));
    const got = await tuf(target);
    assert.ok(got.ok, JSON.stringify(got));
    assert.equal(got.length, expected.length);
    assert.equal(got.sha256, sha256(expected));
    assert.ok((await readFile(got.file)).equals(expected));
    assert.equal(got.custom.access, "public");
    const [creator, drop] = target.split("/");
    for (const role of ["root", "timestamp", "snapshot", "targets", creator, `${creator}.${drop}`]) {
      assert.ok(got.versions[role] >= 1, `${role} was not verified: ${JSON.stringify(got.versions)}`);
    }
  }
});

test("the stock TUF client refuses what is not signed, and what it may not have", async () => {
  for (const target of ["alice/drop-7/none.jpg", "nobody/drop-7/cover.jpg", "alice/drop-8/cover.jpg"]) {
    const got = await tuf(target);
    assert.deepEqual([got.ok, got.code], [false, 1]);
    assert.match(got.message, /no role that may sign/);
  }
  // A gated file is in the public manifest; its bytes are not public.
  const gated = await tuf("alice/drop-7/master.zip");
  assert.deepEqual([gated.ok, gated.error], [false, "DownloadHTTPError"]);
});

test("the stock TUF client that trusts another root believes nothing of it", async () => {
  const other = await mkdtemp(path.join(folder, "other-"));
  await market.cli("--home", other, "init");
  const got = await tuf(COVER, { root: path.join(other, "metadata/1.root.json") });
  assert.equal(got.ok, false);
  assert.equal(got.error, "UnsignedMetadataError");
});

test("the stock TUF client sees what was published since, and only forwards", async () => {
  const cache = path.join(folder, "cache");
  const drop = path.join(folder, "entropy");
  await cp(path.join(ROOT, "fixtures/demo/bruno/entropy"), drop, { recursive: true });
  const target = "bruno/entropy/license.txt";
  const first = await tuf(target, { cache });
  assert.ok(first.ok, JSON.stringify(first));

  await writeFile(path.join(drop, "license.txt"), "A new licence.\n");
  await market.cli("publish", drop, "--creator", "bruno", "--drop", "entropy");
  const second = await tuf(target, { cache });
  assert.ok(second.ok, JSON.stringify(second));
  assert.equal(second.sha256, sha256("A new licence.\n"));
  assert.equal(second.versions["bruno.entropy"], first.versions["bruno.entropy"] + 1);
  assert.equal(second.versions.snapshot, first.versions.snapshot + 1);
  assert.ok(second.versions.timestamp > first.versions.timestamp);
  // The other creator's chain is as it was.
  assert.equal(second.versions.targets, first.versions.targets);
  assert.ok((await tuf(COVER, { cache })).ok);
});
