// Stock tools that the tests hold us against: from Debian, and from PyPI in a
// virtual environment of the project's own.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { SetupError, run, step, target } from "./setup.mjs";

// command -> Debian package
const DEBIAN = {
  "7z": "p7zip-full",
  aria2c: "aria2",
  avifdec: "libavif-bin",
  avifenc: "libavif-bin",
  bsdtar: "libarchive-tools",
  curl: "curl",
  chromium: "chromium",
  cjxl: "libjxl-tools",
  djpeg: "libjpeg-turbo-progs",
  djxl: "libjxl-tools",
  dwebp: "webp",
  exiftool: "libimage-exiftool-perl",
  // Brings libmagic, which the IIIF validator looks at pictures with.
  file: "file",
  gifsicle: "gifsicle",
  openssl: "openssl",
  php: "php-cli",
  pngcheck: "pngcheck",
  pngtopam: "netpbm",
  ruby: "ruby",
  unzip: "unzip",
  webpmux: "webp",
  wget: "wget",
  go: "golang-go",
  promtool: "prometheus",
  ps: "procps",
};

const onPath = (command) => spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;

/** Bare Debian and Ubuntu have a Python that cannot make environments. */
const makesEnvironments = () => spawnSync("python3", ["-c", "import ensurepip, venv"], { stdio: "ignore" }).status === 0;

/** Installs what is missing where we may (root on Debian), else says what to install. */
export async function debian() {
  const missing = [...new Set(Object.entries(DEBIAN).filter(([command]) => !onPath(command)).map(([, name]) => name))];
  if (!existsSync("/usr/share/gocode/src/golang.org/x/mod/sumdb")) missing.push("golang-golang-x-mod-dev");
  if (!makesEnvironments()) missing.push("python3", "python3-venv");
  if (missing.length === 0) return;
  const mayInstall = process.getuid?.() === 0 && onPath("apt-get");
  if (!mayInstall) {
    throw new SetupError(`the tests need ${missing.join(", ")}: install them, for example with 'sudo apt-get install ${missing.join(" ")}'`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await step(`installing ${missing.join(", ")}`, async () => {
    await run("apt-get", ["update", "-qq"], { env });
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], { env });
  });
}

const VENV = path.join(target, "python");

/** The Python of an environment that has wasm-tests/python-requirements.txt. */
export async function python(root) {
  const requirements = path.join(root, "wasm-tests/python-requirements.txt");
  const wanted = await readFile(requirements, "utf8");
  const stamp = path.join(VENV, "installed.txt");
  const binary = path.join(VENV, "bin/python");
  const current = existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted;
  if (!current) {
    await step("installing the stock Python clients", async () => {
      await run("python3", ["-m", "venv", VENV]);
      await run(binary, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
      await writeFile(stamp, wanted);
    });
  }
  return binary;
}
