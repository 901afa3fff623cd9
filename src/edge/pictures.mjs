// Where pictures are made: the arena, and the picture engine in it, instantiated anew for each picture. A trap ends that
// instance and nothing else.
import { Arena, ENGINE, HEAP } from "./arena.mjs";
import module from "./pictures.wasm";

const MIB = 1024 * 1024;

// An isolate has 128 MB. The core takes up to 20 of them, JavaScript some.
const MOST = 80 * MIB;
// For an encoder at work while the engine is: on the frames of an animation.
const MOST_BESIDE = 20 * MIB;
const arena = new Arena(MOST);
const beside = new Arena(MOST_BESIDE);

// What the engine takes that is fed rows: itself, and some of them.
const ENGINE_ON_ROWS = 6 * MIB;
// The engine keeps to a budget, but for what its allocator cannot fill.
const MARGIN = 6 * MIB;

/** What an encoder may take in bytes that works alone, one that works while the engine does, and a decoder. */
export const most = () => MOST;
export const mostBeside = () => MOST_BESIDE;
export const mostToRead = () => MOST - HEAP - ENGINE_ON_ROWS;

// One picture at a time: there is one arena. Who takes longer than this has been
// cancelled, and nobody told us.
const LONGEST_MS = 60_000;

let taken;

/** A desk to make a picture at, or undefined while another is being made. */
export function open() {
  const now = Date.now();
  if (taken && now - taken.since < LONGEST_MS) return undefined;
  taken?.desk.close();
  arena.begin();
  const desk = new Desk();
  taken = { desk, since: now };
  return desk;
}

/** The desk at which somebody works. */
export function current() {
  if (!taken) throw new Error("nobody has a desk");
  return taken.desk;
}

/** Forgets the desk whose owner is lost. */
export const abandon = () => taken?.desk.close();

class Desk {
  #arena = arena;
  #begun;

  mustBeOpen() {
    if (!this.#arena) throw new Error("the desk is closed");
  }

  get arena() {
    this.mustBeOpen();
    return this.#arena;
  }

  /** An arena for a module that wants one of its own. */
  get alone() {
    if (!this.#begun) return this.arena;
    beside.begin();
    return beside;
  }

  get #engine() {
    return (this.#begun ??= this.arena.ours(module, ENGINE));
  }

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
    return this.arena.at(this.#engine.answer(), this.#engine.answer_length()).slice();
  }

  file() {
    return this.arena.at(this.#engine.file(), this.#engine.file_length()).slice();
  }

  /** What the engine may be told that there is, in bytes. */
  left() {
    return Math.max(MOST - this.arena.used - MARGIN, 0);
  }

  close() {
    this.#arena = undefined;
    this.#begun = undefined;
    if (taken?.desk === this) taken = undefined;
  }

  #tell(message, call) {
    const room = this.#called(() => this.#engine.room(message.length));
    this.#arena.at(room, message.length).set(message);
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
}
