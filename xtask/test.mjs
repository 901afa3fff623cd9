// `npm test`: sets up what is missing and runs everything. With arguments, only
// the wasm-tests whose file name holds one of them (npm test -- grants).
import { spawn } from "node:child_process";
import { mkdir, readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { build, fail, install, run, step } from "./setup.mjs";

async function main(only) {
  await install();
  const { ROOT } = await import("./serve.mjs");
  const { debian, python } = await import("./tools.mjs");
  await debian();
  const venv = await python(ROOT);
  await build();
  await step("building the worker that can be crashed", () => run("cargo", ["xtask", "build", "--crash-test"]));
  if (only.length === 0) await shown(ROOT, "cargo", ["test", "--workspace"]);
  const files = (await readdir(path.join(ROOT, "wasm-tests")))
    .filter((file) => file.endsWith(".test.mjs"))
    .filter((file) => only.length === 0 || only.some((word) => file.includes(word)));
  if (files.length === 0) throw new Error(`no test file in wasm-tests has ${only.join(" or ")} in its name`);
  const failures = path.join(ROOT, "wasm-tests/out/failures.txt");
  await mkdir(path.dirname(failures), { recursive: true });
  const reporters = [["spec", "stdout"], [path.join(ROOT, "xtask/failures.mjs"), failures]];
  const options = reporters.flatMap(([name, to]) => [`--test-reporter=${name}`, `--test-reporter-destination=${to}`]);
  const tests = files.map((file) => path.join("wasm-tests", file));
  const ended = () => tell(failures);
  await shown(ROOT, process.execPath, ["--test", "--test-concurrency=2", ...options, ...tests], { DROPGATE_PYTHON: venv }, ended);
}

/** The end of the output is what everybody reads: it names the tests that failed. */
async function tell(failures) {
  console.log(`\ndropgate: these tests failed:\n${await readFile(failures, "utf8")}`);
}

/** Runs a command whose output the person should see; `failed` has the last word. */
function shown(cwd, command, args, env = {}, failed = async () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: "inherit", env: { ...process.env, ...env } });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : failed().finally(() => process.exit(code ?? 1))));
  });
}

main(process.argv.slice(2)).then(() => process.exit(0), fail);
