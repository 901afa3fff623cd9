// `npm start` as a developer runs it: one command, then a marketplace.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { exec } from "./support/market.mjs";

let data, port;

before(async () => {
  data = await mkdtemp(path.join(tmpdir(), "dropgate-start-"));
  port = await freePort();
});
after(() => rm(data, { recursive: true, force: true }));

function freePort() {
  const server = createServer();
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  }));
}

/** Starts it; resolves once it has printed its URLs. */
async function start() {
  const child = spawn("npm", ["start"], { cwd: ROOT, env: { ...process.env, DATA_DIR: data, PORT: String(port) } });
  let out = "";
  const ended = new Promise((resolve) => child.on("close", (code) => resolve(code)));
  await new Promise((resolve, reject) => {
    const take = (text) => {
      out += text;
      if (out.includes("a redeem link") && out.includes("a grant ")) resolve();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    ended.then((code) => reject(new Error(`npm start ended with ${code}:\n${out}`)));
  });
  return { out, stop: () => (child.kill("SIGTERM"), ended) };
}

test("npm start publishes the demo and serves it; a restart keeps it", async () => {
  const first = await start();
  const urls = [...first.out.matchAll(/^  \S.*?(http:\S+)$/gm)].map((match) => match[1]);
  assert.equal(urls.length, 5, first.out);
  for (const url of urls) {
    const response = await fetch(url);
    assert.equal(response.status, 200, url);
    await response.arrayBuffer();
  }
  const taken = await exec("npm", ["start"], { env: { DATA_DIR: data, PORT: String(port) } });
  assert.equal(taken.code, 1);
  assert.match(taken.err + taken.out, /port \d+ is taken: stop what uses it, or set PORT/);
  assert.equal(await first.stop(), 0);

  const second = await start();
  const health = await fetch(`http://127.0.0.1:${port}/healthz`);
  assert.deepEqual([health.status, (await health.json()).creators], [200, 2]);
  assert.equal(await second.stop(), 0);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`), "nothing is left running");
});
