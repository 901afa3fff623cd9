// The peers: npm packages of this folder's own package.json, which nothing but the benchmark uses.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages } from "../../../xtask/packages.mjs";

const FOLDER = fileURLToPath(new URL("..", import.meta.url));

/** Installs them. */
export const installPeers = () => installPackages(FOLDER, "the peers of the benchmark");

/** The version of an installed peer. */
export async function version(name) {
  return JSON.parse(await readFile(path.join(FOLDER, "node_modules", name, "package.json"), "utf8")).version;
}
