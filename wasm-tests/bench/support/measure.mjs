// How things are measured: in turn, several rounds, and the median counts.
import { cpus } from "node:os";

/** Rounds of a comparison, one of each contestant a round. */
export const ROUNDS = 7;

/** What the figures were taken on. */
export const machine = () =>
  `${cpus()[0]?.model ?? process.arch}, ${cpus().length} cores, ${process.platform}, Node ${process.versions.node}`;

/** The middle one. */
export const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** Milliseconds that `work` takes. */
export async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/**
 * Measures contestants in turn: one round of each that does not count, then `rounds` that do, each round beginning
 * with another of them. A contestant is a function that does its work once and resolves with a number (milliseconds,
 * bytes). Resolves with all numbers of each.
 */
export async function interleave(contestants, rounds = ROUNDS) {
  for (const run of contestants) await run();
  const measured = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (round + turn) % contestants.length;
      measured[index].push(await contestants[index]());
    }
  }
  return measured;
}

/** A row out of all numbers of two contestants. `note` is for the reader and not in the JSON. */
export function row({ name, peer, unit, ours, theirs, note }) {
  const [a, b] = [median(ours), median(theirs)];
  return { name, peer, ratio: a / b, ours: a, theirs: b, unit, spread: [spread(ours), spread(theirs)], note };
}

/** Two contestants from measurement to row. */
export async function compare({ name, peer, unit, ours, theirs, rounds, note }) {
  const [a, b] = await interleave([ours, theirs], rounds);
  return row({ name, peer, unit, ours: a, theirs: b, note });
}

const spread = (numbers) => `${short(Math.min(...numbers))} to ${short(Math.max(...numbers))}`;

/** A number as it is read: three digits that count. */
export const short = (number) => (number >= 100 ? number.toFixed(0) : number.toPrecision(3));

/** Prints a row for a person. */
export function print({ name, peer, ratio, ours, theirs, unit, spread: [a, b] = [], note }) {
  const range = (text) => (text ? ` (${text})` : "");
  console.log(`${name.padEnd(34)} ${ratio.toFixed(2).padStart(6)}   ours ${short(ours)}${range(a)}, ${peer} ${short(theirs)}${range(b)} ${unit}${note ? `; ${note}` : ""}`);
}
