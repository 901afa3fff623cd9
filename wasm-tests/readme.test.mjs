// Every command that README shows is run here, in its order.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "../xtask/serve.mjs";
import { Market, exec } from "./support/market.mjs";

// `npm start` has a test of its own, and `npm test` is what is running.
const ELSEWHERE = ["npm start", "npm test"];
let market, folder;

before(async () => {
  market = await Market.open();
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-readme-"));
  // A resume needs a beginning.
  await exec("sh", ["-c", `head -c 1000 ${ROOT}/fixtures/demo/alice/drop-7/stream.jpg > stream.jpg`], { cwd: folder });
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

test("README's commands work as written", async () => {
  const readme = await readFile(path.join(ROOT, "README.md"), "utf8");
  const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((block) => block[1].trim().split("\n"));
  assert.ok(commands.length >= 8, "README shows commands");
  for (const command of commands) {
    if (ELSEWHERE.includes(command)) continue;
    // What a command writes must not stay in the checkout.
    const here = command.replaceAll("http://127.0.0.1:8787", market.url).replaceAll("./market", path.join(folder, "market")).replaceAll("drop-7.eml", path.join(folder, "drop-7.eml"));
    const cwd = command.startsWith("curl") ? folder : ROOT;
    const ran = await exec("sh", ["-c", here], { cwd, env: { ...market.env, CI: "1", WRANGLER_SEND_METRICS: "false" } });
    assert.equal(ran.code, 0, `${command}\n${ran.out}${ran.err}`);
  }
  const resumed = await readFile(path.join(folder, "stream.jpg"));
  assert.ok(resumed.equals(await readFile(path.join(ROOT, "fixtures/demo/alice/drop-7/stream.jpg"))));
  for (const file of [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map((match) => match[1])) {
    await access(path.join(ROOT, file));
  }
});
