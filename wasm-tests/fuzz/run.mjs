// `npm run fuzz -- SECONDS [TARGET...]`: seeds the corpora from real files (seeds.mjs) and runs each fuzz target so long.
// Needs `rustup toolchain install nightly`, `cargo install cargo-fuzz` and what the tests need. What is found stays in
// wasm-tests/fuzz/artifacts, what was learned in wasm-tests/fuzz/corpus; neither is checked in.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SEEDS } from "./seeds.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = path.resolve(HERE, "../..");

const { positionals: [seconds = "60", ...chosen] } = parseArgs({ allowPositionals: true });
const targets = readdirSync(path.join(HERE, "fuzz_targets")).map((file) => path.parse(file).name);
const unseeded = targets.filter((name) => !(name in SEEDS));
if (unseeded.length > 0) throw new Error(`seeds.mjs has nothing for ${unseeded.join(", ")}`);
if (!/^[1-9]\d*$/.test(seconds) || chosen.some((name) => !targets.includes(name))) {
  console.error(`npm run fuzz -- SECONDS [TARGET...]; the targets are ${targets.join(", ")}`);
  process.exit(2);
}
for (const name of chosen.length > 0 ? chosen : targets) {
  const corpus = path.join(HERE, "corpus", name);
  mkdirSync(corpus, { recursive: true });
  (await SEEDS[name]()).forEach((seed, index) => writeFileSync(path.join(corpus, `seed-${index}`), seed));
  const limits = [`-max_total_time=${seconds}`, "-timeout=10", "-rss_limit_mb=1024", "-max_len=65536", "-print_final_stats=1"];
  const run = spawnSync("cargo", ["+nightly", "fuzz", "run", "--fuzz-dir", HERE, name, "--", ...limits], { cwd: ROOT, stdio: "inherit" });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
