// Delivery in stages: a light bundle to begin with, pictures that are there before they are asked for, and a
// download that goes on after its grant has ended.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHash, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SignJWT, calculateJwkThumbprint, importJWK } from "jose";
import sharp from "sharp";
import { photo } from "../fixtures/photos/compose.mjs";
import { ROOT } from "../xtask/serve.mjs";
import { noise } from "./support/chance.mjs";
import { Market, exec, must, settled } from "./support/market.mjs";

let market, folder;

before(async () => {
  market = await Market.open();
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-staged-"));
});
after(async () => {
  await market?.close();
  if (folder) await rm(folder, { recursive: true });
});

/** A folder to publish: a picture, a bundle of so many bytes, all of it. */
async function drop(name, lite, toml = 'lite = "lite.zip"\nmaster = "master.zip"\n') {
  const place = path.join(folder, name);
  await mkdir(place);
  // Not one of the demo's, whose derivatives are there already.
  await sharp(photo("dandelion")).resize(1500).jpeg().toFile(path.join(place, "cover.jpg"));
  await writeFile(path.join(place, "lite.zip"), noise(300, lite));
  await writeFile(path.join(place, "master.zip"), noise(301, 5_000_000));
  await writeFile(path.join(place, "drop.toml"), `title = "In stages"\n${toml}`);
  return ["publish", place, "--creator", "alice", "--drop", name];
}

test("a lite bundle has 1 to 3 MB, or nothing is hashed, sent or published", async () => {
  for (const [name, lite] of [["too-light", 999_999], ["too-heavy", 3_000_001]]) {
    const ran = await market.tryCli(...(await drop(name, lite)));
    assert.notEqual(ran.code, 0);
    assert.match(ran.err, new RegExp(`drop.toml: the lite bundle lite.zip has ${lite} bytes; it must have 1000000 to 3000000`));
    assert.equal((await market.fetch(`/d/alice/${name}`)).status, 404);
  }
  const ran = await market.tryCli(...(await drop("absent", 2_000_000, 'lite = "light.zip"\n')));
  assert.match(ran.err, /drop.toml: light.zip is named as a stage but not in the drop/);
});

test("the pictures of a page are made when the drop is published, before anybody asks", async () => {
  await market.cli(...(await drop("staged", 2_000_000)));
  const cover = createHash("sha256").update(await readFile(path.join(folder, "staged/cover.jpg"))).digest("hex");
  // Small ones are in KV, larger ones in R2. Each of the two has one name as it was made first, and another when it was made
  // once more, smaller: three names are those of both.
  await settled(async () => {
    const options = { prefix: `derived/${cover}/` };
    const { keys } = await (await market.hot()).list(options);
    const { objects } = await (await market.bucket()).list(options);
    const names = [...keys.map(({ name }) => name), ...objects.map(({ key }) => key)];
    assert.ok(names.length >= 3, names.join());
  });
  const page = await (await market.fetch("/d/alice/staged")).text();
  const pictures = [...page.matchAll(/<img src="([^"]+)"/g)].map(([, url]) => url);
  assert.equal(pictures.length, 2, "one at the head, one beside the file");
  for (const url of pictures) {
    const response = await market.fetch(url, { headers: { accept: "image/avif,image/webp,image/*,*/*;q=0.8" } });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("cache-status"), /; hit/, url);
    await response.arrayBuffer();
  }
  assert.match(page, /Begin with lite\.zip/);
});

test("a date is that of one version: what was changed under an old date is sent whole", async () => {
  const where = "/get/alice/staged/master.zip";
  const first = await market.fetch(where, { headers: { range: "bytes=0-9" } });
  const date = first.headers.get("last-modified");
  assert.equal(first.status, 206);
  const place = path.join(folder, "staged");
  await writeFile(path.join(place, "master.zip"), noise(302, 5_000_000));
  // As `cp -p` leaves it: new bytes, the old date.
  await must("touch", ["-r", path.join(place, "cover.jpg"), path.join(place, "master.zip")]);
  await market.cli("publish", place, "--creator", "alice", "--drop", "staged");
  const resumed = await market.fetch(where, { headers: { range: "bytes=10-", "if-range": date } });
  assert.equal(resumed.status, 200);
  assert.ok(Buffer.from(await resumed.arrayBuffer()).equals(noise(302, 5_000_000)));
  // Nothing has changed: nothing is published, and the date stays.
  const now = resumed.headers.get("last-modified");
  assert.notEqual(now, date);
  const again = await market.cli("publish", place, "--creator", "alice", "--drop", "staged");
  assert.match(again.err, /nothing to do/);
  assert.equal((await market.fetch(where, { method: "HEAD" })).headers.get("last-modified"), now);
});

test("a download that was begun in time finishes after its grant has ended; none begins then", async () => {
  const jwk = JSON.parse(await readFile(path.join(market.home, "keys/issuer.jwk"), "utf8"));
  const now = () => Math.floor(Date.now() / 1000);
  // Clocks may differ by 30 seconds, so that this one ends in so many.
  const ending = async (seconds) => {
    const exp = now() - 30 + seconds;
    const token = await new SignJWT({ iss: "marketplace", aud: "dropgate", exp, grace: 600, jti: randomUUID(), paths: ["alice/*"] })
      .setProtectedHeader({ alg: "EdDSA", kid: await calculateJwkThumbprint(jwk) })
      .sign(await importJWK({ ...jwk, alg: "EdDSA" }, "EdDSA"));
    return `Bearer ${token}`;
  };
  const master = `${market.url}/get/alice/drop-7/master.zip`;
  const file = path.join(folder, "begun.zip");
  // As short as this machine can begin in.
  let authorization;
  const begin = () => exec("curl", ["-sS", "-f", "-r", "0-2999999", "-o", file, "-H", `authorization: ${authorization}`, master]);
  for (let seconds = 5; ; seconds *= 2) {
    authorization = await ending(seconds);
    const { code, err } = await begin();
    if (code === 0) break;
    assert.ok(seconds < 160, err);
  }
  const other = `${market.url}/get/alice/brushes-2/brushes.zip`;
  const begins = async () => (await fetch(other, { method: "HEAD", headers: { authorization } })).status;
  await settled(async () => assert.equal(await begins(), 401), { tries: 1800 });
  await must("curl", ["-sS", "-f", "-C", "-", "-o", file, "-H", `authorization: ${authorization}`, master]);
  assert.ok((await readFile(file)).equals(await readFile(path.join(ROOT, "fixtures/demo/alice/drop-7/master.zip"))));
  const refused = await exec("curl", ["-sS", "-f", "-o", file, "-H", `authorization: ${authorization}`, other]);
  assert.equal(refused.code, 22);
});
