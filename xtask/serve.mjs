// Runs the built worker on workerd. One source of truth for its bindings: wrangler.toml.
import { readFile, readdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions as workerOptionsOf } from "wrangler";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

// The timestamp lives 15 minutes and is re-signed when it is 5 old; asking each
// minute also catches up quickly after a laptop has slept.
const CRON_EVERY_MS = 60_000;

/** Where a local server keeps its state, and the command line its keys. */
export function places(env = process.env) {
  const data = path.resolve(ROOT, env.DATA_DIR ?? ".wrangler/state");
  const port = Number(env.PORT ?? 8787);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`PORT must be a number from 0 to 65535, not ${JSON.stringify(env.PORT)}`);
  }
  return { data, home: path.join(data, "dropgate"), port };
}

/** Parses the lines `NAME='value'` that `dropgate init` writes. */
export async function readSecrets(file) {
  const text = await readFile(file, "utf8");
  const pairs = text.split("\n").filter((line) => line.includes("=")).map((line) => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1).replace(/^'(.*)'$/, "$1")];
  });
  return Object.fromEntries(pairs);
}

const MODULE_TYPES = { ".js": "ESModule", ".mjs": "ESModule", ".wasm": "CompiledWasm" };

async function modulesIn(folder) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => path.extname(file) in MODULE_TYPES);
  const main = files.indexOf("worker.mjs");
  if (main < 0) throw new Error(`${folder} holds no built worker: run 'cargo xtask build'`);
  files.unshift(...files.splice(main, 1));
  return files.map((file) => ({ type: MODULE_TYPES[path.extname(file)], path: path.join(folder, file) }));
}

/**
 * Starts the worker. Resolves when it takes requests; `stop()` ends it.
 * `vars` overrides bindings, `build` names another build's folder. `direct` opens a
 * second address, at which nothing stands between a client and the worker: the
 * first compresses texts, as Cloudflare does.
 */
export async function serve({ data, home, port, host = "127.0.0.1", vars = {}, build = path.join(ROOT, "build"), quiet = false, direct = false }) {
  const { workerOptions } = workerOptionsOf(path.join(ROOT, "wrangler.toml"));
  const { modulesRules: _, ...bindings } = workerOptions;
  const secretsFile = path.join(home, "secrets.env");
  if (!existsSync(secretsFile)) throw new Error(`${secretsFile} is missing: run 'npm run dropgate -- init' first`);
  const v3 = path.join(data, "v3");
  const mf = new Miniflare({
    ...bindings,
    name: "dropgate",
    rootPath: ROOT,
    modules: await modulesIn(build),
    modulesRoot: build,
    bindings: { ...bindings.bindings, ...(await readSecrets(secretsFile)), ...vars },
    host,
    port,
    ...(direct ? { unsafeDirectSockets: [{ host, port: 0 }] } : {}),
    // Nothing may wait for a network that is not there.
    cf: false,
    telemetry: { enabled: false },
    r2Persist: path.join(v3, "r2"),
    kvPersist: path.join(v3, "kv"),
    durableObjectsPersist: path.join(v3, "do"),
    cachePersist: path.join(v3, "cache"),
    log: new Log(quiet ? LogLevel.ERROR : LogLevel.WARN),
  });
  const url = (await mf.ready).origin;
  const tick = async () => (await mf.getWorker()).scheduled({ cron: "*/5 * * * *" });
  await tick();
  const timer = setInterval(() => tick().catch((error) => console.error(`re-signing failed: ${error.message}`)), CRON_EVERY_MS);
  const stop = async () => {
    clearInterval(timer);
    await mf.dispose();
  };
  return { mf, url, direct: direct ? (await mf.unsafeGetDirectURL()).origin : undefined, stop, tick };
}
