// Every route answers what is malformed with a problem that says what to
// change, and is well afterwards. The table of shoppers' requests is in
// support/bad-requests.mjs; those that need a token or a body are here.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SignJWT, calculateJwkThumbprint, importJWK } from "jose";
import { ROOT, readSecrets } from "../xtask/serve.mjs";
import { Market } from "./support/market.mjs";
import { ask, bodies, headers, hostiles, images, methods, paths, shout } from "./support/bad-requests.mjs";

const GOOD = "/get/bruno/entropy/sintonia.ogg";
const MIB = 1024 * 1024;
let market, good, admin;

before(async () => {
  market = await Market.open();
  good = await readFile(path.join(ROOT, "fixtures/demo/bruno/entropy/sintonia.ogg"));
  admin = (await readSecrets(path.join(market.home, "secrets.env"))).ADMIN_TOKEN;
  const all = await readdir(path.join(ROOT, "fixtures/images"));
  await publish("bad", all.filter((name) => name !== "make.sh"));
  await publish("later", ["dot.png"], 'not_before = "2099-01-01T00:00:00Z"');
  await publish("asking", ["dot.png"], 'consent = ["newsletter"]');
});
after(() => market?.close());

/** Publishes copies of fixtures/images as a drop of mallory's. */
async function publish(drop, names, toml = "") {
  const folder = await mkdtemp(path.join(tmpdir(), "dropgate-bad-"));
  for (const name of names) await copyFile(path.join(ROOT, "fixtures/images", name), path.join(folder, name));
  await writeFile(path.join(folder, "drop.toml"), `title = "${drop}"\n${toml}\n`);
  await market.cli("publish", folder, "--creator", "mallory", "--drop", drop, "--create");
  await rm(folder, { recursive: true });
}

const raw = (where, sent) => ask(market.url, where, sent);

async function isWell(name) {
  const answer = await raw(GOOD);
  assert.equal(answer.status, 200, `after: ${name}`);
  assert.ok(answer.bytes.equals(good), `other bytes after: ${name}`);
}

/** One bad request: exactly this problem, and the next good one works. */
async function refused([name, status, type, where, sent]) {
  const answer = await raw(where, sent);
  const text = answer.bytes.toString();
  assert.equal(answer.status, status, `${name}: ${text.slice(0, 300)}`);
  assert.equal(answer.headers["content-type"], "application/problem+json", name);
  assert.equal(answer.headers["cache-control"], "no-store", name);
  const problem = JSON.parse(text);
  assert.equal(problem.type, `urn:dropgate:problem:${type}`, `${name}: ${text}`);
  assert.equal(problem.status, status, name);
  assert.ok(problem.title && problem.detail.length > 10, `${name}: ${text}`);
  assert.ok(problem.detail.length < 500, `${name}: a detail is a sentence, not an echo`);
  if (status === 401) assert.match(answer.headers["www-authenticate"], /^Bearer/, name);
  if (status === 405) assert.ok(answer.headers.allow, name);
  await isWell(name);
}

/** A test for each row, so that one that fails hides no other. */
async function table(t, rows) {
  for (const row of rows) await t.test(row[0], () => refused(row));
}

test("paths that lead nowhere", (t) => table(t, paths));
test("methods a URL does not take", (t) => table(t, methods));
test("image options", (t) => table(t, images));
test("hostile pictures", (t) => table(t, hostiles));
test("ranges, conditions and grants", (t) => table(t, headers));
test("bodies of shoppers", (t) => table(t, bodies));

test("what a stock decoder takes is taken, within the bounds", async () => {
  // A file that ends early is shown as far as it goes; rows beyond the last are not unpacked.
  for (const file of ["truncated.jpg", "zip-bomb.png"]) {
    const answer = await raw(`/img/width=64,format=jpeg/mallory/bad/${file}`);
    assert.deepEqual([answer.status, answer.headers["content-type"]], [200, "image/jpeg"], file);
    await isWell(file);
  }
});

test("a picture of an archive, with a grant", async () => {
  const authorization = `Bearer ${await market.grant("--drop", "alice/drop-7", "--expires", "1h")}`;
  await refused(["an archive", 415, "not-a-picture", "/img/width=320/alice/drop-7/master.zip", { headers: { authorization } }]);
});

