// The list's thumbnails out of the drop's packaged catalogue: one answer in place
// of one for each. Where it cannot be had, each picture is fetched by itself.
const list = document.querySelector("ul.files[data-catalog]");
const frames = [...(list?.querySelectorAll("img[data-src]") ?? [])];
const STORED = 0x04034b50; // what a member of a ZIP begins with

/** The members by name; they are stored one after another, uncompressed. */
async function unpack(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status}`);
  const bytes = await response.arrayBuffer();
  const view = new DataView(bytes);
  const members = new Map();
  for (let at = 0; at + 30 <= bytes.byteLength && view.getUint32(at, true) === STORED; ) {
    const [length, name, extra] = [view.getUint32(at + 22, true), view.getUint16(at + 26, true), view.getUint16(at + 28, true)];
    const start = at + 30 + name + extra;
    members.set(new TextDecoder().decode(new Uint8Array(bytes, at + 30, name)), new Uint8Array(bytes, start, length));
    at = start + length;
  }
  return members;
}

function alone(frame) {
  frame.srcset = frame.dataset.srcset;
  frame.src = frame.dataset.src;
}

try {
  const members = frames.length > 0 ? await unpack(list.dataset.catalog) : new Map();
  for (const frame of frames) {
    const bytes = members.get(frame.dataset.member);
    if (bytes) frame.src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    else alone(frame);
  }
} catch {
  frames.forEach(alone);
}
