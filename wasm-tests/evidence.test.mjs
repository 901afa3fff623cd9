// Receipts, their logs and evidence files, checked by our own command line and
// by others' tools: Go's tlog and note (Debian), Python's e-mail parser.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT, readSecrets } from "../xtask/serve.mjs";
import { target } from "../xtask/setup.mjs";
import { Market, exec, must, settled } from "./support/market.mjs";

const GO = { GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOFLAGS: "", GOTOOLCHAIN: "local", GOCACHE: path.join(target, "go-cache") };
let market, operator, edge, grant;

before(async () => {
  market = await Market.open();
  operator = (await readSecrets(path.join(market.home, "secrets.env"))).ADMIN_TOKEN;
  edge = (await (await market.fetch("/log/vkey")).text()).trim();
  grant = await market.grant("--drop", "alice/drop-7");
});
after(() => market?.close());

const inData = (name) => path.join(market.data, name);
const as = (token) => ({ headers: { authorization: `Bearer ${token}` } });

/** Downloads with a grant; answers with the receipt's id once the log's tree has it. */
async function deliver() {
  const response = await market.fetch("/get/alice/drop-7/master.zip", as(grant));
  assert.equal(response.status, 200);
  await response.arrayBuffer();
  const where = response.headers.get("receipt-location");
  const link = await settled(async () => {
    const receipt = await market.fetch(where);
    assert.equal(receipt.status, 200);
    const link = /^<(.*)>; rel="describedby"/.exec(receipt.headers.get("link"))[1];
    assert.equal((await market.fetch(link)).status, 200);
    return link;
  });
  return { id: where.split("/").pop(), where, proof: link, log: link.split("/")[2] };
}

/** The edge's key under a log's name: the id is over name, newline, type and key (C2SP signed-note). */
function logKey(log) {
  // Base64 has pluses too.
  const [, name, key] = /^([^+]+)\+[^+]+\+(.+)$/.exec(edge);
  const origin = `${name}/log/${log}`;
  const id = createHash("sha256").update(`${origin}\n`).update(Buffer.from(key, "base64")).digest("hex").slice(0, 8);
  return `${origin}+${id}+${key}`;
}

test("Go's tlog and note verify checkpoints, tiles, inclusion and consistency", { timeout: 120_000 }, async () => {
  const binary = path.join(target, "verify-log");
  await must("go", ["build", "-o", binary, path.join(ROOT, "wasm-tests/go/verify.go")], { env: GO });
  const first = await deliver();
  await writeFile(inData("earlier"), await (await market.fetch(`/log/${first.log}/checkpoint`)).text());
  // More than a bundle's worth, so that full and partial tiles of two levels are there.
  const tiny = inData("tiny");
  await mkdir(tiny);
  await writeFile(path.join(tiny, "note.txt"), "small\n");
  await writeFile(path.join(tiny, "drop.toml"), '[files."note.txt"]\naccess = "grant"\n');
  await market.cli("publish", tiny, "--creator", "carol", "--drop", "tiny", "--create");
  const small = await market.grant("--drop", "carol/tiny");
  for (let batch = 0; batch < 9; batch++) {
    await Promise.all(Array.from({ length: 32 }, async () => {
      const response = await market.fetch("/get/carol/tiny/note.txt", as(small));
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`${response.status}`);
    }));
  }
  const codes = await market.cli("codes", "create", "--drop", "alice/drop-7", "--count", "1", "--json");
  const redeemed = await market.fetch("/redeem", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ code: JSON.parse(codes.out).codes[0] }),
  });
  assert.equal(redeemed.status, 200);
  const { id, where, proof, log } = await deliver();
  await writeFile(inData("receipt"), Buffer.from(await (await market.fetch(where)).arrayBuffer()));
  await writeFile(inData("proof"), Buffer.from(await (await market.fetch(proof)).arrayBuffer()));
  const arguments_ = [`${market.url}/log/${log}`, logKey(log), inData("earlier"), inData("receipt"), inData("proof")];
  const ran = await must(binary, arguments_);
  assert.match(ran.out, /the receipt is entry \d+, by our proof and by Go's own/);
  // The receipt alone is a signed note under the edge's own name.
  const wrongKey = await exec(binary, arguments_.with(1, edge));
  assert.notEqual(wrongKey.code, 0);

  const verified = await market.cli("receipt", "verify", id);
  assert.match(verified.out, /^type deliver$/m);
  assert.match(verified.err, /is entry \d+ of \d+ in dropgate\/log\/deliveries-/);
  const offline = await market.cli("receipt", "verify", inData("receipt"), "--proof", inData("proof"), "--log-key", edge);
  assert.match(offline.out, new RegExp(`^id ${id}$`, "m"));
  await writeFile(inData("forged"), (await readFile(inData("receipt"), "utf8")).replace("type deliver", "type redeem"));
  const forged = await market.tryCli("receipt", "verify", inData("forged"), "--log-key", edge);
  assert.equal(forged.code, 1);
  assert.match(forged.err, /signature by "dropgate" does not fit/);
});

