// The IIIF Image API, judged by its validator, and by OpenSeadragon deep in 100 megapixels.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createServer } from "node:http";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { makeLarge } from "../fixtures/photos/compose.mjs";
import { installPackages } from "../xtask/packages.mjs";
import { ROOT } from "../xtask/serve.mjs";
import { launch } from "./support/chromium.mjs";
import { Market, exec, must } from "./support/market.mjs";

const PYTHON = process.env.DROPGATE_PYTHON ?? path.join(ROOT, "target/python/bin/python");
const DOORS = path.join(ROOT, "wasm-tests/front-doors");
const OUT = path.join(ROOT, "wasm-tests/out/iiif");
let market, folder;

before(async () => {
  await mkdir(OUT, { recursive: true });
  await installPackages(DOORS, "clients of picture services", ["--omit=optional", "--ignore-scripts"]);
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-iiif-"));
  market = await Market.open({ demo: false });
});
after(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Publishes files of one's own making as a drop of alice's. */
async function publish(drop, files, toml = "") {
  const at = path.join(folder, drop);
  await mkdir(at, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(at, name), bytes);
  if (toml) await writeFile(path.join(at, "drop.toml"), toml);
  await market.cli("publish", at, "--creator", "alice", "--drop", drop, "--create");
}

test("the validator passes us at level 2", async () => {
  // A hundred squares of colours the validator knows, as the picture it asks to be served.
  const code = "import json; from iiif_validator.validator import ValidationInfo; print(json.dumps(ValidationInfo().colorInfo))";
  const { out } = await must(PYTHON, ["-c", code]);
  const squares = JSON.parse(out.trim().split("\n").at(-1));
  const pixels = Buffer.alloc(1000 * 1000 * 3);
  for (let y = 0; y < 1000; y++) {
    for (let x = 0; x < 1000; x++) pixels.set(squares[Math.floor(x / 100)][Math.floor(y / 100)], (y * 1000 + x) * 3);
  }
  const png = await sharp(pixels, { raw: { width: 1000, height: 1000, channels: 3 } }).png().toBuffer();
  await publish("validator", { "67352ccc-d1b0.png": png });

  const validator = path.join(path.dirname(PYTHON), "iiif-validate.py");
  const server = new URL(market.url).host;
  const args = ["-s", server, "-p", "iiif/3", "-i", "alice~validator~67352ccc-d1b0.png", "--version", "3.0", "-v"];
  const judged = await exec(PYTHON, [validator, ...args, "--level", "2"]);
  await writeFile(path.join(OUT, "validator.txt"), `${judged.out}${judged.err}`);
  assert.equal(judged.code, 0, `${judged.out}${judged.err}`);
  assert.match(judged.err, /Done \((3\d|[4-9]\d) tests, 0 failures\)/);
  // What is more than level 2 and is offered.
  const more = ["linkheader_canonical", "linkheader_profile", "rot_mirror", "rot_mirror_180"].flatMap((name) => ["--test", name]);
  const beyond = await exec(PYTHON, [validator, ...args, ...more]);
  assert.equal(beyond.code, 0, `${beyond.out}${beyond.err}`);
});

test("bitonal is black and white, gray is gray", async () => {
  await publish("tones", { "photo.jpg": await readFile(path.join(ROOT, "fixtures/images/photo.jpg")) });
  const picture = async (file) => {
    const response = await market.fetch(`/iiif/3/alice~tones~photo.jpg/full/max/0/${file}`);
    assert.equal(response.status, 200, await response.clone().text());
    return sharp(Buffer.from(await response.arrayBuffer())).removeAlpha().toColourspace("srgb").raw().toBuffer();
  };
  const bitonal = new Set(await picture("bitonal.png"));
  assert.deepEqual([...bitonal].sort(), [0, 255]);
  const gray = await picture("gray.jpg");
  for (let at = 0; at < gray.length; at += 3) assert.ok(gray[at] === gray[at + 1] && gray[at] === gray[at + 2]);
});

test("OpenSeadragon zooms 100 megapixels to their own pixels", async () => {
  await makeLarge(sharp, folder, { sizes: [100], progressive: false });
  const artwork = await readFile(path.join(folder, "100mp.jpg"));
  await publish("artwork", { "artwork.jpg": artwork }, 'license = "CC-BY-4.0"\n');
  const info = await (await market.fetch("/iiif/3/alice~artwork~artwork.jpg/info.json")).json();
  assert.deepEqual([info.width, info.height], [10_000, 10_000]);
  assert.equal(info.rights, "http://creativecommons.org/licenses/by/4.0/");

  const viewer = await pageOf(info.id);
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const faults = [];
    const tiles = new Map();
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("requestfailed", (request) => faults.push(request.url()));
    page.on("response", (response) => {
      if (response.url().startsWith(market.url)) tiles.set(response.url(), response.status());
    });
    await page.goto(viewer.url);
    await loaded(page);
    await page.screenshot({ path: path.join(OUT, "whole.png") });
    // To the last pixels: what lies deepest in the stream.
    for (const [name, x, y] of [["middle", 5000, 5000], ["corner", 9600, 9700]]) {
      await page.evaluate(([x, y]) => {
        const view = window.viewer.viewport;
        view.zoomTo(view.imageToViewportZoom(1), undefined, true);
        view.panTo(view.imageToViewportCoordinates(x, y), true);
      }, [x, y]);
      await loaded(page);
      const shot = path.join(OUT, `${name}.png`);
      await page.screenshot({ path: shot });
      await showsPixels(shot, artwork, x, y);
    }
    assert.deepEqual(faults, []);
    const asked = [...tiles].filter(([url]) => url.endsWith("default.jpg"));
    assert.ok(asked.length > 6, `${asked.length} tiles`);
    assert.deepEqual(asked.filter(([, status]) => status !== 200), []);
    // A viewer asks for nothing but what was announced, so all of it is kept.
    const again = await fetch(asked[0][0]);
    assert.match(again.headers.get("cache-status"), /; hit/);
  } finally {
    await browser.close();
    viewer.close();
  }
});

