// What a server's workerd takes of the machine, from Linux' /proc.
import { readFile, readdir } from "node:fs/promises";

/** The clock ticks of /proc/PID/stat are a hundredth of a second on every Linux that Node runs on. */
const TICK_MS = 10;
const SAMPLE_MS = 20;

export class Process {
  /** Starts a server with `start`, and finds the workerd that was started for it. */
  static async of(start, stop) {
    const before = new Set(await children());
    const started = new Process();
    started.server = await start();
    started.stop = () => stop(started.server);
    started.pids = (await children()).filter((pid) => !before.has(pid));
    if (started.pids.length === 0) throw new Error("no workerd was started");
    return started;
  }

  /** Milliseconds of processor time so far. */
  async processorTime() {
    let ticks = 0;
    for (const pid of this.pids) {
      const fields = await stat(pid);
      ticks += Number(fields[11]) + Number(fields[12]);
    }
    return ticks * TICK_MS;
  }

  /** Begins to watch; the function ends it and says the most megabytes that were resident. */
  watchMemory() {
    let most = 0;
    const look = async () => {
      let pages = 0;
      for (const pid of this.pids) pages += Number((await readFile(`/proc/${pid}/statm`, "utf8")).split(" ")[1]);
      most = Math.max(most, (pages * 4096) / 1e6);
    };
    const timer = setInterval(() => look().catch(() => {}), SAMPLE_MS);
    return async () => {
      clearInterval(timer);
      await look();
      return most;
    };
  }
}

/** The fields of /proc/PID/stat that follow the command's name. */
async function stat(pid) {
  const text = await readFile(`/proc/${pid}/stat`, "latin1");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** The workerd processes that this one has started. */
async function children() {
  const found = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => "");
    if (text.includes("(workerd)") && Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]) === process.pid) found.push(pid);
  }
  return found;
}
