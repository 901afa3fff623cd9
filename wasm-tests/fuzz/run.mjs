// `npm run fuzz -- SECONDS [TARGET...]`: seeds the corpora from the fixtures and runs each fuzz target so long.
// Needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`. What is found stays in wasm-tests/fuzz/artifacts.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { vectors } from "../support/svg-vectors.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = path.resolve(HERE, "../..");
/** Larger seeds make slow runs. */
const LONGEST_SEED = 64 * 1024;

const pictures = ["fixtures/images", "fixtures/jpeg"].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder)).map((name) => readFileSync(path.join(ROOT, folder, name)))).filter((file) => file.length <= LONGEST_SEED);

const OPTIONS = ["width=640,fit=cover,format=auto,gravity=auto", "w=320,h=240,fit=pad,background=%23ff000080,dpr=2",
  "trim=10;20;30;40,rotate=90,flip=hv,blur=5,sharpen=1,border=2,metadata=none", "draw=alice~drop-7~mark.png;repeat:true;opacity:0.5,quality=high",
  "card@1,slow-connection-quality=50,onerror=redirect,compression=fast,anim=false", "gravity=0.5x0.2,zoom=0.5,brightness=1.2,contrast=0.8,gamma=2,saturation=0"];
const HEADERS = "accept: image/avif,image/webp;q=0.8,*/*;q=0.1\nsec-ch-dpr: 2\nsec-ch-width: 640\nsave-data: on\nviewport-width: 360";

const IIIF = ["full/max/0/default.jpg", "square/!640,480/!90/gray.png", "125,15,120,140/90,/270/bitonal.jpg", "pct:41.6,7.5,40,70/pct:50/0/color.png"];
/** The smallest file of each: a JPEG XL codestream, and the boxes of an AVIF without a picture. */
const FOREIGN = [Buffer.from("ff0afa1f0190080600010044", "hex"), box("ftyp", "avif", u32(0), "avifmif1miaf"), avif()];

function avif() {
  const ispe = box("ispe", u32(0), u32(64), u32(48));
  const properties = box("iprp", box("ipco", ispe, box("irot", "\x01"), box("imir", "\0")), box("ipma", u32(0), u32(1), "\0\x01\x03\x01\x02\x03"));
  const items = box("iinf", u32(0), "\0\x01", box("infe", u32(0x02000000), "\0\x01\0\0av01\0"));
  const places = box("iloc", u32(0), "\x44\0\0\x01\0\x01\0\0\0\x01", u32(300), u32(4));
  return Buffer.concat([box("ftyp", "avif", u32(0), "avifmif1miaf"), box("meta", u32(0), box("pitm", u32(0), "\0\x01"), items, places, properties), box("mdat", "data")]);
}

function box(kind, ...parts) {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
  return Buffer.concat([u32(body.length + 8), Buffer.from(kind), body]);
}

function u32(number) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** Two bytes of shape stand before a picture. */
const shaped = (file) => [0, 1, 2, 3].map((shape) => Buffer.concat([Buffer.from([shape * 61, 255 - shape]), file]));
const SEEDS = {
  jpeg: () => pictures.filter((file) => file[0] === 0xff).flatMap(shaped),
  picture: () => pictures.flatMap(shaped),
  motion: () => pictures.filter((file) => file.subarray(0, 3).toString() === "GIF" || file.subarray(8, 12).toString() === "WEBP")
    .map((file) => Buffer.concat([Buffer.from([20]), file])),
  drawing: () => vectors.map(([, drawing]) => Buffer.from(drawing)),
  jxl: () => FOREIGN.slice(0, 1),
  probe: () => pictures,
  foreign: () => FOREIGN,
  iiif: () => IIIF.map((request) => Buffer.from(`alice~drop-7~cover.jpg${request}\0${request.length}`)),
  recipe: () => OPTIONS.map((options) => Buffer.from(`${options}${HEADERS}\0${options.length}`)),
  preset: () => OPTIONS.map((options) => Buffer.from(`{"card@1":"${options}","b@2":{"options":"${options}","ttl":60}}/img/${options}/a/b/c?exp=1&sig=x`)),
};

const { positionals: [seconds = "60", ...chosen] } = parseArgs({ allowPositionals: true });
const unknown = chosen.filter((name) => !(name in SEEDS));
if (!/^[1-9]\d*$/.test(seconds) || unknown.length > 0) {
  console.error(`npm run fuzz -- SECONDS [TARGET...]; the targets are ${Object.keys(SEEDS).join(", ")}`);
  process.exit(2);
}
for (const name of chosen.length > 0 ? chosen : Object.keys(SEEDS)) {
  const corpus = path.join(HERE, "corpus", name);
  mkdirSync(corpus, { recursive: true });
  SEEDS[name]().forEach((seed, index) => writeFileSync(path.join(corpus, `seed-${index}`), seed));
  const limits = [`-max_total_time=${seconds}`, "-timeout=10", "-rss_limit_mb=1024", "-max_len=65536", "-print_final_stats=1"];
  const run = spawnSync("cargo", ["+nightly", "fuzz", "run", "--fuzz-dir", HERE, name, "--", ...limits], { cwd: ROOT, stdio: "inherit" });
  if (run.status !== 0) process.exit(run.status ?? 1);
}
