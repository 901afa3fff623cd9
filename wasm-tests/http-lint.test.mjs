// Every route that serves bytes under REDbot and httplint, which know the HTTP RFCs better than we do. A note above
// "info" fails unless it is listed in `accepted` with the reason why it stays.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { ROOT, readSecrets } from "../xtask/serve.mjs";
import { Market, must, settled } from "./support/market.mjs";

const PYTHON = process.env.DROPGATE_PYTHON ?? "python3";
const COVER = "/get/alice/drop-7/cover.jpg";
const MASTER = "/get/alice/drop-7/master.zip";
let market, routes;

before(async () => {
  market = await Market.open({ direct: true });
  const authorization = `Bearer ${await market.grant("--drop", "alice/drop-7", "--expires", "1h")}`;
  // A derivative that was stored, a receipt and its log.
  await (await market.fetch("/img/width=320/alice/drop-7/cover.jpg")).arrayBuffer();
  const delivered = await market.fetch(MASTER, { headers: { authorization } });
  await delivered.arrayBuffer();
  const receipt = delivered.headers.get("receipt-location");
  await settled(async () => assert.equal((await market.fetch(receipt)).status, 200));
  const page = await (await market.fetch("/d/alice/drop-7")).text();
  const asset = (ending) => new RegExp(`/assets/[^"]+\\.${ending}`).exec(page)[0];
  const cover = createHash("sha256").update(await readFile(path.join(ROOT, "fixtures/demo/alice/drop-7/cover.jpg"))).digest("hex");
  const bucket = await market.bucket();
  const checkpoint = await settled(async () => {
    const { objects } = await bucket.list({ prefix: "log/publish-" });
    return objects.find(({ key }) => key.endsWith("/checkpoint")).key;
  });
  const tile = checkpoint.replace("checkpoint", "tile/0/000.p/1");
  const operator = { authorization: `Bearer ${(await readSecrets(path.join(market.home, "secrets.env"))).ADMIN_TOKEN}` };
  const headers = { authorization };
  routes = [
    ["a public file", COVER],
    ["a public file, HEAD", COVER, { method: "HEAD" }],
    ["a part of it", COVER, { headers: { range: "bytes=1000-1999" }, status: 206 }],
    ["past its end", COVER, { headers: { range: "bytes=99999999-" }, status: 416 }],
    ["not again", COVER, { headers: { "if-none-match": "*" }, status: 304 }],
    ["no longer the same", COVER, { headers: { "if-match": '"x"' }, status: 412 }],
    ["a text", "/get/alice/drop-7/license.txt"],
    ["a gated file", MASTER, { headers }],
    ["a gated file, without a grant", MASTER, { status: 401 }],
    ["a part of a gated file", MASTER, { headers: { ...headers, range: "bytes=-1000" }, status: 206 }],
    ["a file that is not there", "/get/alice/drop-7/none.jpg", { status: 404 }],
    ["a ZIP", "/get/alice/drop-7.zip", { headers }],
    ["a public ZIP", "/get/alice/drop-7.zip?tier=public"],
    ["a Metalink", "/get/alice/drop-7.meta4"],
    ["a TUF target", `/targets/alice/drop-7/${cover}.cover.jpg`],
    ["a derivative", "/img/width=320,format=auto/alice/drop-7/cover.jpg"],
    ["a derivative, HEAD", "/img/width=320,format=auto/alice/drop-7/cover.jpg", { method: "HEAD" }],
    ["a derivative of one format", "/img/width=320,format=jpeg/alice/drop-7/cover.jpg"],
    ["a tile", "/iiif/3/alice~drop-7~cover.jpg/0,0,512,512/256,/0/default.jpg"],
    ["what there are tiles of", "/iiif/3/alice~drop-7~cover.jpg/info.json"],
    ["a catalogue", "/get/alice/drop-7/catalog.zip"],
    ["bad options", "/img/width=wide/alice/drop-7/cover.jpg", { status: 400 }],
    ["the timestamp", "/metadata/timestamp.json"],
    ["a root", "/metadata/1.root.json"],
    ["a manifest", "/metadata/1.alice.drop-7.json"],
    ["the storefront", "/"],
    ["a drop's page", "/d/alice/drop-7"],
    ["a style sheet", asset("css")],
    ["a script", asset("js")],
    ["a code's page", "/r/0000-0000-0000-0"],
    ["a receipt", receipt],
    ["a checkpoint", `/${checkpoint}`],
    ["a tile of the log", `/${tile}`],
    ["the log's key", "/log/vkey"],
    ["who was revoked", "/status/0"],
    ["the numbers", "/metrics", { headers: operator }],
    ["the numbers, to nobody", "/metrics", { status: 401 }],
    ["the dashboard", "/dashboard", { headers: operator }],
    ["what is known", "/known", { headers }],
    ["what is asked", "/consent/alice/drop-7"],
    ["an order's form", "/orders"],
    ["privacy control", "/.well-known/gpc.json"],
    ["the keys", "/.well-known/jwks.json"],
    ["health", "/healthz"],
  ];
});
after(() => market?.close());

/** Notes that stay, where, and why. `sometimes`: REDbot asks for a place of its own choice. */
const accepted = [
  {
    note: "STORE_PUBLIC_UNNECESSARY",
    why: "it tells shared caches that an answer to somebody who sent a grant nobody asked for is everyone's (RFC 9111, 3.5)",
    where: () => true,
  },
  {
    note: "VARY_COMPLEX",
    why: "the page does depend on each of the four: whose it is, and whether work ahead of time is wanted",
    where: (name) => name === "a drop's page",
  },
  {
    note: "STATUS_BAD_REQUEST",
    why: "the request is bad on purpose",
    where: (name) => name === "bad options",
  },
  {
    note: "RANGE_INCORRECT",
    why: "REDbot asks for a byte more than it compares when the first piece of a body is shorter than 97 bytes, as an archive's first record is; zip.test.mjs compares every byte",
    where: (name) => name.endsWith("ZIP"),
    sometimes: true,
  },
  {
    note: "RANGE_CL_FULL",
    why: "a tile of one hash has 32 bytes, fewer than REDbot asks for: the part is the whole",
    where: (name) => name === "a tile of the log",
    sometimes: true,
  },
];

test("no route that serves bytes has a bad note that is not accounted for", async (t) => {
  const input = routes.map(([, where, { method = "GET", headers = {} } = {}]) => ({ url: market.server.direct + where, method, headers }));
  const { out } = await must(PYTHON, [path.join(ROOT, "wasm-tests/lint/stock_lint.py")], { input: JSON.stringify(input) });
  const reports = JSON.parse(out);
  assert.equal(reports.length, routes.length);
  const used = new Set();
  for (const [index, [name, where, { status = 200 } = {}]] of routes.entries()) {
    await t.test(`${name}: ${where.split("?")[0]}`, () => {
      assert.equal(reports[index].status, status);
      const left = reports[index].notes.filter(({ level }) => level !== "good" && level !== "info").filter((note) => {
        const known = accepted.find((entry) => entry.note === note.note && entry.where(name, note));
        if (known) used.add(known);
        return !known;
      });
      assert.deepEqual(left, []);
    });
  }
  for (const entry of accepted) assert.ok(entry.sometimes || used.has(entry), `${entry.note} is accepted, but nothing has it any more`);
});
