// The peers: npm packages of this folder's own package.json, which nothing but the benchmark uses.
import { spawn } from "node:child_process";
import { copyFile, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError, step } from "../../../xtask/setup.mjs";

const FOLDER = fileURLToPath(new URL("..", import.meta.url));
const LOCK = path.join(FOLDER, "package-lock.json");
const INSTALLED = path.join(FOLDER, "node_modules/installed-lock.json");

/** Installs them unless this very lock file's are installed. */
export async function installPeers() {
  const text = (file) => readFile(file, "utf8").catch(() => undefined);
  if ((await text(LOCK)) === (await text(INSTALLED))) return;
  await step("installing the peers of the benchmark", () => npm(["ci", "--no-fund", "--no-audit"]));
  await copyFile(LOCK, INSTALLED);
}

function npm(args) {
  return new Promise((resolve, reject) => {
    const child = spawn("npm", args, { cwd: FOLDER, stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    child.stderr.on("data", (data) => (err += data));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new SetupError(`npm ${args.join(" ")} failed:\n${err}`))));
  });
}

/** The version of an installed peer. */
export async function version(name) {
  return JSON.parse(await readFile(path.join(FOLDER, "node_modules", name, "package.json"), "utf8")).version;
}
