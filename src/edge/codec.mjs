// Runs the reference codecs (libwebp, libaom, libjxl), and our own decoders, at the desk of a picture: each job in an
// instance of its own, in the arena of the desk.
import { DECODER } from "./arena.mjs";
import { CODECS } from "./codecs/index.mjs";
import { current } from "./pictures.mjs";

/** Somebody waits for the first; the second may take its time, the less the larger the picture. */
const isQuick = (effort) => effort === 0;

// A quality is what it is to our JPEG: from there to the codec's own scale, between points at which SSIMULACRA 2 is
// the same (the median of five photographs, 800 pixels wide, refined). What is above them was not reached by JPEG.
const SCALES = {
  webp: [[0, 0], [20, 10], [30, 24], [40, 35], [50, 48], [60, 57], [70, 73], [80, 83], [85, 87], [90, 93], [95, 98], [99, 99]],
  avif: [[0, 2], [10, 9], [20, 24], [30, 34], [40, 40], [50, 45], [60, 48], [70, 55], [80, 65], [85, 71], [89, 75], [90, 77], [95, 85], [99, 93]],
  jxl: [[0, 0], [20, 8], [30, 15], [40, 34], [50, 47], [60, 53], [70, 66], [80, 78], [85, 83], [90, 91], [95, 95], [99, 99]],
};

function scaled(name, quality) {
  const after = SCALES[name].findIndex(([ours]) => ours >= quality);
  if (after < 1) return quality;
  const [[from, low], [to, high]] = SCALES[name].slice(after - 1, after + 1);
  return Math.round(low + ((high - low) * (quality - from)) / (to - from));
}

// libaom's speed 5 saves a tenth of the bytes that its 6 writes, and takes five times as long. Ten bits save a twentieth
// at the same SSIMULACRA 2, and take twice the memory.
// Colours at full resolution, where JPEG keeps them, too, take half as much again. (`src/media/codec.rs` counts on it.)
const AVIF_FULL_FROM = 90;
const AVIF_DEEP = 1_200_000;
const AVIF_DEEP_FULL = 750_000;

// What a quality is to each of them. Every field is read by the codec.
const OPTIONS = {
  webp: (quality, effort) => ({
    quality: scaled("webp", quality),
    lossless: quality === 100 ? 1 : 0,
    method: isQuick(effort) ? 2 : 6,
    use_sharp_yuv: isQuick(effort) ? 0 : 1,
    target_size: 0, target_PSNR: 0, sns_strength: 50, filter_strength: 60, filter_sharpness: 0, filter_type: 1,
    partitions: 0, segments: 4, pass: 1, show_compressed: 0, preprocessing: 0, autofilter: 0, partition_limit: 0,
    alpha_compression: 1, alpha_filtering: 1, alpha_quality: 100, exact: 0, image_hint: 0, emulate_jpeg_size: 0,
    thread_level: 0, low_memory: 0, near_lossless: 100, use_delta_palette: 0,
  }),
  avif: (quality, effort, pixels) => ({
    quality: scaled("avif", quality),
    speed: isQuick(effort) ? 9 : effort === 1 ? 5 : 6,
    bitDepth: isQuick(effort) || pixels > (quality >= AVIF_FULL_FROM ? AVIF_DEEP_FULL : AVIF_DEEP) ? 8 : 10,
    subsample: quality >= AVIF_FULL_FROM ? 1 : 3,
    qualityAlpha: -1, denoiseLevel: 0, autoTiling: false, tileColsLog2: 0, tileRowsLog2: 0, chromaDeltaQ: false,
    sharpness: 0, tune: 0, sharpYUV: false,
  }),
  jxl: (quality, effort) => ({
    quality: scaled("jxl", quality),
    lossless: quality === 100,
    effort: isQuick(effort) ? 3 : effort === 1 ? 7 : 5,
    progressive: false, epf: -1, lossyPalette: false, decodingSpeedTier: 0, photonNoiseIso: 0, lossyModular: false,
  }),
};

