// What each fuzz target begins with: small real files of its format. Corpora are not checked in; they are made of these.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { vectors } from "../support/svg-vectors.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
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

/** A disc that walks over a transparent ground, in every way that GIF and WebP have to write it. */
async function moving() {
  const [width, height, frames] = [40, 30, 5];
  const pixels = Buffer.alloc(width * height * frames * 4);
  for (let frame = 0; frame < frames; frame++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const near = Math.hypot(x - 8 - 5 * frame, y - 15) < 7;
        pixels.set(near ? [250, 40 * frame, x * 6, 255] : [0, 0, 0, y > 20 ? 120 : 0], ((frame * height + y) * width + x) * 4);
      }
    }
  }
  const film = () => sharp(pixels, { raw: { width, height: height * frames, channels: 4, pageHeight: height } });
  const delay = [0, 20, 100, 500, 40];
  const ways = [film().gif({ delay, loop: 0 }), film().gif({ delay, loop: 3, interFrameMaxError: 8, colours: 4 }), film().gif({ progressive: true, dither: 0 }),
    film().flatten().gif({ delay }), film().webp({ delay, loop: 0 }), film().webp({ delay, lossless: true, loop: 2 }), film().webp({ mixed: true, minSize: true, quality: 20 }),
    film().flatten().webp({ delay, nearLossless: true })];
  return Promise.all(ways.map((way) => way.toBuffer()));
}

/** By the reference encoder: lossy and not, with alpha, grey, palettes, in parts, as boxes, and a JPEG packed anew. */
async function jpegXl() {
  const folder = mkdtempSync(path.join(tmpdir(), "dropgate-seeds-"));
  const make = (name, ...options) => {
    const to = path.join(folder, "made.jxl");
    execFileSync("cjxl", [path.join(ROOT, "fixtures/images", name), to, "--quiet", ...options], { stdio: "ignore" });
    return readFileSync(to);
  };
  const small = ["photo.jpg", "gray.jpg", "alpha.png", "palette.png", "animation.gif", "sixteen-bit.png"];
  try {
    return [
      ...small.flatMap((name) => [make(name, "--lossless_jpeg=0", "--effort=3"), make(name, "--lossless_jpeg=0", "--distance=0", "--effort=7")]),
      make("photo.jpg"), make("display-p3.jpg", "--lossless_jpeg=0", "--container=1"), make("orientation-6.jpg", "--lossless_jpeg=0", "--distance=3", "--progressive"),
      make("photo.jpg", "--lossless_jpeg=0", "--distance=0", "--progressive"), make("photo.jpg", "--lossless_jpeg=0", "--epf=3", "--progressive_dc=1"),
      make("palette.png", "--distance=2", "--modular=1"), make("palette.png", "--patches=1", "--dots=1"), make("alpha.png", "--distance=1", "--premultiply=1"),
    ].filter((file) => file.length <= LONGEST_SEED);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Seeds by the name of the target. */
export const SEEDS = {
  jpeg: () => pictures.filter((file) => file[0] === 0xff).flatMap(shaped),
  picture: () => pictures.flatMap(shaped),
  motion: async () => {
    const stored = pictures.filter((file) => file.subarray(0, 3).toString() === "GIF" || file.subarray(8, 12).toString() === "WEBP");
    return [...stored, ...await moving()].map((file) => Buffer.concat([Buffer.from([20]), file]));
  },
  drawing: () => [...vectors.map(([, drawing]) => Buffer.from(drawing)), readFileSync(path.join(ROOT, "fixtures/images/drawing.svg"))],
  jxl: async () => [FOREIGN[0], ...await jpegXl()],
  probe: () => pictures,
  foreign: () => [...FOREIGN, readFileSync(path.join(ROOT, "fixtures/images/grid.avif"))],
  iiif: () => IIIF.map((request) => Buffer.from(`alice~drop-7~cover.jpg${request}\0${request.length}`)),
  recipe: () => OPTIONS.map((options) => Buffer.from(`${options}${HEADERS}\0${options.length}`)),
  preset: () => OPTIONS.map((options) => Buffer.from(`{"card@1":"${options}","b@2":{"options":"${options}","ttl":60}}/img/${options}/a/b/c?exp=1&sig=x`)),
};
