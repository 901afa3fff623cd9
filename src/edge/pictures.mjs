// The picture engine, in a wasm instance of its own for each picture: its memory
// goes when the picture is made, and a trap in it ends nothing else.
import module from "./pictures.wasm";

// One picture at a time: two would not fit an isolate of 128 MB. Who takes longer
// than this has been cancelled, and nobody told us.
const LONGEST_MS = 60_000;

let taken;

/** A desk to make a picture at, or undefined while another is being made. */
export function open() {
  const now = Date.now();
  if (taken && now - taken.since < LONGEST_MS) return undefined;
  taken?.desk.close();
  const desk = new Desk();
  taken = { desk, since: now };
  return desk;
}

/** Forgets the desk whose owner is lost. */
export const abandon = () => taken?.desk.close();

class Desk {
  #engine = new WebAssembly.Instance(module).exports;

  /** Each of these returns the engine's refusal, or undefined. */
  begin(job) {
    return this.#tell(job, "begin");
  }

  push(chunk) {
    return this.#tell(chunk, "push");
  }

  compose() {
    return this.#refusal("compose");
  }

  frame() {
    return this.#refusal("frame");
  }

  /** Whether no further byte would change anything. */
  enough() {
    return this.#called(() => this.#engine.enough()) !== 0;
  }

  finish() {
    return this.#refusal("finish");
  }

  /** Copies, so that nothing keeps the memory. */
  facts() {
    return this.#read(this.#engine.answer(), this.#engine.answer_length()).slice();
  }

  file() {
    return this.#read(this.#engine.file(), this.#engine.file_length()).slice();
  }

  /** Bytes. */
  memory() {
    return this.#engine.memory.buffer.byteLength;
  }

  close() {
    this.#engine = undefined;
    if (taken?.desk === this) taken = undefined;
  }

  #tell(message, call) {
    const room = this.#called(() => this.#engine.room(message.length));
    this.#read(room, message.length).set(message);
    return this.#refusal(call);
  }

  #refusal(call) {
    return this.#called(() => this.#engine[call]()) === 0 ? undefined : this.facts();
  }

  // A trap is this instance's end. As it is, the core would take it for its own.
  #called(call) {
    try {
      return call();
    } catch (error) {
      this.close();
      throw new Error(`the engine stopped: ${error.message}`);
    }
  }

  // Anew each time: the memory's buffer changes when it grows.
  #read(at, length) {
    return new Uint8Array(this.#engine.memory.buffer, at >>> 0, length);
  }
}