/** A fresh instance of a module of Emscripten's in `room`, an arena. */
async function instantiate({ glue, wasm }, room) {
  const [{ default: factory }, { default: module }] = await Promise.all([glue(), wasm()]);
  return factory({
    noInitialRun: true,
    instantiateWasm(imports, ready) {
      const exports = room().theirs(module, imports);
      ready({ exports });
      return exports;
    },
  });
}

/** The codecs of this build, by the words of `format`. */
export const names = () => Object.keys(CODECS).join(" ");

/** An encoder at the desk, for one picture or for the frames of an animation. */
export async function encoder(name) {
  const desk = current();
  return new Encoder(name, desk, await instantiate(CODECS[name].encode, () => desk.alone));
}

class Encoder {
  #name;
  #desk;
  #codec;

  constructor(name, desk, codec) {
    this.#name = name;
    this.#desk = desk;
    this.#codec = codec;
  }

  /** Writes straight RGBA. `effort` is 0 (somebody waits), 1 or 2 (a large picture). */
  write(pixels, width, height, quality, effort) {
    this.#desk.mustBeOpen();
    const options = OPTIONS[this.#name](quality, effort, width * height);
    const input = options.bitDepth > 8 ? deep(pixels, options.bitDepth) : pixels;
    const file = this.#codec.encode(input, width, height, options);
    if (!file?.length || typeof file === "string") throw new Error(`the ${this.#name} encoder failed: ${file}`);
    return file;
  }
}

/** Samples of more bits, each in two bytes. */
function deep(pixels, bits) {
  const most = 2 ** bits - 1;
  const table = Uint16Array.from({ length: 256 }, (_, sample) => Math.round((sample * most) / 255));
  const samples = new Uint16Array(pixels.length);
  for (let at = 0; at < pixels.length; at++) samples[at] = table[pixels[at]];
  return new Uint8Array(samples.buffer);
}

/** Pixels are handed over in pieces of about this many bytes. */
const PIECE = 1024 * 1024;

/** A decoder at the desk, for one file. */
export async function decoder(name) {
  const desk = current();
  const { default: module } = await CODECS[name].decode();
  return new Decoder(name, desk, desk.arena.ours(module, DECODER));
}

class Decoder {
  #name;
  #desk;
  #module;

  constructor(name, desk, module) {
    this.#name = name;
    this.#desk = desk;
    this.#module = module;
  }

  /**
   * Reads a file as straight RGBA. Its size must be the one that its header was read to say. What takes more than
   * `most` bytes of memory is undefined.
   */
  read(file, width, height, most) {
    const [module, { arena }] = [this.#module, this.#desk];
    const answer = () => this.#desk.arena.at(module.answer(), module.answer_length());
    let outcome;
    try {
      arena.at(module.room(file.length), file.length).set(file);
      outcome = module.decode(most);
    } catch (error) {
      // An allocation for which the arena has no room is a trap.
      if (arena.isFull) return undefined;
      // So is a panic of the decoder. As it is, it would be taken for the core's own.
      throw new Error(`the ${this.#name} decoder ended: ${error.message}`);
    }
    if (outcome === 1) throw new Error(`the ${this.#name} decoder found the file damaged`);
    if (outcome === 2) return undefined;
    if (module.width() !== width || module.height() !== height) {
      throw new Error(`the ${this.#name} file is not of the size it says`);
    }
    return new Rows(width, height, answer().slice(), (first, count) => {
      module.rows(first, count);
      return answer();
    });
  }
}

/** A decoded picture, a few rows at a time. */
class Rows {
  #next = 0;
  #width;
  #height;
  #icc;
  #read;

  constructor(width, height, icc, read) {
    this.#width = width;
    this.#height = height;
    this.#icc = icc;
    this.#read = read;
  }

  icc() {
    return this.#icc;
  }

  rows() {
    const first = this.#next;
    if (first >= this.#height) return undefined;
    const count = Math.min(this.#height - first, Math.max(1, Math.floor(PIECE / (this.#width * 4))));
    this.#next += count;
    return this.#read(first, count);
  }
}
