// npm packages of a folder with its own package.json: what only some tests or the benchmark need.
import { spawn } from "node:child_process";
import { copyFile, readFile } from "node:fs/promises";
import path from "node:path";
import { SetupError, step } from "./setup.mjs";

/** Installs them unless this very lock file's are installed. `flags` go to `npm ci`. */
export async function installPackages(folder, what, flags = []) {
  const lock = path.join(folder, "package-lock.json");
  const installed = path.join(folder, "node_modules/installed-lock.json");
  const text = (file) => readFile(file, "utf8").catch(() => undefined);
  if ((await text(lock)) === (await text(installed))) return;
  await step(`installing ${what}`, () => npm(folder, ["ci", "--no-fund", "--no-audit", ...flags]));
  await copyFile(lock, installed);
}

function npm(cwd, args) {
  return new Promise((resolve, reject) => {
    const child = spawn("npm", args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
    let err = "";
    child.stderr.on("data", (data) => (err += data));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new SetupError(`npm ${args.join(" ")} failed:\n${err}`))));
  });
}
