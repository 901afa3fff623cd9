// Installs and builds what is missing on a fresh machine, a line for each step.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const EXE = process.platform === "win32" ? ".exe" : "";

/** Something the person at the keyboard can mend; the message says how. */
export class SetupError extends Error {}

/** Prints one line for a step, runs it, and adds how long it took. */
export async function step(name, work) {
  process.stdout.write(`dropgate: ${name} ... `);
  const started = Date.now();
  try {
    const result = await work();
    console.log(`done (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    return result;
  } catch (error) {
    console.log("failed");
    throw error;
  }
}

/** Runs a command in the project's root and returns what it printed. */
export function run(command, args, { env = process.env, input } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) return resolve(out);
      const failure = new SetupError(`'${command} ${args.join(" ")}' ended with ${code}:\n${err || out}`);
      failure.code = code;
      reject(failure);
    });
    child.stdin.end(input);
  });
}

function has(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

/** The target directory cargo uses. */
export const target = path.resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target");

/** The built command line. */
export const dropgateBinary = path.join(target, "debug", `dropgate${EXE}`);

/** Checks for what we cannot install ourselves, then installs the rest. */
export async function install() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 3)) {
    throw new SetupError(`Node ${process.versions.node} is too old: install Node 20.3 or newer`);
  }
  if (!has("cargo")) {
    throw new SetupError("cargo was not found: install Rust with rustup (https://rustup.rs), then run this again");
  }
  const sysroot = spawnSync("rustc", ["--print", "sysroot"], { cwd: ROOT, encoding: "utf8" });
  const wasmStd = sysroot.status === 0 && existsSync(path.join(sysroot.stdout.trim(), "lib/rustlib/wasm32-unknown-unknown"));
  if (!wasmStd) {
    if (!has("rustup")) {
      throw new SetupError("rustup was not found: the wasm target comes from it (https://rustup.rs)");
    }
    await step("installing the Rust toolchain and its wasm target", () =>
      network("rustup", ["toolchain", "install"]).catch(() => network("rustup", ["target", "add", "wasm32-unknown-unknown"])));
  }
  if (!existsSync(path.join(ROOT, "node_modules/miniflare/package.json"))) {
    await step("installing npm packages", () => network("npm", ["ci", "--no-fund", "--no-audit"]));
  }
}

async function network(command, args) {
  try {
    return await run(command, args);
  } catch (error) {
    throw new SetupError(`${error.message}\nThis step downloads packages: check the network and run it again.`);
  }
}

/** A workspace of its own. */
const AVIF = path.join(ROOT, "src/media/avif/module/Cargo.toml");

/** Builds the worker and the command line. */
export async function build() {
  await mkdir(target, { recursive: true });
  await step("fetching crates", async () => {
    await network("cargo", ["fetch", "--locked"]);
    await network("cargo", ["fetch", "--locked", "--manifest-path", AVIF]);
  });
  await step("building the worker (a few minutes the first time)", () => run("cargo", ["xtask", "build"]));
  await step("building the command line", () => run("cargo", ["build", "--bin", "dropgate"]));
}

/** Runs `dropgate` with `args`; `env` must name DATA_DIR and PORT when they differ. */
export const dropgate = (args, options) => run(dropgateBinary, args, options);

/** Ends the process as a person would wish: the message, no stack, exit code 1. */
export function fail(error) {
  const text = error instanceof SetupError ? error.message : error.stack;
  console.error(`dropgate: ${text}`);
  process.exit(1);
}
