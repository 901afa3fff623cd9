// What a grant costs a warm worker: microseconds of CPU beside the same request without one, against `jose` in a plain
// JavaScript worker. Both workers answer HEAD without a body, so that nothing but the grant is between the two requests. A metered grant
// takes a byte out of R2 in both, since only that is counted: one call to an object, one to the store.
import { readFile, readdir } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { SignJWT, calculateJwkThumbprint, exportJWK, importJWK } from "jose";
import { Miniflare } from "miniflare";
import { ROOT } from "../../xtask/serve.mjs";
import { build } from "../../xtask/setup.mjs";
import { Market } from "../support/market.mjs";
import { pace } from "./support/http.mjs";
import { compare } from "./support/measure.mjs";

/** What a back end would write that has only `jose`: verify, look at the paths; count in an object, and hand over. */
const PLAIN = `
import { createLocalJWKSet, jwtVerify } from "./jose/index.js";
import { DurableObject } from "cloudflare:workers";
let keys;
export class Counter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS used (jti TEXT PRIMARY KEY, downloads INTEGER)");
  }
  take(jti) {
    this.ctx.storage.sql.exec("INSERT INTO used VALUES (?, 1) ON CONFLICT (jti) DO UPDATE SET downloads = downloads + 1", jti);
    return this.ctx.storage.sql.exec("SELECT downloads FROM used WHERE jti = ?", jti).one().downloads;
  }
}
export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === "/open") return new Response(null);
  keys ??= createLocalJWKSet(JSON.parse(env.JWKS));
  const token = request.headers.get("authorization")?.slice(7) ?? "";
  try {
    const { payload } = await jwtVerify(token, keys, { issuer: "marketplace", audience: "dropgate", algorithms: ["EdDSA"] });
    if (!payload.paths.includes("alice/drop-7/*")) return new Response(null, { status: 403 });
    if (!payload.lim) return new Response(null);
    await env.COUNTER.get(env.COUNTER.idFromName(payload.jti)).take(payload.jti);
    const part = await env.STORE.get("master", { range: { offset: 0, length: 1 } });
    return new Response(part.body, { status: 206 });
  } catch {
    return new Response(null, { status: 401 });
  }
} };`;

/** A run is long enough for the clock of the kernel, which counts hundredths of a second. */
const REQUESTS = 1500;

export async function open() {
  await build();
  const before = new Set(await children());
  const market = await Market.open();
  const ours = (await children()).filter((pid) => !before.has(pid));
  const jwk = JSON.parse(await readFile(path.join(market.home, "keys/issuer.jwk"), "utf8"));
  const kid = await calculateJwkThumbprint(jwk);
  const key = await importJWK({ ...jwk, alg: "EdDSA" }, "EdDSA", { extractable: true });
  const mint = (claims) =>
    new SignJWT({ iss: "marketplace", aud: "dropgate", paths: ["alice/drop-7/*"], jti: "bench", ...claims })
      .setProtectedHeader({ alg: "EdDSA", kid })
      .setExpirationTime("1h")
      .sign(key);
  const { d: _, ...open } = await exportJWK(key);
  const plain = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.mjs", contents: PLAIN }, ...(await joseModules())],
    modulesRoot: ".",
    bindings: { JWKS: JSON.stringify({ keys: [{ ...open, kid, alg: "EdDSA" }] }) },
    durableObjects: { COUNTER: { className: "Counter", useSQLite: true } },
    r2Buckets: ["STORE"],
    compatibilityDate: "2026-04-26",
    port: 0,
    cf: false,
  });
  await (await plain.getR2Bucket("STORE")).put("master", new Uint8Array(await readFile(path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg"))));
  const plainUrl = (await plain.ready).origin;
  const theirs = (await children()).filter((pid) => !before.has(pid) && !ours.includes(pid));
  const shared = { market, plain, plainUrl, ours, theirs, grant: await mint({}), metered: await mint({ lim: { downloads: 1_000_000 } }) };
  // Everything that is loaded once is loaded.
  for (const contestant of [both(shared, shared.grant), both(shared, shared.metered)]) {
    for (const [url, options] of Object.values(contestant)) await pace(url, options, 50);
  }
  return shared;
}

export async function close({ market, plain }) {
  await plain.dispose();
  await market.close();
}

export const rows = {
  "grant-warm": (shared) => extra("grant-warm", "jose in a plain JavaScript worker", shared, shared.grant),
  "grant-metered": (shared) => {
    const { ours, theirs } = both(shared, shared.metered);
    const peer = "jose, a counter in a Durable Object and a byte of R2, plain JavaScript";
    return compare({ name: "grant-metered", peer, unit: "ms/request", ours: () => pace(...ours), theirs: () => pace(...theirs) });
  },
};

/** The gated request of each. */
function both({ market, plainUrl, metered }, token) {
  const authorization = `Bearer ${token}`;
  const takes = token === metered;
  return {
    ours: [`${market.url}/get/alice/drop-7/master.zip`, takes ? { headers: { authorization, range: "bytes=0-0" } } : { method: "HEAD", headers: { authorization } }],
    theirs: [`${plainUrl}/gated`, { method: takes ? "GET" : "HEAD", headers: { authorization } }],
  };
}

/** CPU of the gated request less that of an open one of the same kind. */
function extra(name, peer, shared, token) {
  const { ours, theirs } = both(shared, token);
  const head = { method: "HEAD" };
  const of = (pids, gated, free) => async () => (await cpu(pids, gated)) - (await cpu(pids, free));
  return compare({
    name, peer, unit: "µs of CPU",
    ours: of(shared.ours, ours, [`${shared.market.url}/get/alice/drop-7/cover.jpg`, head]),
    theirs: of(shared.theirs, theirs, [`${shared.plainUrl}/open`, head]),
    note: "beside the same request without a grant",
  });
}

/** Microseconds of CPU that processes spend on a request. */
async function cpu(pids, [url, options]) {
  const before = await spent(pids);
  await pace(url, options, REQUESTS);
  return ((await spent(pids)) - before) / REQUESTS;
}

async function spent(pids) {
  const times = await Promise.all(pids.map(async (pid) => {
    // After the name, which ends with the last parenthesis: user time is the 12th field, system time the 13th.
    const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ").pop().split(" ");
    return Number(fields[11]) + Number(fields[12]);
  }));
  return times.reduce((sum, ticks) => sum + ticks, 0) * (1e6 / TICKS);
}
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"]));

/** The processes that this one has started and their children. */
async function children(parent = process.pid) {
  const tasks = await readdir(`/proc/${parent}/task`);
  const lists = await Promise.all(tasks.map((task) => readFile(`/proc/${parent}/task/${task}/children`, "utf8").catch(() => "")));
  const own = lists.join(" ").split(" ").filter(Boolean);
  return [...own, ...(await Promise.all(own.map((pid) => children(pid).catch(() => [])))).flat()];
}

/** The library as the modules it is published as. */
async function joseModules() {
  const root = path.join(ROOT, "node_modules/jose/dist/webapi");
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith(".js"));
  return Promise.all(files.map(async (file) => ({ type: "ESModule", path: `jose/${file}`, contents: await readFile(path.join(root, file), "utf8") })));
}
