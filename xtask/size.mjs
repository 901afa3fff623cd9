// The worker's download, held to its budget: Workers take 3 MB compressed on the
// free plan, and a cold isolate compiles every byte of the core.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import path from "node:path";
import { fileURLToPath } from "node:url";

const BUILD = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../build");

/** Bytes, gzipped: the core, and the modules that are instantiated for one piece of work. */
const BUDGETS = { "dropgate_bg.wasm": 1_048_576, "pictures.wasm": 490_000, "drawings.wasm": 180_000, "codecs/avif_dec.wasm": 460_000, "codecs/jxl_dec.wasm": 560_000 };

for (const [name, budget] of Object.entries(BUDGETS)) {
  const bytes = readFileSync(path.join(BUILD, name));
  const packed = gzipSync(bytes, { level: 9 }).length;
  console.log(`build/${name}: ${bytes.length} bytes, ${packed} gzipped, budget ${budget}`);
  if (packed > budget) {
    console.error(`${name} is ${packed - budget} bytes over its budget`);
    process.exitCode = 1;
  }
}
