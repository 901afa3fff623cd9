// `npm start`: sets up what is missing, builds, publishes the demo marketplace
// of fixtures/demo through the command line, and serves it.
import { createServer } from "node:net";
import { existsSync } from "node:fs";
import path from "node:path";
import { publishDemo } from "./demo.mjs";
import { SetupError, build, dropgate, fail, install, step } from "./setup.mjs";

async function main() {
  await install();
  // These packages are there only now.
  const { ROOT, places, serve } = await import("./serve.mjs");
  const where = places();
  await portIsFree(where.port);
  await build();
  if (!existsSync(path.join(where.home, "secrets.env"))) {
    // `wrangler dev` finds the secrets of the default place in .dev.vars.
    const devVars = path.join(ROOT, ".dev.vars");
    const forWrangler = process.env.DATA_DIR || existsSync(devVars) ? [] : ["--dev-vars", devVars];
    await step("making keys for a new marketplace", () => dropgate(["init", ...forWrangler]));
  }
  const server = await step("starting the worker", () => serve(where));
  const env = { DATA_DIR: where.data, PORT: new URL(server.url).port };
  const ended = stopOnSignal(server);
  await publishDemo(path.join(ROOT, "fixtures/demo"), env, { announce: true });
  const code = await redeemCode(env);
  announce(server.url, code, where.data);
  await ended;
}

async function portIsFree(port) {
  const probe = createServer();
  await new Promise((resolve, reject) => {
    probe.once("error", (error) => {
      const taken = error.code === "EADDRINUSE";
      reject(new SetupError(taken ? `port ${port} is taken: stop what uses it, or set PORT (PORT=8788 npm start)` : error.message));
    });
    probe.listen(port, "127.0.0.1", () => probe.close(resolve));
  });
}

async function redeemCode(env) {
  const out = await dropgate(["codes", "create", "--drop", "alice/drop-7", "--count", "1", "--label", "npm start", "--json"], { env: { ...process.env, ...env } });
  return JSON.parse(out).codes[0];
}

function announce(url, code, data) {
  console.log(`
dropgate is at ${url}, its state in ${path.relative(process.cwd(), data) || "."}. Ctrl-C stops it.

  storefront         ${url}/
  a derivative       ${url}/img/width=640,format=auto/alice/drop-7/cover.jpg
  download page      ${url}/d/alice/drop-7
  a file             ${url}/get/alice/drop-7/cover.jpg
  a redeem link      ${url}/r/${code}
  a grant            npm run --silent dropgate -- grant --drop alice/drop-7 --expires 1h
`);
}

function stopOnSignal(server) {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.stop().then(resolve, resolve));
  });
}

main().then(() => process.exit(0), fail);
