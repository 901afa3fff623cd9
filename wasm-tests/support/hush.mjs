// What a worker says when it is crashed on purpose: some hundred lines that would
// hide what another test has to say.
import { stripVTControlCharacters } from "node:util";

const CRASHES = [
  /^Critical Error: Rust panic: panicked at src\/edge\/crash\.rs:/,
  /^a crash on purpose$/,
  /^dropgate: a request was lost: the wasm instance was lost$/,
  /(^|\()Error: the engine stopped: unreachable$/,
];
// Behind one of them: its stack, and the bracket that ends it.
const BEHIND = /^\s+at |^\)/;

/** From now on nothing is printed of crashes on purpose; miniflare prints what the runtime says line by line. */
export function hushCrashes() {
  for (const name of ["log", "error"]) {
    const print = console[name];
    let quiet = false;
    console[name] = (...words) => {
      const line = stripVTControlCharacters(words.join(" "));
      quiet = CRASHES.some((crash) => crash.test(line)) || (quiet && BEHIND.test(line));
      if (!quiet) print(...words);
    };
  }
}
