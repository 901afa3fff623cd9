// `node xtask/licences.mjs`: fails when a dependency, Rust or npm, used to build, test or run, has a licence that
// deny.toml does not allow. It reads what cargo and npm have already brought in, and fetches nothing.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** Folders with a package-lock.json of their own. */
const NPM_FOLDERS = [".", "wasm-tests/bench", "wasm-tests/front-doors"];

/** Workspaces with a Cargo.lock of their own that the worker is built from. */
const CARGO_FOLDERS = [".", "src/media/avif/module"];

/** npm packages that may have another licence than those allowed, and why. */
const NPM_EXCEPTIONS = [
  // sharp is what miniflare resizes with and what the benchmark compares with. It loads libvips as a library of its own
  // at run time, on a developer's machine only; nothing of it is in the worker or the command line.
  { name: /^@img\/sharp-/, allow: "LGPL-3.0-or-later" },
  // axe-core is run inside a page by the test of the dashboard, unchanged and from its own file; nothing of it is shipped.
  { name: /^axe-core$/, allow: "MPL-2.0" },
  // A table of browsers that next reads when it builds; a test renders one component of next, and ships none of it.
  { name: /^caniuse-lite$/, allow: "CC-BY-4.0" },
  // Blue Oak asks for no more than MIT. A part of tuf-js, a stock client in the tests.
  { name: /^minimatch$/, allow: "BlueOak-1.0.0" },
];

/** Reads the allowed licences and the exceptions for single crates out of deny.toml. */
export function policy(text) {
  const licences = text.slice(text.indexOf("[licenses]"));
  const strings = (list) => [...list.matchAll(/"([^"]+)"/g)].map((match) => match[1]);
  const allow = strings(licences.match(/^allow = \[([^\]]*)\]/m)?.[1] ?? "");
  const exceptions = [...licences.matchAll(/\{ crate = "([^"]+)", allow = \[([^\]]*)\] \}/g)];
  if (allow.length === 0) throw new Error("deny.toml has no list of allowed licences");
  return { allow: new Set(allow), crates: new Map(exceptions.map(([, crate, list]) => [crate, strings(list)])) };
}

/**
 * Whether an SPDX licence expression can be satisfied with allowed licences alone:
 * one side of OR, both sides of AND (which binds tighter), and WITH as part of the name.
 */
export function satisfied(expression, allowed) {
  const tokens = expression.replaceAll("/", " OR ").match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const either = () => {
    let result = both();
    while (tokens[at] === "OR") {
      at += 1;
      result = both() || result;
    }
    return result;
  };
  const both = () => {
    let result = one();
    while (tokens[at] === "AND") {
      at += 1;
      result = one() && result;
    }
    return result;
  };
  const one = () => {
    if (tokens[at] === "(") {
      at += 1;
      const result = either();
      if (tokens[at] !== ")") return false;
      at += 1;
      return result;
    }
    let name = tokens[at] ?? "";
    at += 1;
    if (tokens[at] === "WITH") {
      name = `${name} WITH ${tokens[at + 1] ?? ""}`;
      at += 2;
    }
    return allowed(name);
  };
  return either() && at === tokens.length;
}

/** The licence of a text that is the MIT licence but for the line that names the holder, else undefined. */
export function recognise(text, mit) {
  const plain = (licence) => licence.replace(/^copyright .*$/gim, "").toLowerCase().replace(/\s+/g, " ").trim();
  return plain(text) === plain(mit) ? "MIT" : undefined;
}

/** The crates of `cargo metadata` that break the policy, each with what it says of itself. */
export function badCrates(metadata, { allow, crates }, licenceOf) {
  return metadata.packages
    .filter((crate) => crate.source !== null)
    .map((crate) => ({ name: crate.name, version: crate.version, licence: crate.license ?? licenceOf(crate) ?? "none stated" }))
    .filter(({ name, licence }) => !satisfied(licence, (one) => allow.has(one) || (crates.get(name) ?? []).includes(one)));
}

/** The npm packages of a lock file that break the policy. What is installed speaks for itself, the rest by the lock. */
export function badPackages(lock, { allow }, manifestOf) {
  return Object.entries(lock.packages)
    .filter(([place, entry]) => place !== "" && !entry.link)
    .map(([place, entry]) => {
      const manifest = manifestOf(place);
      const name = manifest?.name ?? place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
      return { name, version: entry.version, licence: stated(manifest) ?? stated(entry) ?? "none stated" };
    })
    .filter(({ name, licence }) => {
      const exceptions = NPM_EXCEPTIONS.filter((exception) => exception.name.test(name)).map((exception) => exception.allow);
      return !satisfied(licence, (one) => allow.has(one) || exceptions.includes(one));
    });
}

/** What a package.json says: a string today, an object or a list of them in old packages. */
function stated(manifest) {
  const field = manifest?.license ?? manifest?.licenses;
  const names = [field].flat().map((one) => (typeof one === "object" ? one?.type : one)).filter(Boolean);
  return names.length === 0 ? undefined : names.join(" OR ");
}

/** The crates of a workspace. */
function packages(folder) {
  const options = { cwd: path.join(ROOT, folder), maxBuffer: 1 << 27, encoding: "utf8" };
  const cargo = spawnSync("cargo", ["metadata", "--format-version", "1", "--locked"], options);
  if (cargo.status !== 0) throw new Error(`cargo metadata: ${cargo.stderr}`);
  return JSON.parse(cargo.stdout).packages;
}

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

function main() {
  const rules = policy(readFileSync(path.join(ROOT, "deny.toml"), "utf8"));
  const mit = readFileSync(path.join(ROOT, "LICENSE-MIT"), "utf8");
  const metadata = { packages: CARGO_FOLDERS.flatMap(packages) };
  const bad = badCrates(metadata, rules, (crate) => {
    if (!crate.license_file) return undefined;
    return recognise(readFileSync(path.join(path.dirname(crate.manifest_path), crate.license_file), "utf8"), mit);
  }).map((crate) => ({ ...crate, from: "crate" }));
  let checked = metadata.packages.length;
  for (const folder of NPM_FOLDERS.map((name) => path.join(ROOT, name))) {
    const lockFile = path.join(folder, "package-lock.json");
    if (!existsSync(lockFile)) continue;
    const lock = readJson(lockFile);
    checked += Object.keys(lock.packages).length;
    const found = badPackages(lock, rules, (place) => {
      const manifest = path.join(folder, place, "package.json");
      return existsSync(manifest) ? readJson(manifest) : undefined;
    });
    bad.push(...found.map((one) => ({ ...one, from: "npm" })));
  }
  for (const { from, name, version, licence } of bad) console.error(`${from} ${name} ${version}: ${licence} is not allowed by deny.toml`);
  if (bad.length > 0) process.exit(1);
  console.log(`licences: ${checked} packages, all allowed`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