test("entries of deliveries are the operator's, proofs are everybody's", async () => {
  const { log } = await deliver();
  const bundle = `/log/${log}/tile/entries/000`;
  assert.equal((await market.fetch(bundle)).status, 401);
  const shown = await market.fetch(bundle, as(operator));
  assert.equal(shown.status, 200);
  assert.match(shown.headers.get("cache-control"), /private/);
  assert.equal((await market.fetch(`/log/${log}/tile/0/000`)).headers.get("cache-control"), "public, max-age=31536000, immutable");
  for (const [where, status] of [["proof/0", 200], ["proof/99999999", 404], ["proof/00", 404], ["proof/-1", 404], ["proof/", 404]]) {
    assert.equal((await market.fetch(`/log/${log}/${where}`)).status, status, where);
  }
  const soon = await market.fetch(`/log/${log}/proof/99999999`);
  assert.ok(Number(soon.headers.get("retry-after")) > 0);
});

test("an audit derives both logs anew, and names the file that was tampered with", async () => {
  const { log } = await deliver();
  const audit = await market.cli("audit");
  assert.match(audit.out, /publish-\d{4}h[12]: \d+ entries lead to the signed root/);
  assert.match(audit.out, new RegExp(`${log}: \\d+ entries`));
  const bucket = await market.bucket();
  const key = `log/${log}/tile/0/000`;
  const tile = new Uint8Array(await (await bucket.get(key)).arrayBuffer());
  await bucket.put(key, tile.map((byte, at) => (at === 31 ? byte ^ 1 : byte)));
  const broken = await market.tryCli("audit", log);
  assert.equal(broken.code, 1);
  assert.match(broken.err, /tile\/0\/000 does not hold what the entries/);
  // The edge gives no proof away that does not hold, either.
  assert.equal((await market.fetch(`/log/${log}/proof/1`)).status, 502);
  await bucket.put(key, tile);
  await market.cli("audit", log);
  assert.equal((await market.tryCli("audit", "nothing-2026h1")).code, 1);
});

