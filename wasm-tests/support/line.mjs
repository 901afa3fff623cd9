// A telephone line between the command line and the worker, which can be cut.
import net from "node:net";

export class Line {
  /** Opens a line to a worker; `url` is its other end. */
  static async to(worker) {
    const line = new Line();
    const { hostname, port } = new URL(worker);
    line.sockets = new Set();
    line.sent = 0;
    line.server = net.createServer((near) => {
      const far = net.connect(Number(port), hostname);
      for (const socket of [near, far]) {
        line.sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          line.sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.on("data", (data) => {
        line.sent += data.length;
        line.watch?.(data, line);
        if (!far.destroyed && !far.write(data)) near.pause();
      });
      far.on("drain", () => near.resume());
      far.on("data", (data) => {
        if (line.isDeaf) return line.cut();
        if (!near.destroyed && !near.write(data)) far.pause();
      });
      near.on("drain", () => far.resume());
    });
    await new Promise((resolve) => line.server.listen(0, "127.0.0.1", resolve));
    line.url = `http://127.0.0.1:${line.server.address().port}`;
    return line;
  }

  /** Ends every connection in the middle of what it says. */
  cut() {
    for (const socket of this.sockets) socket.destroy();
  }

  async close() {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
