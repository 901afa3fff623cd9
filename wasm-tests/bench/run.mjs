// `npm run bench`: the worker against peers, interleaved, in one run.
//   --only NAME   one comparison      --json FILE   rows for a machine
// A ratio below 1 is in our favour. Timings are never in a test.
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { Miniflare } from "miniflare";
import { Market } from "../support/market.mjs";

const ROUNDS = 7;
const REQUESTS = 400;
const CLIENTS = 8;

const { values } = parseArgs({ options: { only: { type: "string" }, json: { type: "string" } } });

/** Milliseconds per request with a few clients at once. */
async function pace(url) {
  const began = performance.now();
  let left = REQUESTS;
  const client = async () => {
    while (left-- > 0) {
      const response = await fetch(url);
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return (performance.now() - began) / REQUESTS;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

async function compare(name, peer, ours, theirs) {
  const [a, b] = [[], []];
  await pace(ours);
  await pace(theirs);
  for (let round = 0; round < ROUNDS; round++) {
    a.push(await pace(ours));
    b.push(await pace(theirs));
  }
  const row = { name, peer, ratio: median(a) / median(b), ours: median(a), theirs: median(b), unit: "ms/request" };
  const spread = (times) => `${Math.min(...times).toFixed(2)}-${Math.max(...times).toFixed(2)}`;
  console.log(`${name} against ${peer}: ratio ${row.ratio.toFixed(2)}, ours ${row.ours.toFixed(2)} ms (${spread(a)}), theirs ${row.theirs.toFixed(2)} ms (${spread(b)})`);
  return row;
}

/** The least a worker can do: answer from memory, or with one value from KV. */
const BARE = `export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === "/") return Response.json({ status: "ok" });
  return new Response(await env.HOT.get("picture", "stream"), { headers: { "content-type": "image/jpeg" } });
} };`;

const market = await Market.open();
const picture = `${market.url}/img/width=640/alice/drop-7/cover.jpg`;
const bytes = await (await fetch(picture)).arrayBuffer();
const bare = new Miniflare({ modules: true, script: BARE, kvNamespaces: ["HOT"], compatibilityDate: "2026-04-26", port: 0, cf: false });
await (await bare.getKVNamespace("HOT")).put("picture", bytes);
const bareUrl = (await bare.ready).origin;
console.log(`${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}; ${ROUNDS} interleaved rounds of ${REQUESTS} requests, ${CLIENTS} clients`);

const rows = [];
const all = {
  "healthz-warm": () => compare("healthz-warm", "a bare JavaScript worker", `${market.url}/healthz`, bareUrl),
  "derivative-cached": () => compare("derivative-cached", "a bare JavaScript worker that returns the same bytes from KV", picture, `${bareUrl}/picture`),
};
for (const [name, run] of Object.entries(all)) {
  if (!values.only || values.only === name) rows.push(await run());
}
if (values.json) await writeFile(values.json, JSON.stringify(rows, null, 1));
await bare.dispose();
await market.close();
process.exit(rows.length > 0 ? 0 : 1);
