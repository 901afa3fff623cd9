// The pace of a server under a few clients at once.

/** How many requests a measurement is over, and how many clients make them. */
const REQUESTS = 400;
const CLIENTS = 8;

/** Milliseconds per request. Every answer must be a success. `options` are those of `fetch`. */
export async function pace(url, options, requests = REQUESTS) {
  const began = performance.now();
  let left = requests;
  const client = async () => {
    while (left-- > 0) {
      const response = await fetch(url, options);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return (performance.now() - began) / requests;
}
