// Makes SVG drawings harmless, each in a wasm instance of its own, which is dropped after it.

/** The drawing without what could run or call out, and of its metadata what border.rs says; undefined if it is no drawing. */
export async function clean(drawing, metadata) {
  const { default: module } = await import("./drawings.wasm");
  const { memory, room, clean: work, answer, answer_length } = new WebAssembly.Instance(module).exports;
  const at = room(drawing.length) >>> 0;
  new Uint8Array(memory.buffer, at, drawing.length).set(drawing);
  if (work(metadata) !== 0) return undefined;
  return new Uint8Array(memory.buffer, answer() >>> 0, answer_length()).slice();
}
