// Makes SVG drawings harmless, at the desk of a picture.
import { ENGINE } from "./arena.mjs";
import { current } from "./pictures.mjs";

/** The drawing without what could run or call out, or undefined if it is no drawing. */
export async function clean(drawing) {
  const desk = current();
  const { default: module } = await import("./drawings.wasm");
  const { room, clean, answer, answer_length } = desk.arena.ours(module, ENGINE);
  desk.arena.at(room(drawing.length), drawing.length).set(drawing);
  if (clean() !== 0) return undefined;
  return desk.arena.at(answer(), answer_length()).slice();
}
