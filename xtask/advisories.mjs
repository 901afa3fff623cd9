// `node xtask/advisories.mjs`: fails when Cargo.lock has a crate version with a known vulnerability or unsoundness,
// and tells of unmaintained crates. It compares with advisories.json, a digest of the RustSec database (CC0 1.0), so
// that it works where only package registries can be reached. `--refresh CLONE` makes the digest anew from a clone of
// https://github.com/RustSec/advisory-db; do that before a release, the digest says how old it is.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const DIGEST = path.join(HERE, "advisories.json");

/** Advisories that were looked at and do not apply, each with the reason. */
const ACCEPTED = {};

/** The crates of a lock file that came from a registry. */
export function lockedCrates(lock) {
  return lock
    .split("[[package]]")
    .slice(1)
    .map((entry) => Object.fromEntries([...entry.matchAll(/^(name|version|source) = "([^"]*)"$/gm)].map(([, key, value]) => [key, value])))
    .filter((crate) => crate.source);
}

/** Whether a version meets a Cargo requirement such as `>= 1.2, < 2` or `^0.4.1`. */
export function meets(version, requirement) {
  return requirement.split(",").every((comparator) => {
    const [, operator, wanted] = comparator.trim().match(/^(>=|<=|>|<|=|\^|~)?\s*v?(.+)$/) ?? [];
    if (wanted === undefined) throw new Error(`'${requirement}' is no version requirement`);
    const order = compare(version, wanted);
    switch (operator) {
      case ">=": return order >= 0;
      case "<=": return order <= 0;
      case ">": return order > 0;
      case "<": return order < 0;
      case "=": return order === 0;
      default: return order >= 0 && compare(version, upperBound(wanted, operator)) < 0;
    }
  });
}

/** The first version that `^wanted` or `~wanted` no longer takes: the leftmost part that is not zero goes up by one. */
function upperBound(wanted, operator) {
  const parts = wanted.split(/[-+]/)[0].split(".").map(Number);
  const firstSet = parts.findIndex((part) => part !== 0);
  const raised = operator === "~" ? Math.min(1, parts.length - 1) : firstSet === -1 ? parts.length - 1 : firstSet;
  // `-0` sorts below every pre-release of that version, which the requirement does not take either.
  return `${parts.slice(0, raised).concat(parts[raised] + 1, 0, 0).slice(0, 3).join(".")}-0`;
}

/** Semantic version order; missing parts are zero, a pre-release comes before its release. */
function compare(left, right) {
  const read = (text) => {
    const [, numbers, pre] = text.match(/^([\d.]+)(?:-([^+]*))?/) ?? [undefined, "0"];
    const [major = 0, minor = 0, patch = 0] = numbers.split(".").map(Number);
    return { numbers: [major, minor, patch], pre: pre?.split(".") };
  };
  const [a, b] = [read(left), read(right)];
  for (const [index, number] of a.numbers.entries()) {
    if (number !== b.numbers[index]) return number - b.numbers[index];
  }
  if (!a.pre || !b.pre) return (a.pre ? -1 : 0) + (b.pre ? 1 : 0);
  for (let index = 0; index < Math.max(a.pre.length, b.pre.length); index += 1) {
    const order = comparePart(a.pre[index], b.pre[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** One dot-separated part of a pre-release: a number before a word, a shorter list before a longer one. */
function comparePart(left, right) {
  if (left === right) return 0;
  if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
  const [a, b] = [left, right].map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a < b ? -1 : 1;
}

/** The advisories that apply to these crates. */
export function applying(crates, advisories) {
  return advisories.flatMap((advisory) =>
    crates
      .filter((crate) => crate.name === advisory.package)
      .filter((crate) => ![...advisory.patched, ...advisory.unaffected].some((requirement) => meets(crate.version, requirement)))
      .map((crate) => ({ ...advisory, version: crate.version, fatal: !["unmaintained", "notice"].includes(advisory.informational) })),
  );
}

/** Reads the facts out of an advisory's TOML head, or nothing when it was withdrawn. */
export function readAdvisory(text) {
  const head = text.slice(text.indexOf("```toml"), text.indexOf("```", 7));
  const field = (name) => head.match(new RegExp(`^${name}\\s*=\\s*"([^"]*)"`, "m"))?.[1];
  const list = (name) => [...(head.match(new RegExp(`^${name}\\s*=\\s*\\[([^\\]]*)\\]`, "m"))?.[1] ?? "").matchAll(/"([^"]+)"/g)].map((match) => match[1]);
  if (field("withdrawn")) return undefined;
  const informational = field("informational");
  return { id: field("id"), package: field("package"), patched: list("patched"), unaffected: list("unaffected"), ...(informational && { informational }) };
}

function refresh(clone) {
  const git = spawnSync("git", ["-C", clone, "log", "-1", "--format=%cs %H"], { encoding: "utf8" });
  if (git.status !== 0) throw new Error(`${clone} is no clone of the advisory database: ${git.stderr}`);
  const [date, commit] = git.stdout.trim().split(" ");
  const files = readdirSync(path.join(clone, "crates"), { recursive: true }).filter((name) => name.endsWith(".md")).sort();
  const advisories = files.map((name) => readAdvisory(readFileSync(path.join(clone, "crates", name), "utf8"))).filter(Boolean);
  const lines = advisories.map((advisory) => JSON.stringify(advisory)).join(",\n");
  writeFileSync(DIGEST, `{"date": "${date}", "commit": "${commit}", "advisories": [\n${lines}\n]}\n`);
  console.log(`advisories: ${advisories.length} of ${date}`);
}

/** Of all that the worker and the command line are built from. */
const LOCKS = ["Cargo.lock", "src/media/avif/module/Cargo.lock"];

function check() {
  const digest = JSON.parse(readFileSync(DIGEST, "utf8"));
  const crates = LOCKS.flatMap((lock) => lockedCrates(readFileSync(path.join(HERE, "..", lock), "utf8")));
  const found = applying(crates, digest.advisories).filter((advisory) => !(advisory.id in ACCEPTED));
  for (const { id, package: name, version, fatal, informational, patched } of found) {
    const remedy = patched.length > 0 ? `fixed in ${patched.join(" or ")}` : "no fixed version";
    console.error(`${fatal ? "error" : "note"}: ${name} ${version}: ${informational ?? "vulnerable"}, ${id}, ${remedy}`);
  }
  if (found.some((advisory) => advisory.fatal)) process.exit(1);
  console.log(`advisories: ${crates.length} crates against ${digest.advisories.length} advisories of ${digest.date}`);
}

function main([option, clone]) {
  if (option === "--refresh" && clone) return refresh(clone);
  if (option === undefined) return check();
  throw new Error("usage: node xtask/advisories.mjs [--refresh CLONE]");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
