// The memory in which pictures are made. Wasm memory never shrinks, and what V8 has not yet collected counts against
// the isolate: so there is one for the isolate's life, which each piece of work begins anew, and the modules import it.
//
// Where things lie:    0   the engine: its stack, then its statics
//                  4 MiB   a decoder's statics, its stack below them (build.rs of each has the linker do so)
//                  6 MiB   what they are handed out, the one after the other
// The codecs of others (Emscripten's) use all of it as they please, alone.

const PAGE = 65_536;
const MIB = 1024 * 1024;
export const HEAP = 6 * MIB;
/** Where the statics of a module of ours lie. */
export const ENGINE = [1 * MIB, 2 * MIB];
export const DECODER = [4 * MIB, HEAP];
/** What the hungriest of Emscripten's modules begins with. */
const LEAST = 19 * MIB;

export class Arena {
  #memory;
  #most;
  /** What is handed out ends here. */
  #top = HEAP;
  /** Above this it is as new. Where Emscripten's modules have written nobody knows. */
  #dirty = 0;
  /** Whether somebody asked for more than there is. */
  isFull = false;

  constructor(most) {
    this.#most = most;
  }

  /** Everything that was in it is over. */
  begin() {
    this.#memory ??= new WebAssembly.Memory({ initial: LEAST / PAGE, maximum: this.#most / PAGE });
    this.#dirty = Math.max(this.#dirty, this.#top);
    this.#top = HEAP;
    this.isFull = false;
  }

  /** A module of ours, beside the one whose statics lie elsewhere. */
  ours(module, [from, to]) {
    // The linker takes for granted that what begins as nothing is there.
    this.#bytes().fill(0, from, to);
    const take = (bytes) => this.#take(bytes);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory, take } });
    const end = exports.__heap_base.value;
    if (end <= from || end > to) throw new Error(`a module that ends at ${end} is to lie between ${from} and ${to}`);
    return exports;
  }

  /** A module of Emscripten's, alone: it takes for granted that its memory is new. */
  theirs(module, imports) {
    this.#bytes().fill(0, 0, Math.min(this.#dirty, this.size));
    this.#dirty = Infinity;
    return new WebAssembly.Instance(module, { ...imports, env: { memory: this.#memory } }).exports;
  }

  /** Anew each time: the memory's buffer changes when it grows. */
  at(address, length) {
    return new Uint8Array(this.#memory.buffer, address >>> 0, length);
  }

  /** Bytes. */
  get size() {
    return this.#memory.buffer.byteLength;
  }

  /** Bytes that are handed out. */
  get used() {
    return this.#top;
  }

  #bytes() {
    return new Uint8Array(this.#memory.buffer);
  }

  /** The address of so many bytes, or 0. */
  #take(bytes) {
    const from = this.#top;
    const lacking = from + bytes - this.size;
    if (lacking > 0) {
      try {
        this.#memory.grow(Math.ceil(lacking / PAGE));
      } catch {
        this.isFull = true;
        return 0;
      }
    }
    this.#top = from + bytes;
    return from;
  }
}
