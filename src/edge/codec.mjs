// Runs the reference codecs (libwebp, libaom, libjxl), each job in a wasm instance of its own: wasm memory never
// shrinks, so an instance is dropped with all it took once it has written its picture.
import { CODECS } from "./codecs/index.mjs";

/** Somebody waits for the first; the second may take its time, the less the larger the picture. */
const isQuick = (effort) => effort === 0;

// What a quality, measured on JPEG's scale, is to each of them. Every field is read by the codec.
const OPTIONS = {
  webp: (quality, effort) => ({
    quality,
    lossless: quality === 100 ? 1 : 0,
    method: isQuick(effort) ? 2 : 6,
    use_sharp_yuv: isQuick(effort) ? 0 : 1,
    target_size: 0, target_PSNR: 0, sns_strength: 50, filter_strength: 60, filter_sharpness: 0, filter_type: 1,
    partitions: 0, segments: 4, pass: 1, show_compressed: 0, preprocessing: 0, autofilter: 0, partition_limit: 0,
    alpha_compression: 1, alpha_filtering: 1, alpha_quality: 100, exact: 0, image_hint: 0, emulate_jpeg_size: 0,
    thread_level: 0, low_memory: 0, near_lossless: 100, use_delta_palette: 0,
  }),
  avif: (quality, effort) => ({
    quality: quality === 100 ? 100 : Math.max(1, Math.round(quality * 0.85 - 4)),
    lossless: false,
    speed: isQuick(effort) ? 9 : effort === 1 ? 6 : 8,
    // Colours at full resolution where JPEG keeps them, too.
    subsample: quality >= 90 ? 3 : 1,
    qualityAlpha: -1, denoiseLevel: 0, tileColsLog2: 0, tileRowsLog2: 0, chromaDeltaQ: false, sharpness: 0, tune: 0,
    enableSharpYUV: false, bitDepth: 8,
  }),
  jxl: (quality, effort) => ({
    quality,
    lossless: quality === 100,
    effort: isQuick(effort) ? 3 : effort === 1 ? 7 : 5,
    progressive: false, epf: -1, lossyPalette: false, decodingSpeedTier: 0, photonNoiseIso: 0, lossyModular: false,
  }),
};

/** A fresh instance of a module, ready to work. */
async function instantiate({ glue, wasm }) {
  const [{ default: factory }, { default: module }] = await Promise.all([glue(), wasm()]);
  return factory({
    noInitialRun: true,
    instantiateWasm(imports, ready) {
      const instance = new WebAssembly.Instance(module, imports);
      ready(instance);
      return instance.exports;
    },
  });
}

/** The codecs of this build, by the words of `format`. */
export const names = () => Object.keys(CODECS).join(" ");

/** An encoder: one instance for one picture, or for the frames of an animation. */
export const encoder = async (name) => new Encoder(name, await instantiate(CODECS[name].encode));

class Encoder {
  #name;
  #codec;

  constructor(name, codec) {
    this.#name = name;
    this.#codec = codec;
  }

  /** Writes straight RGBA. `effort` is 0 (somebody waits), 1 or 2 (a large picture). */
  write(pixels, width, height, quality, effort) {
    const file = this.#codec.encode(pixels, width, height, OPTIONS[this.#name](quality, effort));
    if (!file) throw new Error(`the ${this.#name} encoder failed`);
    return file;
  }
}

/** Pixels are handed over in pieces of about this many bytes. */
const PIECE = 1024 * 1024;

/**
 * Reads a file as straight RGBA. Its size must be the one that its header was read to say. What takes more than `most`
 * bytes of memory is undefined.
 */
export async function decode(name, file, width, height, most) {
  const picture = await (name === "jxl" ? decodeJxl(file, most) : decodeAvif(file));
  if (picture && (picture.width !== width || picture.height !== height)) {
    throw new Error(`the ${name} file is not of the size it says`);
  }
  return picture;
}

async function decodeAvif(file) {
  // The glue hands its pixels over in the browser's class, which this runtime lacks.
  globalThis.ImageData ??= class {
    constructor(data, width, height) { Object.assign(this, { data, width, height }); }
  };
  const codec = await instantiate(CODECS.avif.decode);
  const picture = codec.decode(file, 8);
  if (!picture) throw new Error("the avif decoder found the file damaged");
  const { width, height, data } = picture;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Rows(width, height, undefined, (first, count) => pixels.subarray(first * width * 4, (first + count) * width * 4));
}

async function decodeJxl(file, most) {
  const { default: module } = await CODECS.jxl.decode.wasm();
  const jxl = new WebAssembly.Instance(module).exports;
  const answer = () => new Uint8Array(jxl.memory.buffer, jxl.answer() >>> 0, jxl.answer_length());
  let outcome;
  try {
    const room = jxl.room(file.length) >>> 0;
    new Uint8Array(jxl.memory.buffer, room, file.length).set(file);
    outcome = jxl.decode(most);
  } catch (error) {
    // An allocation that its memory's limit forbids is a trap. Other traps are far from that limit.
    if (jxl.memory.buffer.byteLength < most / 2) throw error;
    return undefined;
  }
  if (outcome === 1) throw new Error("the jxl decoder found the file damaged");
  if (outcome === 2) return undefined;
  return new Rows(jxl.width(), jxl.height(), answer().slice(), (first, count) => {
    jxl.rows(first, count);
    return answer();
  });
}

/** A decoded picture, a few rows at a time. */
class Rows {
  #next = 0;
  #icc;
  #read;

  constructor(width, height, icc, read) {
    Object.assign(this, { width, height });
    this.#icc = icc;
    this.#read = read;
  }

  icc() {
    return this.#icc;
  }

  rows() {
    const first = this.#next;
    if (first >= this.height) return undefined;
    const count = Math.min(this.height - first, Math.max(1, Math.floor(PIECE / (this.width * 4))));
    this.#next += count;
    return this.#read(first, count);
  }
}
