// The worker's entry point: hands events to the wasm and survives its traps.
//
// A panic, an out-of-memory abort or a stack overflow poisons the wasm
// instance, and the promises of requests that were inside it never settle. So
// the wasm calls `dropgateAborted` from its abort hook: a new instance takes
// over, everything in flight is answered at once, and Durable Objects are
// rebuilt when they are next called.
import { DurableObject } from "cloudflare:workers";
import * as wasm from "./dropgate.js";
import * as pictures from "./pictures.mjs";

// No request takes longer.
const LONGEST_MS = 300_000;

let generation = 0;
const inFlight = new Set();

globalThis.dropgateAborted = () => {
  generation += 1;
  wasm.__wbg_reset_state();
  pictures.abandon();
  for (const abandon of inFlight) abandon(new Error("the wasm instance was lost"));
  inFlight.clear();
};

// Settles as `call` does, or rejects when the instance it runs in is lost.
async function guarded(call) {
  let abandon;
  const lost = new Promise((_, reject) => { abandon = reject; });
  inFlight.add(abandon);
  // While only a lost promise is awaited the runtime would call this request
  // hung and end it in its own words; a pending timer says that it is not.
  const timer = setTimeout(() => {}, LONGEST_MS);
  try {
    return await Promise.race([call(), lost]);
  } finally {
    clearTimeout(timer);
    inFlight.delete(abandon);
  }
}

// The new instance names the code; if even that fails, there is none.
function crashedCode() {
  try {
    return wasm.crashed_code();
  } catch {
    return undefined;
  }
}

const crashed = () =>
  Response.json(
    {
      type: "urn:dropgate:problem:crashed",
      title: "The worker failed",
      status: 500,
      detail: "This request could not be finished. The worker has restarted; try again.",
      code: crashedCode(),
    },
    { status: 500, headers: { "content-type": "application/problem+json", "cache-control": "no-store" } },
  );

async function answered(call) {
  try {
    return await guarded(call);
  } catch (error) {
    console.error("dropgate: a request was lost:", error?.message ?? error);
    return crashed();
  }
}

export default {
  fetch: (request, env, ctx) => answered(() => wasm.fetch(request, env, ctx)),
  scheduled: (event, env, ctx) => guarded(() => wasm.scheduled(event, env, ctx)),
};

// A Durable Object whose inner half lives in the wasm instance. SQLite is its
// state, so a new inner half goes on where the lost one stopped.
const durable = (Inner) =>
  class extends DurableObject {
    #inner;
    #generation = -1;

    #current() {
      if (this.#generation !== generation) {
        this.#inner = new Inner(this.ctx, this.env);
        this.#generation = generation;
      }
      return this.#inner;
    }

    fetch(request) {
      return answered(() => this.#current().fetch(request));
    }

    alarm() {
      return guarded(() => this.#current().alarm());
    }
  };

export const Trust = durable(wasm.Trust);
export const Gate = durable(wasm.Gate);
export const Log = durable(wasm.Log);
