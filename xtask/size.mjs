// The worker's download, held to its budget: Workers take 3 MB compressed on the
// free plan, and a cold isolate compiles every byte.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import path from "node:path";
import { fileURLToPath } from "node:url";

// The aim is 1 MiB: the derived JSON readers of the gate's books are what is above it..
const BUDGET = 1_120_000;
const wasm = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../build/dropgate_bg.wasm");
const bytes = readFileSync(wasm);
const packed = gzipSync(bytes, { level: 9 }).length;
console.log(`build/dropgate_bg.wasm: ${bytes.length} bytes, ${packed} gzipped, budget ${BUDGET}`);
if (packed > BUDGET) {
  console.error(`the worker is ${packed - BUDGET} bytes over its budget`);
  process.exit(1);
}
