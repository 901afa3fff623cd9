// Stock TUF clients, told a root and nothing else: python-tuf's and tuf-js's.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { Updater } from "tuf-js";
import { ROOT } from "../../xtask/serve.mjs";
import { exec } from "./market.mjs";

// test.mjs makes a virtual environment with wasm-tests/python-requirements.txt.
export const PYTHON = process.env.DROPGATE_PYTHON ?? "python3";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Runs python-tuf's client. `cache` keeps its metadata from one run to the next. */
export async function pythonTuf(market, target, folder, { cache, root, url = market.url } = {}) {
  root ??= path.join(market.home, "metadata/1.root.json");
  await mkdir(folder, { recursive: true });
  const args = [path.join(ROOT, "wasm-tests/tuf/stock_client.py"), url, root, target, folder, ...(cache ? ["--cache", cache] : [])];
  const ran = await exec(PYTHON, args);
  const line = ran.out.trim().split("\n").at(-1);
  assert.ok(line.startsWith("{"), `the client did not run (DROPGATE_PYTHON=${PYTHON}): ${ran.err}${ran.out}`);
  return { ...JSON.parse(line), code: ran.code };
}

/** Runs tuf-js's client, with the same answers. */
export async function tufJs(market, target, folder, { cache = path.join(folder, "cache"), url = market.url } = {}) {
  for (const where of [folder, cache]) await mkdir(where, { recursive: true });
  if (!existsSync(path.join(cache, "root.json"))) {
    await copyFile(path.join(market.home, "metadata/1.root.json"), path.join(cache, "root.json"));
  }
  const updater = new Updater({
    metadataDir: cache,
    metadataBaseUrl: `${url}/metadata`,
    targetDir: folder,
    targetBaseUrl: `${url}/targets`,
    config: { fetchRetries: 0 },
  });
  try {
    await updater.refresh();
    const info = await updater.getTargetInfo(target);
    if (!info) return { ok: false, error: "NotFound" };
    const bytes = await readFile(await updater.downloadTarget(info));
    const versions = {};
    for (const name of await readdir(cache)) {
      if (name.endsWith(".json")) versions[decodeURIComponent(name.slice(0, -5))] = JSON.parse(await readFile(path.join(cache, name))).signed.version;
    }
    return { ok: true, length: bytes.length, sha256: sha256(bytes), custom: info.custom, versions };
  } catch (error) {
    return { ok: false, error: error.constructor.name, message: error.message };
  }
}

/** Both clients, each with a memory of its own, as people have had them installed for long. */
export class Clients {
  constructor(market, folder) {
    Object.assign(this, { market, folder, runs: 0 });
  }

  async #both(target) {
    const run = path.join(this.folder, String(this.runs++));
    return {
      "python-tuf": await pythonTuf(this.market, target, path.join(run, "python"), { cache: path.join(this.folder, "python-cache") }),
      "tuf-js": await tufJs(this.market, target, path.join(run, "js"), { cache: path.join(this.folder, "js-cache") }),
      "python-tuf for the first time": await pythonTuf(this.market, target, path.join(run, "new")),
    };
  }

  /** They refresh, and download exactly these bytes; what they answered. */
  async get(target, bytes, when) {
    const answers = await this.#both(target);
    for (const [name, got] of Object.entries(answers)) {
      assert.ok(got.ok, `${name}, ${when}: ${JSON.stringify(got)}`);
      assert.equal(got.sha256, sha256(bytes), `${name}, ${when}`);
    }
    return answers["python-tuf"];
  }

  /** They refresh, and nobody they trust names the target. */
  async miss(target, when) {
    for (const [name, got] of Object.entries(await this.#both(target))) {
      assert.ok(!got.ok && /no role that may sign|NotFound/.test(`${got.message}${got.error}`), `${name}, ${when}: ${JSON.stringify(got)}`);
    }
  }
}
