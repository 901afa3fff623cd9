// Brings one file into the browser's private storage, chunk by chunk. A chunk
// counts once its SHA-256 is the one its creator signed; what is wrong or absent
// is fetched again. What is there stays there: a job may end at any time.
const SLOWEST = 30; // seconds between two tries
const SILENCE = 20_000; // milliseconds: a phone that changed networks may never hear of it
const TRIES = 5; // for one chunk, and for a server that fails

let stop = new AbortController();
let wake = () => {};

onmessage = ({ data }) => {
  if (data === "stop") return stop.abort();
  if (data === "now") return wake();
  stop = new AbortController();
  run(data, stop.signal);
};
addEventListener("online", () => wake());

/** Trying again would not help. */
class Final extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

async function run(job, signal) {
  let handle, end;
  try {
    handle = await open(job.sha256, signal);
    end = { state: "done", mended: await fill(job, handle, signal) };
  } catch (error) {
    end = signal.aborted ? { state: "paused" } : { state: "failed", ...explain(error) };
  }
  try {
    handle?.flush();
    handle?.close();
  } catch (error) {
    end = { state: "failed", ...explain(error) };
  }
  postMessage(end);
}

/** The file, for this worker alone. A page that was just left may still hold it. */
async function open(name, signal) {
  if (!self.FileSystemSyncAccessHandle && !self.FileSystemFileHandle?.prototype.createSyncAccessHandle) throw new Final("unable", "");
  const root = await navigator.storage.getDirectory();
  const file = await root.getFileHandle(name, { create: true });
  for (let tries = 1; ; tries++) {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      if (explain(error).kind !== "busy" || tries === 20) throw error;
      await pause(0.25, signal);
    }
  }
}

function explain(error) {
  if (error instanceof Final) return { kind: error.kind, why: error.message };
  const kind = { QuotaExceededError: "full", NoModificationAllowedError: "busy", InvalidStateError: "busy" }[error.name];
  return kind ? { kind } : { kind: "unknown", why: error.message };
}

/** The digests of the file, from the manifest whose own digest the page names. */
async function signed(job, signal) {
  const response = await ask(job.manifest, {}, signal);
  const bytes = await response.arrayBuffer();
  if (hex(await digest(bytes)) !== job.manifestSha256) throw new Final("changed", "");
  const target = JSON.parse(new TextDecoder().decode(bytes)).signed.targets[job.path];
  if (target?.hashes.sha256 !== job.sha256) throw new Final("changed", "");
  const size = target.custom.chunk_size;
  const digests = Uint8Array.from(atob(target.custom.chunks), (c) => c.charCodeAt(0));
  return { size, digests, length: target.length, count: Math.ceil(target.length / size) };
}

async function fill(job, handle, signal) {
  let have = 0, mended = 0, said = 0;
  const report = (state, more) => {
    said = Date.now();
    postMessage({ state, have, mended, ...more });
  };
  const persist = patient(report, signal);
  const file = await persist(() => signed(job, signal), () => 0);
  const { size, length, count } = file;
  const sizeOf = (index) => Math.min(size, length - index * size);
  const isRight = async (index, bytes) => {
    const found = new Uint8Array(await digest(bytes));
    return found.every((byte, at) => byte === file.digests[index * 32 + at]);
  };

  // What an earlier visit left is believed by its digests alone.
  const right = new Uint8Array(count);
  const before = handle.getSize();
  report("checking");
  for (let index = 0; index * size < Math.min(before, length); index++) {
    signal.throwIfAborted();
    const bytes = new Uint8Array(sizeOf(index));
    const read = handle.read(bytes, { at: index * size });
    if (read === bytes.length && (await isRight(index, bytes))) {
      right[index] = 1;
      have += read;
    } else if (read === bytes.length) mended++;
    if (Date.now() - said > 200) report("checking");
  }
  if (before > length) handle.truncate(length);

  const wrong = new Map();
  const take = async (index, bytes) => {
    if (await isRight(index, bytes)) {
      handle.write(bytes, { at: index * size });
      right[index] = 1;
      have += bytes.length;
      if (Date.now() - said > 200) report("loading");
      return;
    }
    mended++;
    wrong.set(index, (wrong.get(index) ?? 0) + 1);
    if (wrong.get(index) >= TRIES) throw new Final("damaged", "");
    report("mending");
  };

  /** Fetches the chunks `first` to `last`; what arrives wrong is left out. */
  const fetchRun = async (first, last) => {
    const end = Math.min((last + 1) * size, length) - 1;
    const response = await ask(job.url, { Range: `bytes=${first * size}-${end}` }, signal);
    // A server may answer a range with the whole.
    const start = Number(/^bytes (\d+)-/.exec(response.headers.get("content-range"))?.[1] ?? 0);
    if (start % size) throw new Error("the range is not the one that was asked for");
    let index = start / size, filled = 0, buffer = new Uint8Array(sizeOf(index));
    const reader = response.body.getReader();
    try {
      while (index <= last) {
        const silence = setTimeout(() => reader.cancel(), SILENCE);
        const { done, value } = await reader.read();
        clearTimeout(silence);
        if (done) throw new Error("the answer ended early");
        for (let at = 0; at < value.length && index <= last; ) {
          const part = value.subarray(at, at + buffer.length - filled);
          buffer.set(part, filled);
          filled += part.length;
          at += part.length;
          if (filled < buffer.length) continue;
          if (!right[index]) await take(index, buffer);
          index++;
          filled = 0;
          buffer = new Uint8Array(index < count ? sizeOf(index) : 0);
        }
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  };

  while (have < length) {
    report("loading");
    await persist(() => {
      const first = right.indexOf(0);
      let last = first;
      while (right[last + 1] === 0) last++;
      return fetchRun(first, last);
    }, () => have);
  }
  return mended;
}

async function ask(url, headers, signal) {
  const response = await fetch(url, { headers, signal, cache: "no-store" });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const why = problem.detail ?? "";
  const { status } = response;
  if (status === 429 || status >= 500) {
    throw Object.assign(new Error(why), { status, after: Number(response.headers.get("retry-after")) || 0 });
  }
  if (problem.type?.endsWith(":grant-expired")) throw new Final("expired", "");
  throw new Final(status === 401 || status === 403 ? "refused" : status === 428 ? "consent" : "gone", why);
}

/** Does a thing until it works, waiting longer and longer while nothing moves. */
function patient(report, signal) {
  return async (work, progress) => {
    for (let delay = 1, failures = 0; ; delay = Math.min(delay * 2, SLOWEST)) {
      const before = progress();
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof Final || error.name === "QuotaExceededError") throw error;
        if (progress() > before) [delay, failures] = [1, 0];
        // The network may be away for long; a server that answers badly may not.
        if (error.status && error.status !== 429 && ++failures >= TRIES) throw new Final(error.status === 502 ? "damaged" : "down", error.message);
        const seconds = Math.max(delay, Math.min(error.after ?? 0, SLOWEST));
        report("waiting", { seconds, answered: Boolean(error.status) });
        await pause(seconds, signal);
      }
    }
  };
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    wake = resolve;
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

const digest = (bytes) => crypto.subtle.digest("SHA-256", bytes);
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
