// A proxy between a client and the marketplace, at one address however often the
// server is started anew. It counts what passes; a test may have it hold the line
// after so many bytes, or flip a byte on the way.
import { once } from "node:events";
import http from "node:http";

export class Wire {
  static async open(market) {
    const wire = new Wire();
    wire.seen = [];
    wire.flips = [];
    wire.server = http.createServer((request, response) => wire.pass(new URL(market.url), request, response));
    wire.server.listen(0, "127.0.0.1");
    await once(wire.server, "listening");
    wire.url = `http://127.0.0.1:${wire.server.address().port}`;
    return wire;
  }

  pass({ hostname, port }, request, response) {
    const { method, url, headers } = request;
    const seen = { method, path: url, range: headers.range, status: 0, bytes: 0 };
    this.seen.push(seen);
    const upstream = http.request({ hostname, port, method, path: url, headers }, (answer) => {
      seen.status = answer.statusCode;
      response.writeHead(answer.statusCode, answer.rawHeaders);
      this.forward(answer, response, seen).catch(() => response.destroy());
    });
    upstream.on("error", () => response.destroy());
    response.on("close", () => upstream.destroy());
    request.pipe(upstream);
  }

  async forward(answer, response, seen) {
    const first = Number(/^bytes (\d+)-/.exec(answer.headers["content-range"])?.[1] ?? 0);
    response.setMaxListeners(0);
    const closed = once(response, "close");
    for await (const data of answer) {
      this.damage(seen.path, first + seen.bytes, data);
      seen.bytes += data.length;
      if (!response.write(data)) await Promise.race([once(response, "drain"), closed]);
      if (response.destroyed) return;
      if (this.barrier && (this.barrier.left -= data.length) <= 0) {
        this.barrier.reach();
        await Promise.race([this.barrier.opened, closed]);
      }
    }
    response.end();
  }

  damage(path, at, data) {
    for (const flip of this.flips) {
      if (!flip.done && path.startsWith(flip.path) && flip.at >= at && flip.at < at + data.length) {
        data[flip.at - at] ^= 1;
        flip.done = true;
      }
    }
  }

  /** Flips one byte of what is at `path`, the first time it passes. */
  flip(path, at) {
    this.flips.push({ path, at, done: false });
  }

  /** Lets `bytes` more through, then holds the line. Resolves when it does. */
  hold(bytes) {
    return new Promise((reach) => {
      let open;
      const opened = new Promise((resolve) => (open = resolve));
      this.barrier = { left: bytes, reach, opened, open };
    });
  }

  release() {
    this.barrier?.open();
    this.barrier = undefined;
  }

  /** Forgets what was seen so far. */
  clear() {
    this.seen.length = 0;
  }

  /** How many bytes of bodies came back. */
  get bytes() {
    return this.seen.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
