// The worker's own codec modules with the worker's own settings, on workerd.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { Miniflare } from "miniflare";
import { ROOT } from "../../../xtask/serve.mjs";

const BUILD = path.join(ROOT, "build");

const SCRIPTS = ["codec.mjs", "pictures.mjs", "arena.mjs", "embind.mjs", "pictures.wasm"];

const WORKER = `import { encoder } from "./codec.mjs";
import { open } from "./pictures.mjs";
export default { async fetch(request) {
  const { format, width, height, quality, effort } = Object.fromEntries(new URL(request.url).searchParams);
  const pixels = new Uint8Array(await request.arrayBuffer());
  const desk = open();
  try {
    return new Response((await encoder(format)).write(pixels, Number(width), Number(height), Number(quality), Number(effort)));
  } finally {
    desk.close();
  }
} };`;

export class Codecs {
  static async open() {
    const codecs = new Codecs();
    const files = (await readdir(path.join(BUILD, "codecs"))).map((file) => path.join(BUILD, "codecs", file));
    const modules = [...SCRIPTS.map((name) => path.join(BUILD, name)), ...files].map((file) => ({ type: file.endsWith(".wasm") ? "CompiledWasm" : "ESModule", path: file }));
    codecs.mf = new Miniflare({
      modules: [{ type: "ESModule", path: path.join(BUILD, "bench.mjs"), contents: WORKER }, ...modules],
      modulesRoot: BUILD, compatibilityDate: "2026-04-26", port: 0, cf: false,
    });
    await codecs.mf.ready;
    return codecs;
  }

  close() {
    return this.mf.dispose();
  }

  /** Straight RGBA to a file, as `effort` has it: 0 is what the first shopper gets, 1 the refinement. */
  async encode(format, rgba, { width, height }, quality, effort) {
    const asked = new URLSearchParams({ format, width, height, quality, effort });
    const answer = await this.mf.dispatchFetch(`http://codecs/?${asked}`, { method: "POST", body: rgba });
    if (answer.status !== 200) throw new Error(await answer.text());
    return Buffer.from(await answer.arrayBuffer());
  }
}
