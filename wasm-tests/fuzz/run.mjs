// `npm run fuzz -- SECONDS [TARGET...]`: seeds the corpora from the fixtures and runs each fuzz target so long.
// Needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`. What is found stays in wasm-tests/fuzz/artifacts.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

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

/** Two bytes of shape stand before a picture. */
const shaped = (file) => [0, 1, 2, 3].map((shape) => Buffer.concat([Buffer.from([shape * 61, 255 - shape]), file]));
const SEEDS = {
  jpeg: () => pictures.filter((file) => file[0] === 0xff).flatMap(shaped),
  picture: () => pictures.flatMap(shaped),
  probe: () => pictures,
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
