// `npm run dropgate -- ARGS`: builds the command line when needed and runs it.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const args = ["run", "--quiet", "--manifest-path", path.join(ROOT, "Cargo.toml"), "--bin", "dropgate", "--", ...process.argv.slice(2)];
const ran = spawnSync("cargo", args, { stdio: "inherit", cwd: process.env.INIT_CWD ?? ROOT });
if (ran.error) {
  console.error(`dropgate: cargo did not start (${ran.error.message}): install Rust with rustup (https://rustup.rs)`);
  process.exit(1);
}
process.exit(ran.status ?? 1);
