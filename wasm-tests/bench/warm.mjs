// The least an answer costs: the worker's warm paths against a JavaScript worker that does nothing else.
import { Miniflare } from "miniflare";
import { build } from "../../xtask/setup.mjs";
import { Market } from "../support/market.mjs";
import { pace } from "./support/http.mjs";
import { compare } from "./support/measure.mjs";

/** Answers from memory, or with one value from KV. */
const BARE = `export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === "/") return Response.json({ status: "ok" });
  return new Response(await env.HOT.get("picture", "stream"), { headers: { "content-type": "image/jpeg" } });
} };`;

export async function open() {
  await build();
  const market = await Market.open();
  const picture = `${market.url}/img/width=640/alice/drop-7/cover.jpg`;
  const bytes = await (await fetch(picture)).arrayBuffer();
  const bare = new Miniflare({ modules: true, script: BARE, kvNamespaces: ["HOT"], compatibilityDate: "2026-04-26", port: 0, cf: false });
  await (await bare.getKVNamespace("HOT")).put("picture", bytes);
  return { market, picture, bare, bareUrl: (await bare.ready).origin };
}

export async function close({ market, bare }) {
  await bare.dispose();
  await market.close();
}

export const rows = {
  "healthz-warm": ({ market, bareUrl }) => against("healthz-warm", "a bare JavaScript worker", `${market.url}/healthz`, `${bareUrl}/`),
  "derivative-cached": ({ picture, bareUrl }) =>
    against("derivative-cached", "a bare JavaScript worker with the bytes in KV", picture, `${bareUrl}/picture`),
};

const against = (name, peer, ours, theirs) =>
  compare({ name, peer, unit: "ms/request", ours: () => pace(ours), theirs: () => pace(theirs) });
