// The download page: one file after another through a worker, which checks every
// chunk. Without this script, or where the browser cannot, the links are links.
const list = document.querySelector("ul.files[data-worker]");
const said = document.querySelector("#said");
const everything = document.querySelector("#everything");
const ahead = document.querySelector("#ahead");
const KEPT_MS = 600_000; // the browser may still be copying a file it has just saved

// Private browsing may have no storage at all.
const notes = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* nothing is remembered */ } },
};

const make = (tag, attributes, ...children) => {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
};

function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; bytes >= 999.5 && unit < 4; unit++) bytes /= 1000;
  return `${unit && bytes < 9.95 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}

function span(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const WHY = {
  full: "There is not enough room for the browser on this device. Free some space, or use the plain link.",
  busy: "This file is being downloaded in another tab.",
  changed: "The creator has published a newer version. Reload the page to get it.",
  refused: "You may not have this file with this link.",
  expired: "Your link has expired. Redeem your code again on this device, or ask whoever sent you the link for a new one. What is here stays, and goes on with the new link.",
  consent: "The creator asks for your consent first.",
  gone: "The file is not to be had.",
  damaged: "The marketplace's copy of this file is damaged. They have a note of it. What you have so far is right and stays; try again later.",
  down: "The marketplace has a fault. What you have so far stays; try again in a few minutes.",
  unknown: "The browser could not go on.",
};

class Row {
  constructor(link) {
    this.link = link;
    this.length = Number(link.dataset.length);
    this.name = link.dataset.path.split("/")[2];
    this.key = `dropgate ${link.dataset.sha256}`;
    this.state = "idle";
    this.have = this.mended = 0;
    this.bar = make("progress", { max: this.length || 1, value: 0 });
    this.bar.setAttribute("aria-label", `Progress of ${this.name}`);
    this.text = make("p", { className: "state" });
    this.act = this.button(() => this.pressed());
    this.drop = this.button(() => this.discard());
    this.plain = make("a", { href: link.href, className: "plain", textContent: "Use the plain link" });
    this.box = make("div", { className: "transfer", hidden: true }, this.bar, this.text, make("p", { className: "controls" }, this.act, this.drop, this.plain));
    link.closest("li").append(this.box);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.start();
      this.act.focus();
    });
  }

  button(onclick) {
    return make("button", { type: "button", className: "button", onclick });
  }

  pressed() {
    if (this.state === "done") save(this);
    else if (this.state === "waiting") worker.postMessage("now");
    else if (this.running() || this.state === "queued") this.pause();
    else this.start();
  }

  running() {
    return queue.current === this;
  }

  /** `quiet` fetches ahead of time: nothing is saved until somebody asks. */
  start({ quiet = false } = {}) {
    this.quiet = quiet;
    if (this.state === "done") return quiet || save(this);
    if (this.running() || this.state === "queued") return;
    notes.set(this.key, quiet ? "ahead" : "on");
    this.show({ state: "queued" });
    queue.add(this);
  }

  pause() {
    notes.set(this.key, "paused");
    if (this.running()) return worker.postMessage("stop");
    queue.waiting = queue.waiting.filter((row) => row !== this);
    this.show({ state: "paused" });
  }

  async discard() {
    await this.forget();
    this.have = this.mended = 0;
    this.show({ state: "idle" });
    this.link.focus();
  }

  async forget() {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(this.link.dataset.sha256).catch(() => {});
    notes.set(this.key, null);
  }

  /** How fast, over the last seconds. */
  speed(now) {
    this.marks = [...(this.marks ?? []).filter(([time]) => now - time < 5000), [now, this.have]];
    const [time, have] = this.marks[0];
    return now - time > 800 ? ((this.have - have) / (now - time)) * 1000 : 0;
  }

  show({ state, have = this.have, mended = this.mended, seconds, answered, kind, why }) {
    const before = this.state;
    [this.state, this.have, this.mended] = [state, have, mended];
    const [part, whole] = [Math.floor((100 * have) / (this.length || 1)), size(this.length)];
    const mends = mended ? ` ${mended === 1 ? "One part was" : `${mended} parts were`} damaged and fetched again.` : "";
    if (state !== "loading") this.marks = [];
    const rate = state === "loading" ? this.speed(performance.now()) : 0;
    const left = rate ? `, ${size(rate)}/s, ${span((this.length - have) / rate)} left` : "";
    this.text.textContent = {
      idle: "",
      queued: "Waiting for its turn.",
      checking: `Checking what is here already: ${size(have)} so far.`,
      loading: `${part} %, ${size(have)} of ${whole}${left}.${mends}`,
      mending: `${part} %. A part arrived damaged; it will be fetched again.`,
      waiting: `${answered ? "The marketplace is busy." : "The connection was lost."} ${part} % is here and stays. Trying again in ${seconds} s.`,
      paused: `Paused at ${part} %. It goes on where it stopped, tomorrow too.`,
      done: this.quiet ? `Ready on this device, every part checked.${mends}` : `Complete, every part checked, and saved.${mends}`,
      failed: `${WHY[kind] ?? WHY.unknown} ${why ?? ""}`,
    }[state];
    this.bar.value = this.length ? have : Number(state === "done");
    this.bar.hidden = state === "idle";
    this.act.textContent = { waiting: "Try now", paused: "Resume", failed: "Try again", done: this.quiet ? "Save" : "Save again" }[state] ?? "Pause";
    this.act.append(make("span", { className: "visually-hidden", textContent: ` ${this.name}` }));
    this.drop.textContent = "Discard";
    this.drop.append(make("span", { className: "visually-hidden", textContent: ` ${this.name}` }));
    this.drop.hidden = !["paused", "failed", "done"].includes(state);
    this.plain.hidden = state !== "failed";
    this.box.hidden = state === "idle";
    this.link.hidden = state !== "idle";
    this.box.dataset.state = state;
    // A screen reader hears of changes and of quarters, not of every step.
    const quarter = Math.floor(part / 25);
    if (state !== before || (state === "loading" && quarter !== this.quarter)) said.textContent = `${this.name}: ${this.text.textContent}`;
    this.quarter = quarter;
  }
}

/** Hands the finished file to the browser's own downloads. */
async function save(row) {
  const root = await navigator.storage.getDirectory();
  const file = await (await root.getFileHandle(row.link.dataset.sha256)).getFile();
  const url = URL.createObjectURL(file);
  make("a", { href: url, download: row.name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
  notes.set(row.key, `saved ${Date.now()}`);
  row.quiet = false;
  row.show({ state: "done" });
}

/** One file at a time: two would only share the line. */
const queue = {
  waiting: [],
  current: null,
  add(row) {
    if (row.quiet) this.waiting.push(row);
    else this.waiting.splice(this.waiting.findIndex((other) => other.quiet) >>> 0, 0, row);
    this.next();
  },
  next() {
    if (this.current) return;
    this.current = this.waiting.shift() ?? null;
    if (!this.current) return;
    const { path, sha256 } = this.current.link.dataset;
    const { manifest, manifestSha256 } = list.dataset;
    worker.postMessage({ url: this.current.link.href, path, sha256, manifest, manifestSha256 });
    this.current.show({ state: "checking" });
  },
  heard({ data }) {
    const row = queue.current;
    if (!row) return;
    const ended = ["done", "paused", "failed"].includes(data.state);
    if (data.state === "failed" && data.kind === "unable") location.assign(row.link.href);
    if (data.state === "done") data.have = row.length;
    row.show(data);
    if (!ended) return;
    queue.current = null;
    if (data.state === "done" && !row.quiet) save(row).catch((error) => row.show({ state: "failed", kind: "unknown", why: error.message }));
    if (data.state === "failed") notes.set(row.key, "paused");
    queue.next();
  },
};

let worker;

async function begin() {
  const root = await navigator.storage.getDirectory();
  worker = new Worker(list.dataset.worker);
  worker.onmessage = queue.heard;
  const rows = [...list.querySelectorAll("a[data-sha256]")].map((link) => new Row(link));
  // The small bundle first, the one with everything last.
  const rank = ({ link }) => ({ lite: 0, master: 2 })[link.dataset.stage] ?? 1;
  const open = rows.filter(({ link }) => "open" in link.dataset).sort((a, b) => rank(a) - rank(b));
  if (everything && open.length > 1) {
    everything.hidden = false;
    everything.append(` (${open.length} files, ${size(open.reduce((sum, { length }) => sum + length, 0))})`);
    everything.onclick = () => open.forEach((row) => row.start());
  }
  for (const row of rows) await remember(row, root);
  // Asked for once, off wherever the person has said no to such things.
  const master = open.find(({ link }) => link.dataset.stage === "master");
  if (ahead && master && !navigator.globalPrivacyControl && !navigator.connection?.saveData) {
    ahead.hidden = false;
    const box = ahead.querySelector("input");
    box.checked = notes.get("dropgate ahead") === "yes";
    const follow = () => {
      notes.set("dropgate ahead", box.checked ? "yes" : null);
      if (box.checked && master.state === "idle") master.start({ quiet: true });
      if (!box.checked && master.quiet) master.pause();
    };
    box.onchange = follow;
    if (box.checked) follow();
  }
  navigator.storage.persist?.();
}

/** Takes up what an earlier visit left. */
async function remember(row, root) {
  const note = notes.get(row.key);
  if (note === null) return;
  const handle = await root.getFileHandle(row.link.dataset.sha256).catch(() => null);
  const [word, when] = note.split(" ");
  if (!handle) return notes.set(row.key, null);
  if (word === "saved") return Date.now() - Number(when) > KEPT_MS ? row.forget() : undefined;
  row.have = Math.min((await handle.getFile()).size, row.length);
  if (word === "paused") row.show({ state: "paused" });
  else row.start({ quiet: word === "ahead" });
}

if (list && said && window.isSecureContext && navigator.storage?.getDirectory && window.Worker) begin().catch(() => {});