test("evidence about a drop and a receipt is one file that is checked offline", async () => {
  const { id } = await deliver();
  for (const [about, says] of [["alice/drop-7", /A version of the drop alice\/drop-7 was published/], [id, /alice\/drop-7\/master.zip was handed over in full/]]) {
    const file = inData("evidence.eml");
    await market.cli("evidence", about, "-o", file);
    const root = path.join(market.home, "metadata/1.root.json");
    // Neither the worker nor the home: only the file, the root and the key.
    const env = { DATA_DIR: "/nowhere", PORT: "1" };
    const binary = path.join(target, "debug/dropgate");
    const checked = await must(binary, ["evidence", "verify", file, "--root", root, "--log-key", edge], { env });
    assert.match(checked.out, says);
    assert.match(checked.out, /signed by the creator's key/);
    assert.match(checked.err, /every word holds/);

    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("alice/drop-7", "bruno/entropy"));
    const changed = await exec(binary, ["evidence", "verify", file, "--root", root, "--log-key", edge], { env });
    assert.equal(changed.code, 1);
    await writeFile(file, text);
    const noKey = await exec(binary, ["evidence", "verify", file, "--root", root], { env });
    assert.match(noKey.err, /--log-key/);

    const parts = await must("python3", ["-c", `
import email, email.policy, hashlib, sys
message = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
parts = list(message.iter_parts())
assert not message.defects and not any(part.defects for part in parts)
print(parts[0].get_content_type(), sum(1 for part in parts if part.is_attachment()))
print(parts[0].get_content()[:20])
`, file]);
    assert.match(parts.out, /^text\/plain [1-9]/);
    assert.match(parts.out, /Evidence about/);
  }
});

test("a mistake is answered with what to do", async () => {
  const { id } = await deliver();
  const [good, bad] = [inData("good.eml"), inData("bad.eml")];
  await market.cli("evidence", id, "-o", good);
  const text = await readFile(good, "utf8");
  const says = async (args, what) => {
    const { code, err } = await market.tryCli(...args);
    assert.equal(code, 1, args.join(" "));
    assert.match(err, what);
  };
  for (const [file, what] of [
    ["", /it has no header/],
    [text.slice(0, text.length / 2), /it was cut short/],
    [text.replace("handed over in full", "not handed over"), /somebody has changed it/],
  ]) {
    await writeFile(bad, file);
    await says(["evidence", "verify", bad], what);
    await says(["evidence", "verify", bad], /Ask for it again.*--root, --log-key/s);
  }
  await says(["evidence", "verify", inData("none")], /'dropgate evidence' writes such a file/);
  await says(["evidence", "nonsense"], /neither a receipt's id \(32 hexadecimal digits\), nor a grant's token, nor a drop/);
  await says(["evidence", "alice/nothing"], /nothing was written; is it published there/);
  await says(["evidence", "--home", inData("nowhere"), id], /give the marketplace's first root with --root/);
  await says(["receipt", "verify", good], /is no receipt that dropgate\S+ has signed/);
  await says(["audit", "deliveries"], /they are named such as publish-2026h2/);
  await says(["audit", "publish-2020h1"], /has no log publish-2020h1/);
  await says(["explain", "K7Q29-F3MAB"], /no code of a problem/);
  await says(["explain", grant], /say with --path/);
  // A receipt's address is as good as its id.
  await market.cli("receipt", "verify", `${market.url}/receipts/${id.toUpperCase()}`);
});

test("a witness cosigns each checkpoint that continues the last, and our policy counts it", { timeout: 120_000 }, async () => {
  const binary = path.join(target, "witness");
  await must("go", ["build", "-o", binary, path.join(ROOT, "wasm-tests/go/witness.go")], { env: GO });
  const { log } = await deliver();
  const process = spawn(binary, [logKey(log), logKey(log.replace("deliveries", "publish"))], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    const witness = (await lines.next()).value;
    market.options.vars = { WITNESSES: witness };
    await market.restart();
    const key = witness.split(" ")[0];
    let last;
    for (let time = 0; time < 3; time++) {
      const { id, log } = await deliver();
      // Our own reader wants the witness's signature on the proof of the receipt.
      last = await settled(async () => {
        const verified = await market.cli("receipt", "verify", id, "--witness", key);
        assert.match(verified.err, /1 of 1 witnesses/);
        return market.fetch(`/log/${log}/checkpoint`).then((response) => response.text());
      });
    }
    assert.equal(last.match(/^— /gm).length, 2, "the log's signature and the witness's");
    assert.match((await lines.next()).value, new RegExp(`^dropgate/log/${log} \\d+$`));
    await market.cli("audit");
  } finally {
    process.kill();
    market.options.vars = undefined;
  }
});
