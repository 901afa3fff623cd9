// What signed metadata costs a request, with 1 000 creators and 10 000 drops: nothing once an isolate knows it, and the
// verification of four roles when it does not.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build, step } from "../../xtask/setup.mjs";
import { readSecrets } from "../../xtask/serve.mjs";
import { Market } from "../support/market.mjs";
import { tufJs } from "../support/tuf.mjs";
import { pace } from "./support/http.mjs";
import { compare, timed } from "./support/measure.mjs";

const CREATORS = 1_000;
const DROPS_EACH = 10;
/** The worker takes 256 roles at once. */
const CREATORS_AT_ONCE = 20;
const FILE = "/get/alice/song/song.txt";

/** Sorted keys and no spaces: the form signatures are made over. */
const canonical = (value) =>
  Array.isArray(value)
    ? `[${value.map(canonical).join(",")}]`
    : value && typeof value === "object"
      ? `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`
      : JSON.stringify(value);

class Key {
  constructor(secret) {
    this.secret = secret;
    const { x } = createPublicKey(secret).export({ format: "jwk" });
    this.tuf = { keytype: "ed25519", scheme: "ed25519", keyval: { public: Buffer.from(x, "base64url").toString("hex") } };
    this.id = createHash("sha256").update(canonical(this.tuf)).digest("hex");
  }

  file(signed) {
    const sig = sign(null, Buffer.from(canonical(signed)), this.secret).toString("hex");
    return Buffer.from(JSON.stringify({ signatures: [{ keyid: this.id, sig }], signed })).toString("base64");
  }
}

const role = (name, paths, key) => ({ name, keyids: [key.id], threshold: 1, terminating: true, paths });
const targets = (more) => ({ _type: "targets", spec_version: "1.0.34", version: 1, expires: "2100-01-01T00:00:00Z", targets: {}, ...more });

/** A marketplace with one drop that has a file. */
async function market() {
  const opened = await Market.open({ demo: false });
  const folder = await mkdtemp(path.join(tmpdir(), "dropgate-bench-"));
  await mkdir(path.join(folder, "song"));
  await writeFile(path.join(folder, "song/song.txt"), "la la la");
  opened.publish = async () => {
    await writeFile(path.join(folder, "song/drop.toml"), `title = "Song ${performance.now()}"`);
    await opened.cli("publish", path.join(folder, "song"), "--creator", "alice", "--create");
  };
  opened.clean = () => rm(folder, { recursive: true });
  await opened.publish();
  return opened;
}

/** The same with a thousand creators more, each with ten drops. */
async function fill(opened) {
  const token = (await readSecrets(path.join(opened.home, "secrets.env"))).ADMIN_TOKEN;
  const submit = async (roles) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await opened.fetch("/admin/metadata", { method: "POST", headers, body: JSON.stringify({ roles }) });
    if (answer.status !== 200) throw new Error(await answer.text());
  };
  const key = new Key(generateKeyPairSync("ed25519").privateKey);
  const jwk = JSON.parse(await readFile(path.join(opened.home, "keys/targets.jwk"), "utf8"));
  const market = new Key(createPrivateKey({ key: jwk, format: "jwk" }));
  const names = Array.from({ length: CREATORS }, (_, at) => `creator-${at}`);
  const { meta } = (await (await opened.fetch(`/metadata/${(await head(opened)).snapshot}.snapshot.json`)).json()).signed;
  const list = (await (await opened.fetch(`/metadata/${meta["targets.json"].version}.targets.json`)).json()).signed;
  list.version += 1;
  list.delegations.keys[key.id] = key.tuf;
  list.delegations.roles.push(...names.map((name) => role(name, [`${name}/*/*`], key)));
  await submit({ targets: market.file(list) });
  for (let at = 0; at < names.length; at += CREATORS_AT_ONCE) {
    const roles = {};
    for (const name of names.slice(at, at + CREATORS_AT_ONCE)) {
      const drops = Array.from({ length: DROPS_EACH }, (_, drop) => `drop-${drop}`);
      const delegated = drops.map((drop) => role(`${name}.${drop}`, [`${name}/${drop}/*`], key));
      roles[name] = key.file(targets({ delegations: { keys: { [key.id]: key.tuf }, roles: delegated } }));
      for (const drop of drops) roles[`${name}.${drop}`] = key.file(targets({ "x-drop": { title: `${name} ${drop}` } }));
    }
    await submit(roles);
  }
}

async function head(opened) {
  const { signed } = await (await opened.fetch("/metadata/timestamp.json")).json();
  return { snapshot: signed.meta["snapshot.json"].version };
}

export async function open() {
  await build();
  const [small, large] = [await market(), await market()];
  await step(`publishing ${CREATORS} creators with ${DROPS_EACH} drops each`, () => fill(large));
  const clients = await mkdtemp(path.join(tmpdir(), "dropgate-bench-tuf-"));
  return { small, large, clients };
}

export async function close({ small, large, clients }) {
  for (const opened of [small, large]) {
    await opened.clean();
    await opened.close();
  }
  await rm(clients, { recursive: true });
}

/** The first request after a publish: the isolate has forgotten every role. */
async function cold(opened) {
  await opened.publish();
  return timed(async () => {
    const response = await opened.fetch(FILE);
    if ((await response.text()) !== "la la la") throw new Error("the wrong file came");
  });
}

export const rows = {
  "metadata-warm": ({ small, large }) =>
    compare({
      name: "metadata-warm",
      peer: "the same with one drop",
      unit: "ms/request",
      ours: () => pace(`${large.url}${FILE}`),
      theirs: () => pace(`${small.url}${FILE}`),
    }),
  "metadata-cold": ({ small, large }) =>
    compare({ name: "metadata-cold", peer: "the same with one drop", unit: "ms", ours: () => cold(large), theirs: () => cold(small) }),
  "metadata-cold-client": ({ large, clients }) =>
    compare({
      name: "metadata-cold-client",
      peer: "tuf-js, from nothing to the file",
      unit: "ms",
      ours: () => cold(large),
      theirs: async () => {
        const folder = await mkdtemp(path.join(clients, "run-"));
        return timed(async () => {
          const got = await tufJs(large, "alice/song/song.txt", folder);
          if (!got.ok) throw new Error(JSON.stringify(got));
        });
      },
    }),
};
