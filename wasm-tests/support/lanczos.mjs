// Lanczos by its definition, in double precision: what a resizer is measured against.

const kernel = (x) => {
  if (x === 0) return 1;
  if (Math.abs(x) >= 3) return 0;
  const angle = Math.PI * x;
  return (3 * Math.sin(angle) * Math.sin(angle / 3)) / (angle * angle);
};

/** For each sample of the target, where its sources begin and how much each counts. */
function weights(source, target) {
  const scale = source / target;
  const spread = Math.max(scale, 1);
  return Array.from({ length: target }, (_, index) => {
    const centre = (index + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - 3 * spread));
    const last = Math.min(source - 1, Math.floor(centre + 3 * spread));
    const values = Array.from({ length: last - first + 1 }, (_, at) => kernel((first + at - centre) / spread));
    const sum = values.reduce((a, b) => a + b, 0);
    return { first, values: values.map((value) => value / sum) };
  });
}

/** Raw pixels of `channels` samples made smaller, rows first. */
export function lanczos({ data, width, height, channels }, target) {
  const across = weights(width, target.width);
  const down = weights(height, target.height);
  const row = target.width * channels;
  const narrow = new Float32Array(row * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < target.width; x++) {
      const { first, values } = across[x];
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        let at = (y * width + first) * channels + channel;
        for (const value of values) {
          sum += value * data[at];
          at += channels;
        }
        narrow[y * row + x * channels + channel] = sum;
      }
    }
  }
  const made = Buffer.alloc(row * target.height);
  for (const [y, { first, values }] of down.entries()) {
    const sums = new Float64Array(row);
    for (const [at, value] of values.entries()) {
      const from = (first + at) * row;
      for (let x = 0; x < row; x++) sums[x] += value * narrow[from + x];
    }
    for (let x = 0; x < row; x++) made[y * row + x] = Math.min(255, Math.max(0, Math.round(sums[x])));
  }
  return made;
}
