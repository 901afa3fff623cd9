// `npm run bench`: dropgate against its peers, interleaved, in one run. A ratio below 1 is in our favour.
//   --only NAME   one row, or all of a topic     --json FILE   the rows for a machine     --list   the names
// A topic is a file of this folder. It exports `rows`: by name, a function that measures and returns its row (or
// several), made with support/measure.mjs. What its rows share it makes in `open()`, which is handed to each, and
// ends in `close(shared)`. Timings are never in a test.
import { readdir, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { fail, install, SetupError } from "../../xtask/setup.mjs";
import { machine, print } from "./support/measure.mjs";
import { installPeers } from "./support/peers.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));

async function main() {
  const options = { only: { type: "string" }, json: { type: "string" }, list: { type: "boolean" } };
  const { values } = parseArgs({ options });
  await install();
  await installPeers();
  const chosen = choose(await topics(), values.only);
  if (values.list) return chosen.forEach(({ names }) => names.forEach((name) => console.log(name)));
  console.log(machine());
  const rows = [];
  for (const { module, names } of chosen) {
    const shared = await module.open?.();
    try {
      for (const name of names) {
        for (const row of [await module.rows[name](shared)].flat()) {
          print(row);
          rows.push(row);
        }
      }
    } finally {
      await module.close?.(shared);
    }
  }
  const plain = rows.map(({ name, peer, ratio, ours, theirs, unit }) => ({ name, peer, ratio, ours, theirs, unit }));
  if (values.json) await writeFile(values.json, `${JSON.stringify(plain, null, 1)}\n`);
}

/** Every topic with the names of its rows. */
async function topics() {
  const files = (await readdir(HERE)).filter((file) => file.endsWith(".mjs") && file !== "run.mjs").sort();
  return Promise.all(files.map(async (file) => {
    const module = await import(new URL(file, import.meta.url));
    return { topic: file.slice(0, -".mjs".length), module, names: Object.keys(module.rows) };
  }));
}

/** All topics; or the one that is named; or the one row that is. */
function choose(all, only) {
  if (only === undefined) return all;
  const named = all.filter(({ topic }) => topic === only);
  if (named.length > 0) return named;
  const holding = all.filter(({ names }) => names.includes(only)).map((topic) => ({ ...topic, names: [only] }));
  if (holding.length > 0) return holding;
  const known = all.map(({ topic, names }) => `  ${topic}: ${names.join(" ")}`).join("\n");
  throw new SetupError(`there is no benchmark ${only}; these are the topics and their rows:\n${known}`);
}

main().then(() => process.exit(0), (error) => fail(error.code?.startsWith?.("ERR_PARSE_ARGS") ? new SetupError(error.message) : error));
