// Pictures out of the packaged catalogues of drops: on a drop's page all its
// thumbnails in one answer; on the storefront the cover of each drop, which is at
// the beginning of its catalogue. What cannot be had there is fetched by itself.
const STORED = 0x04034b50; // what a member of a ZIP begins with
const HEAD = 131_072; // far more than a cover has
const AGAIN_MS = 3000;

/** The whole members by name; they are stored one after another, uncompressed. */
async function unpack(url, headers) {
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`${response.status}`);
  const bytes = await response.arrayBuffer();
  const view = new DataView(bytes);
  const members = new Map();
  for (let at = 0; at + 30 <= bytes.byteLength && view.getUint32(at, true) === STORED; ) {
    const [length, name, extra] = [view.getUint32(at + 22, true), view.getUint16(at + 26, true), view.getUint16(at + 28, true)];
    const start = at + 30 + name + extra;
    at = start + length;
    if (at > bytes.byteLength) break;
    members.set(new TextDecoder().decode(new Uint8Array(bytes, start - name - extra, name)), new Uint8Array(bytes, start, length));
  }
  return members;
}

function load(frame) {
  frame.srcset = frame.dataset.srcset;
  frame.src = frame.dataset.src;
}

// Who is told that other pictures are being made asks again, once.
function alone(frame) {
  frame.addEventListener("error", () => setTimeout(load, AGAIN_MS, frame), { once: true });
  load(frame);
}

async function fill(place, headers) {
  const frames = [...place.querySelectorAll("img[data-src]")];
  if (frames.length === 0) return;
  const members = await unpack(place.dataset.catalog, headers).catch(() => new Map());
  for (const frame of frames) {
    const bytes = members.get(frame.dataset.member);
    if (bytes) frame.src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    else alone(frame);
  }
}

const list = document.querySelector("ul.files[data-catalog]");
if (list) fill(list);

// Cards are filled when they are about to be seen.
const near = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    fill(target, { range: `bytes=0-${HEAD - 1}` });
  }
}, { rootMargin: "100% 0%" });
for (const card of document.querySelectorAll(".card[data-catalog]")) near.observe(card);