test("guessing codes ends in 429", async (t) => {
  const guess = { method: "POST", headers: { "content-type": "application/json" }, body: '{"code":"0000-0000-0000-0"}' };
  for (let guesses = 0; (await raw("/redeem", guess)).status === 404; guesses++) assert.ok(guesses < 20, "nothing stops guessing");
  await table(t, [["one guess too many", 429, "too-many-tries", "/redeem", guess]]);
  assert.ok(Number((await raw("/redeem", guess)).headers["retry-after"]) > 0);
});

/** A token as `dropgate publish` signs it, or nearly. */
async function uploadToken({ creator = "alice", drop = "alice/drop-7", signer = creator, typ = "upload+jwt", age = 0, ...claims } = {}) {
  const jwk = JSON.parse(await readFile(path.join(market.home, `keys/${signer}.jwk`), "utf8"));
  const iat = Math.floor(Date.now() / 1000) - age;
  return new SignJWT({ iss: creator, aud: "dropgate", iat, exp: iat + 600, drop, ...claims })
    .setProtectedHeader({ alg: "EdDSA", typ, kid: await calculateJwkThumbprint(jwk) })
    .sign(await importJWK({ ...jwk, alg: "EdDSA" }, "EdDSA"));
}

const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const bearer = (token, rest = {}) => ({ authorization: `Bearer ${token}`, ...rest });

test("uploads", async (t) => {
  const body = "something new";
  const where = `/admin/files/alice/drop-7/${sha256(body)}.new.txt`;
  const put = (token, rest = {}) => ({ method: "PUT", headers: bearer(token), body, ...rest });
  const denied = async (name, token) => [name, 401, "not-authorised", where, put(await token)];
  const token = await uploadToken();
  const mismatch = (name, text) => [name, 422, "upload-mismatch", where, put(token, { body: text })];
  await table(t, [
    ["no token", 401, "not-authorised", where, { method: "PUT", body }],
    await denied("garbage for a token", "garbage"),
    await denied("an empty token", ""),
    await denied("a token for another drop", uploadToken({ drop: "alice/brushes-2" })),
    await denied("another creator's token", uploadToken({ creator: "bruno", drop: "bruno/entropy" })),
    await denied("another creator's key", uploadToken({ signer: "bruno" })),
    await denied("a creator nobody knows", uploadToken({ creator: "nobody", signer: "alice", drop: "nobody/drop-7" })),
    await denied("a token that expired", uploadToken({ age: 3600 })),
    await denied("a token that lives too long", uploadToken({ exp: Math.floor(Date.now() / 1000) + 86_400 })),
    await denied("a token for another audience", uploadToken({ aud: "elsewhere" })),
    await denied("a token of another type", uploadToken({ typ: "JWT" })),
    await denied("a grant for a token", market.grant("--drop", "alice/drop-7", "--expires", "1h")),
    await denied("the operator's token", admin),
    mismatch("other bytes", "something old"),
    mismatch("fewer bytes", "something"),
    mismatch("more bytes", "something new and more"),
    mismatch("no bytes", ""),
    ["no length", 411, "length-required", where, put(token, { headers: bearer(token, { "transfer-encoding": "chunked" }) })],
    ["101 MiB", 413, "content-too-large", where, put(token, { headers: bearer(token, { "content-length": 101 * MIB }), open: true })],
    ["more bytes than a number holds", 413, "content-too-large", where,
      put(token, { headers: bearer(token, { "content-length": "9007199254740991" }), open: true })],
    ["a name without a digest", 404, "not-found", "/admin/files/alice/drop-7/new.txt", put(token)],
    ["a name that is none", 404, "not-found", `/admin/files/alice/drop-7/${sha256(body)}.NEW`, put(token)],
  ]);
  const { objects } = await (await market.bucket()).list({ prefix: "targets/alice/drop-7/" });
  assert.ok(!objects.some(({ key }) => key.endsWith("new.txt")), "something refused was stored");
});

