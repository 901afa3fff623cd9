// Numbers that look random and come again: a test that fails says its seed.

/** mulberry32: `next(n)` is a whole number from 0 to n - 1. */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return (below) => Math.floor(next() * below);
}

/** Bytes that do not compress and differ everywhere. */
export function noise(seed, length) {
  const next = chance(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let at = 0; at < words.length; at++) words[at] = next(2 ** 32);
  return Buffer.from(words.buffer, 0, length);
}
