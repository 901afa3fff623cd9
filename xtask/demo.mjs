// The demo marketplace of fixtures/demo, published through the command line.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { dropgate, step } from "./setup.mjs";

/** Publishes {folder}/{creator}/{drop}; what is published already is left alone. */
export async function publishDemo(folder, env, { announce = false } = {}) {
  for (const creator of await folders(folder)) {
    for (const drop of await folders(path.join(folder, creator))) {
      const publish = () =>
        dropgate(["publish", path.join(folder, creator, drop), "--creator", creator, "--drop", drop, "--create"], {
          env: { ...process.env, ...env },
        });
      await (announce ? step(`publishing ${creator}/${drop}`, publish) : publish());
    }
  }
}

async function folders(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
}
