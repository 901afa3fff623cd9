// A proxy that counts: which requests a client made, and how many bytes of body
// came back. It changes nothing.
import http from "node:http";

export class Wire {
  /** Listens in front of `market`, wherever that is at the time. */
  static async open(market) {
    const wire = new Wire();
    wire.seen = [];
    wire.server = http.createServer((request, response) => wire.pass(new URL(market.url), request, response));
    await new Promise((resolve) => wire.server.listen(0, "127.0.0.1", resolve));
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
      answer.on("data", (data) => (seen.bytes += data.length));
      answer.on("error", () => response.destroy());
      answer.pipe(response);
    });
    upstream.on("error", () => response.destroy());
    response.on("close", () => upstream.destroy());
    request.pipe(upstream);
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
    return new Promise((resolve) => this.server.close(resolve));
  }
}
