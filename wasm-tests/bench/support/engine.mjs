// Our engine and its peers, each as a function from a file's bytes to a smaller JPEG.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError, step } from "../../../xtask/setup.mjs";

const BENCH = fileURLToPath(new URL("..", import.meta.url));
const TARGET = fileURLToPath(new URL("../../../target/", import.meta.url));

/** What an R2 stream hands over at a time. */
const CHUNK = 256 * 1024;

export const QUALITY = 80;

const profile = (name) => ({ folder: path.join(TARGET, name) });

/** How the worker is built. */
const RELEASE = profile("bench");
/** For what takes as much memory but need not be fast: no optimisation across crates. */
export const QUICK = {
  ...profile("bench-quick"),
  env: { CARGO_PROFILE_RELEASE_LTO: "off", CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16", CARGO_PROFILE_RELEASE_OPT_LEVEL: "1" },
};

/** Builds the wasm modules of `crate/`. */
export function buildModules({ folder, env } = RELEASE) {
  return step("building the modules of the benchmark (minutes the first time)", () => new Promise((resolve, reject) => {
    const args = ["build", "--release", "--locked", "--examples", "--target", "wasm32-unknown-unknown"];
    const child = spawn("cargo", args, {
      cwd: path.join(BENCH, "crate"),
      // Without the worker's bound on memory, under which peers could not run.
      env: { ...process.env, CARGO_TARGET_DIR: folder, RUSTFLAGS: "-C target-feature=+simd128", ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let err = "";
    child.stderr.on("data", (data) => (err += data));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new SetupError(`cargo ${args.join(" ")} failed:\n${err}`))));
  }));
}

/** A module of `crate/examples`, ready to be instantiated. */
export async function load(name, { folder } = RELEASE) {
  return WebAssembly.compile(await readFile(path.join(folder, "wasm32-unknown-unknown/release/examples", `${name}.wasm`)));
}

const unused = () => {
  throw new Error("an import that no module needs was called");
};

/** A fresh instance with what all of them can do. */
class Instance {
  constructor(module) {
    // A crate below the judge declares imports for a browser that it never calls.
    const imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = unused;
    this.exports = new WebAssembly.Instance(module, imports).exports;
  }

  /** Writes bytes where the module reads them. */
  write(bytes) {
    const at = this.exports.room(bytes.length);
    new Uint8Array(this.exports.memory.buffer, at, bytes.length).set(bytes);
  }

  /** The result whose length a call returned; throws the message of an error. */
  read(length) {
    const bytes = Buffer.from(new Uint8Array(this.exports.memory.buffer, this.exports.output(), Math.abs(length)));
    if (length < 0) throw new Error(bytes.toString());
    return bytes;
  }

  /** Bytes of its memory, which never shrinks. */
  get memory() {
    return this.exports.memory.buffer.byteLength;
  }
}

/** dropgate's engine. */
export class Engine extends Instance {
  transform(file, width, { quality = QUALITY, refined = false, png = false } = {}) {
    this.exports.begin(width, quality, refined, png);
    this.#push(file);
    return this.read(this.exports.finish());
  }

  /** An animation, as a GIF. */
  animate(file, width) {
    this.exports.begin_moving(width, true);
    this.#push(file);
    return this.read(this.exports.finish());
  }

  /** How many frames an animation has, all of them made. */
  frames(file, width) {
    this.exports.begin_moving(width, false);
    this.#push(file);
    return this.exports.frames();
  }

  #push(file) {
    for (let at = 0; at < file.length; at += CHUNK) {
      const chunk = file.subarray(at, at + CHUNK);
      this.write(chunk);
      const refusal = this.exports.push(chunk.length);
      if (refusal < 0) this.read(refusal);
    }
  }
}

/** The `image` crate. */
export class ImageCrate extends Instance {
  transform(file, width, { quality = QUALITY } = {}) {
    this.write(file);
    return this.read(this.exports.transform(file.length, width, quality));
  }
}

/** SSIMULACRA 2 of two pictures of raw RGB. */
export class Judge extends Instance {
  score(original, made, { width, height }) {
    this.write(Buffer.concat([original, made]));
    return this.exports.score(width, height);
  }
}

/** Native libvips through sharp: one thread, nothing kept. */
export async function sharp() {
  const { default: module } = await import("sharp");
  module.concurrency(1);
  module.cache(false);
  return module;
}

/** `@cf-wasm/photon`, as its users write it. */
export async function photon() {
  const { PhotonImage, SamplingFilter, resize } = await import("@cf-wasm/photon");
  return (file, width) => {
    const picture = PhotonImage.new_from_byteslice(file);
    const height = Math.round((width * picture.get_height()) / picture.get_width());
    const small = resize(picture, width, height, SamplingFilter.Lanczos3);
    const jpeg = small.get_bytes_jpeg(QUALITY);
    picture.free();
    small.free();
    return jpeg;
  };
}

/** jSquash: MozJPEG and squoosh's resize. */
export async function jsquash() {
  globalThis.ImageData ??= class ImageData {
    constructor(data, width, height) {
      Object.assign(this, { data, width, height, colorSpace: "srgb" });
    }
  };
  const wasm = async (file) => WebAssembly.compile(await readFile(path.join(BENCH, "node_modules/@jsquash", file)));
  const decoder = await import("@jsquash/jpeg/decode.js");
  const encoder = await import("@jsquash/jpeg/encode.js");
  const resizer = await import("@jsquash/resize");
  await decoder.init(await wasm("jpeg/codec/dec/mozjpeg_dec.wasm"));
  await encoder.init(await wasm("jpeg/codec/enc/mozjpeg_enc.wasm"));
  await resizer.initResize(await wasm("resize/lib/resize/pkg/squoosh_resize_bg.wasm"));
  return async (file, width) => {
    const picture = await decoder.default(file);
    const height = Math.round((width * picture.height) / picture.width);
    const small = await resizer.default(picture, { width, height, method: "lanczos3" });
    return encoder.default(small, { quality: QUALITY });
  };
}
