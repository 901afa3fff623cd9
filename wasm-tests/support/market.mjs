// A marketplace of its own for a test file: fresh keys, fresh state, the real
// command line and the real worker on workerd.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { betrayed, keepLog } from "./dump.mjs";
import { ROOT, serve } from "../../xtask/serve.mjs";
import { dropgateBinary } from "../../xtask/setup.mjs";
import { publishDemo } from "../../xtask/demo.mjs";

keepLog();

/** Runs a program; resolves with what it printed and how it ended, never rejects. */
export function exec(command, args, { env = {}, cwd = ROOT, input } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    const out = [];
    let err = "";
    child.stdout.on("data", (data) => out.push(data));
    child.stderr.on("data", (data) => (err += data));
    child.on("error", reject);
    child.on("close", (code) => {
      const bytes = Buffer.concat(out);
      resolve({ code, bytes, out: bytes.toString(), err });
    });
    child.stdin.end(input);
  });
}

/** Runs a program that must succeed. */
export async function must(command, args, options) {
  const ran = await exec(command, args, options);
  if (ran.code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${ran.code}: ${ran.err}${ran.out}`);
  return ran;
}

export class Market {
  static async open(options = {}) {
    const market = new Market();
    market.data = await mkdtemp(path.join(tmpdir(), "dropgate-"));
    market.home = path.join(market.data, "dropgate");
    market.options = options;
    await market.cli("init");
    await market.start();
    if (options.demo !== false) await publishDemo(path.join(ROOT, "fixtures/demo"), market.env);
    return market;
  }

  /** The environment in which the command line finds this marketplace. */
  get env() {
    return { DATA_DIR: this.data, PORT: this.url ? new URL(this.url).port : "0" };
  }

  async start() {
    const { vars, build, direct } = this.options;
    this.server = await serve({ data: this.data, home: this.home, port: 0, vars, build, direct, quiet: true });
    this.url = this.server.url;
  }

  async restart({ forgetCache = false } = {}) {
    await this.server.stop();
    if (forgetCache) await rm(path.join(this.data, "v3/cache"), { recursive: true, force: true });
    await this.start();
  }

  /** Ends it. Whatever was tested, nothing that was written down may betray anyone. */
  async close() {
    await this.server.stop();
    const found = await betrayed(this.data);
    await rm(this.data, { recursive: true, force: true });
    if (found.length > 0) throw new Error(`written down, and must not be:\n${found.join("\n")}`);
  }

  /** Runs the command line; it must succeed. */
  cli(...args) {
    return must(dropgateBinary, args, { env: this.env });
  }

  /** Runs the command line, however it ends. */
  tryCli(...args) {
    return exec(dropgateBinary, args, { env: this.env });
  }

  async grant(...args) {
    const { out } = await this.cli("grant", "--json", ...args);
    return JSON.parse(out).grant;
  }

  fetch(where, options) {
    return fetch(new URL(where, this.url), { redirect: "manual", ...options });
  }

  /** R2 as the runtime has it, for tampering behind the worker's back. */
  bucket() {
    return this.server.mf.getR2Bucket("STORE");
  }

  hot() {
    return this.server.mf.getKVNamespace("HOT");
  }
}

/** Work may go on after an answer: checks until it holds. The bound ends a test that fails, on a slow machine too. */
export async function settled(check, { tries: most = 900 } = {}) {
  for (let tries = 0; ; tries++) {
    try {
      return await check();
    } catch (error) {
      if (tries === most) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
