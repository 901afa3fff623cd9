// Clients that download and throw away: as quick as they can, or no quicker than a given rate.
import http from "node:http";

/** How often a slow client reads, in milliseconds. */
const TICK = 50;

/**
 * Downloads what is at `url`, from byte `first` to `last` if they are given, at most `rate` bytes a second.
 * Resolves with the milliseconds to the first byte. What does not come whole is an error.
 */
export function download(url, { first, last, rate } = {}) {
  const headers = first === undefined ? {} : { range: `bytes=${first}-${last}` };
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const asked = http.get(url, { headers, agent: false }, (response) => {
      const wanted = Number(response.headers["content-length"]);
      let got = 0, firstByte;
      if (![200, 206].includes(response.statusCode) || (first !== undefined && wanted !== last - first + 1)) {
        return reject(new Error(`${url} answered ${response.statusCode}, ${wanted} bytes`));
      }
      let allowed = rate ? (rate * TICK) / 1000 : Infinity;
      const timer = rate && setInterval(() => {
        allowed = (rate * TICK) / 1000;
        response.resume();
      }, TICK);
      response.on("data", (data) => {
        firstByte ??= performance.now() - began;
        got += data.length;
        if ((allowed -= data.length) <= 0) response.pause();
      });
      response.on("close", () => {
        clearInterval(timer);
        if (got === wanted) resolve(firstByte);
        else reject(new Error(`${url}: ${got} of ${wanted} bytes`));
      });
    });
    asked.on("error", reject);
  });
}

/** Runs them at once. Milliseconds until the last is done, and until the first byte of the middle one. */
export async function downloads(clients) {
  const began = performance.now();
  const firsts = await Promise.all(clients.map((client) => client()));
  return { wall: performance.now() - began, first: firsts.sort((a, b) => a - b)[firsts.length >> 1] };
}