test("the operator's routes", async (t) => {
  const post = (body, token = admin) => ({ method: "POST", headers: bearer(token), body });
  const send = (where, value) => [where, post(typeof value === "string" ? value : JSON.stringify(value))];
  const wrong = (name, where, value, status = 400, type = "bad-request") => [name, status, type, ...send(where, value)];
  const codes = (name, value, status, type) => wrong(`codes: ${name}`, "/admin/codes", value, status, type);
  const unauthorised = ["root", "metadata", "codes"].flatMap((route) => [
    [`${route}: no token`, 401, "not-authorised", `/admin/${route}`, { method: "POST", body: "{}" }],
    [`${route}: a wrong token`, 401, "not-authorised", `/admin/${route}`, post("{}", "wrong")],
    [`${route}: a token nearly right`, 401, "not-authorised", `/admin/${route}`, post("{}", `${admin}A`)],
  ]);
  const drop = "alice/drop-7";
  await table(t, [
    ...unauthorised,
    wrong("root: broken JSON", "/admin/root", '{"root":'),
    wrong("root: no members", "/admin/root", {}),
    wrong("root: broken base64", "/admin/root", { root: "!!!", targets: "!!!" }),
    wrong("metadata: no body", "/admin/metadata", ""),
    wrong("metadata: no roles", "/admin/metadata", {}),
    wrong("metadata: a list of roles", "/admin/metadata", { roles: [] }),
    wrong("metadata: broken base64", "/admin/metadata", { roles: { alice: "!!!" } }),
    wrong("metadata: a number for a role", "/admin/metadata", { roles: { alice: 1 } }),
    wrong("metadata: no role at all", "/admin/metadata", { roles: {} }, 422, "metadata-refused"),
    wrong("metadata: the edge's own role", "/admin/metadata", { roles: { snapshot: "e30=" } }, 422, "metadata-refused"),
    wrong("metadata: a role of no name", "/admin/metadata", { roles: { "../alice": "e30=" } }, 422, "metadata-refused"),
    wrong("metadata: not TUF", "/admin/metadata", { roles: { alice: "e30=" } }, 422, "metadata-refused"),
    wrong("metadata: 25 MiB", "/admin/metadata", " ".repeat(25 * MIB), 413, "content-too-large"),
    codes("broken JSON", "{"),
    codes("no drop", {}),
    codes("half a drop", { drop: "alice" }),
    codes("an unknown drop", { drop: "alice/drop-8" }, 404, "not-found"),
    codes("none", { drop, count: 0 }),
    codes("too many", { drop, count: 1001 }),
    codes("a negative count", { drop, count: -1 }),
    codes("a count in words", { drop, count: "ten" }),
    codes("a tier of no name", { drop, tier: "Gold!" }),
    codes("a tier that is a number", { drop, tier: 7 }),
    codes("a label that is a number", { drop, label: 7 }),
    codes("an end before the beginning", { drop, from: 9, until: 5 }),
    codes("a life of nothing", { drop, lasts: 0 }),
    codes("a time in words", { drop, until: "tomorrow" }),
    codes("a life without end", { drop, lasts: Number.MAX_SAFE_INTEGER }),
    codes("5 KiB", { drop, label: "a".repeat(5120) }, 413, "content-too-large"),
  ]);
});

test("metadata that is forged, replayed or names what is not there", async (t) => {
  const served = async (name) => Buffer.from(await (await market.fetch(`/metadata/${name}`)).arrayBuffer());
  const role = "mallory.bad";
  const manifest = await served(`1.${role}.json`);
  const submit = (name, status, type, roles, token = admin) => {
    const encoded = Object.entries(roles).map(([role, file]) => [role, Buffer.from(file).toString("base64")]);
    const body = JSON.stringify({ roles: Object.fromEntries(encoded) });
    return [name, status, type, "/admin/metadata", { method: "POST", headers: bearer(token), body }];
  };
  const edited = (change) => {
    const file = JSON.parse(manifest);
    change(file.signed, file);
    return JSON.stringify(file);
  };
  const stolen = Object.keys(JSON.parse(manifest).signed.targets)[0];
  const newer = (signed) => (signed.version = 2);
  await table(t, [
    submit("a newer version with the old signature", 422, "metadata-refused", { [role]: edited(newer) }),
    submit("no signature", 422, "metadata-refused", { [role]: edited((signed, file) => { newer(signed); file.signatures = []; }) }),
    submit("a file given away", 422, "metadata-refused", { [role]: edited((signed) => { newer(signed); signed.targets[stolen].custom.access = "grant"; }) }),
    submit("another creator's manifest", 422, "metadata-refused", { "bruno.entropy": manifest }),
    submit("a drop nobody delegates to", 422, "metadata-refused", { "mallory.other": manifest }),
    submit("trailing data", 422, "metadata-refused", { [role]: `${edited(newer)} {}` }),
    submit("the root again under another name", 422, "metadata-refused", { targets: await served("1.root.json") }),
    submit("a grant for a token", 401, "not-authorised", { [role]: manifest }, await market.grant("--drop", "alice/drop-7", "--expires", "1h")),
  ]);
  assert.equal((await market.fetch(`/metadata/2.${role}.json`)).status, 404);

  // Version 2 is published; version 1, once genuine, may not come back.
  await publish("bad", ["dot.png"]);
  await table(t, [
    submit("an older version", 409, "version-conflict", { [role]: manifest }),
    submit("an older list of creators", 409, "version-conflict", { targets: await served("1.targets.json") }),
  ]);
  assert.equal((await market.fetch("/get/mallory/bad/text.jpg")).status, 404);
});

