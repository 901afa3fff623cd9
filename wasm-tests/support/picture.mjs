// Pictures as a stock decoder sees them (djpeg of libjpeg-turbo).
import { must } from "./market.mjs";

/** Decodes a JPEG into {width, height, pixels} (RGB), optionally scaled by M/8. */
export async function decodeJpeg(bytes, { scale } = {}) {
  const args = ["-ppm", ...(scale ? ["-scale", scale] : [])];
  const { bytes: ppm } = await must("djpeg", args, { input: Buffer.from(bytes) });
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 64).toString("latin1"));
  if (!header) throw new Error("djpeg gave no PPM");
  return { width: Number(header[1]), height: Number(header[2]), pixels: ppm.subarray(header[0].length) };
}

/** The mean colours of a columns x rows grid, row by row. */
export function grid({ width, height, pixels }, columns, rows) {
  const cells = Array.from({ length: columns * rows }, () => [0, 0, 0, 0]);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = cells[Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width)];
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) cell[c] += pixels[at + c];
      cell[3] += 1;
    }
  }
  return cells.map(([r, g, b, n]) => [r / n, g / n, b / n]);
}

/** Turns a decoded picture a quarter clockwise: what EXIF orientation 6 asks for. */
export function quarterTurn({ width, height, pixels }) {
  const out = Buffer.alloc(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (x * height + (height - 1 - y)) * 3;
      pixels.copy(out, to, (y * width + x) * 3, (y * width + x) * 3 + 3);
    }
  }
  return { width: height, height: width, pixels: out };
}
