// Makes SVG drawings harmless, at the desk of a picture.
import { ENGINE } from "./arena.mjs";
import { current } from "./pictures.mjs";

/** The drawing without what could run or call out, and of its metadata what border.rs says; undefined if it is no drawing. */
export async function clean(drawing, metadata) {
  const desk = current();
  const { default: module } = await import("./drawings.wasm");
  const { room, clean: work, answer, answer_length } = desk.arena.ours(module, ENGINE);
  desk.arena.at(room(drawing.length), drawing.length).set(drawing);
  if (work(metadata) !== 0) return undefined;
  return desk.arena.at(answer(), answer_length()).slice();
}