test("a worker founded by others, and one that nobody has founded", async (t) => {
  const other = await Market.open({ demo: false });
  try {
    const read = async (name) => (await readFile(path.join(other.home, "metadata", name))).toString("base64");
    const founding = { root: await read("1.root.json"), targets: await read("1.targets.json") };
    const post = (where, value) => [where, { method: "POST", headers: bearer(admin), body: JSON.stringify(value) }];
    // Trying again cannot help: there is a root, and it is another's.
    await table(t, [["a second founder", 409, "version-conflict", ...post("/admin/root", founding)]]);

    const token = (await readSecrets(path.join(other.home, "secrets.env"))).ADMIN_TOKEN;
    const problem = async (where, sent) => {
      const answer = await other.fetch(where, sent);
      return [answer.status, (await answer.json()).type.split(":").at(-1)];
    };
    const found = (value) => problem("/admin/root", { method: "POST", headers: bearer(token), body: JSON.stringify(value) });
    for (const where of ["/healthz", "/get/alice/drop-7/cover.jpg", "/img/width=320/alice/drop-7/cover.jpg", "/d/alice/drop-7"]) {
      assert.deepEqual(await problem(where), [503, "no-marketplace"], where);
    }
    assert.deepEqual(await problem("/metadata/1.root.json"), [404, "not-found"]);
    assert.deepEqual(await found({ root: "e30=", targets: "e30=" }), [422, "metadata-refused"]);
    assert.deepEqual(await found({ root: founding.root, targets: founding.root }), [422, "metadata-refused"]);
    assert.equal((await other.fetch("/")).status, 200);
    await other.cli("publish", path.join(ROOT, "fixtures/demo/bruno/entropy"), "--creator", "bruno", "--create");
    assert.equal((await other.fetch("/healthz")).status, 200, "after all that it can be founded");
  } finally {
    await other.close();
  }
});

test("what is no HTTP at all is refused by the runtime, and harms nobody", async () => {
  const refusals = [
    ["a NUL in the request line", 400, "GET /healthz\0 HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["a header without a colon", 400, "GET /healthz HTTP/1.1\r\nhost a\r\n\r\n"],
    ["a method that nobody knows", 501, "BREW /healthz HTTP/1.1\r\nhost: a\r\n\r\n"],
    ["no HTTP", 501, "nonsense\r\n\r\n"],
  ];
  for (const [name, status, text] of refusals) {
    assert.match(await shout(market.url, text), new RegExp(`^HTTP/1\\.1 ${status} `), name);
    await isWell(name);
  }
});

test("a person's browser gets a page with the same status", async () => {
  const answer = await raw("/get/alice/drop-7/none.jpg", { headers: { accept: "text/html,*/*" } });
  assert.equal(answer.status, 404);
  assert.match(answer.headers["content-type"], /^text\/html/);
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.match(answer.bytes.toString(), /class="diagnostic">[0-9A-Z]{5}-[0-9A-Z]{5}</);
});

test("HEAD answers what is wrong without a body", async () => {
  const answer = await raw("/get/alice/drop-7/none.jpg", { method: "HEAD" });
  assert.deepEqual([answer.status, answer.bytes.length], [404, 0]);
});