/** A museum's page on another host than ours. */
async function pageOf(id) {
  const library = await readFile(path.join(DOORS, "node_modules/openseadragon/build/openseadragon/openseadragon.min.js"));
  const html = `<!doctype html><meta charset="utf-8"><title>Artwork</title>
<style>html,body,#viewer{margin:0;height:100%;background:#222}</style><div id="viewer"></div>
<script src="/openseadragon.js"></script>
<script>window.viewer = OpenSeadragon({ id: "viewer", tileSources: ${JSON.stringify(`${id}/info.json`)}, drawer: "canvas",
  crossOriginPolicy: "Anonymous", showNavigationControl: false, immediateRender: true, animationTime: 0, blendTime: 0, timeout: 120000 });</script>`;
  const server = createServer((request, response) => {
    const [type, body] = request.url === "/openseadragon.js" ? ["text/javascript", library] : ["text/html", html];
    response.writeHead(200, { "content-type": type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** Waits until every tile of the view is there. */
async function loaded(page) {
  await page.waitForFunction(() => {
    const item = window.viewer?.world.getItemAt(0);
    window.viewer?.forceRedraw();
    return item?.getFullyLoaded() && !window.viewer.isAnimating?.();
  }, undefined, { timeout: 120_000 });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** The middle of the screen is the artwork around this point, pixel by pixel. */
async function showsPixels(shot, artwork, x, y) {
  const [width, height] = [400, 300];
  const raw = (picture, left, top) => picture.extract({ left, top, width, height }).removeAlpha().raw().toBuffer();
  const shown = await raw(sharp(shot), 640 - width / 2, 400 - height / 2);
  const source = await raw(sharp(artwork), x - width / 2, y - height / 2);
  let sum = 0;
  for (let at = 0; at < source.length; at++) sum += Math.abs(source[at] - shown[at]);
  assert.ok(sum / source.length < 6, `off by ${sum / source.length} at ${x},${y}`);
}
