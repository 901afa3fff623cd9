// Pages that real clients make, none of which was told anything but our address: all their pictures load.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { installPackages } from "../xtask/packages.mjs";
import { ROOT } from "../xtask/serve.mjs";
import { launch } from "./support/chromium.mjs";
import { Market } from "./support/market.mjs";

const DOORS = path.join(ROOT, "wasm-tests/front-doors");
const OUT = path.join(ROOT, "wasm-tests/out/front-doors");
const FILES = ["alice/drop-7/cover.jpg", "alice/drop-7/path.jpg", "alice/brushes-2/sheet.png"];
let market, browser, client;

before(async () => {
  await mkdir(OUT, { recursive: true });
  await installPackages(DOORS, "clients of picture services", ["--omit=optional", "--ignore-scripts"]);
  client = createRequire(path.join(DOORS, "package.json"));
  market = await Market.open();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await market?.close();
});

const load = (name) => import(pathToFileURL(client.resolve(name)));
const img = ({ src, srcset = "", sizes = "" }) =>
  `<img alt="" width="300" src="${src}"${srcset && ` srcset="${srcset}" sizes="${sizes}"`}>`;

/** What each client makes of the files, as tags on a page of another host. */
const CLIENTS = {
  async unpic() {
    const { transformUrl } = await load("unpic");
    const urls = FILES.flatMap((file) => [
      transformUrl({ url: `/get/${file}`, width: 300, height: 200, provider: "cloudflare" }),
      transformUrl({ url: `${market.url}/get/${file}`, width: 300, provider: "cloudflare" }),
      transformUrl({ url: file, width: 150, format: "jpg", provider: "cloudflare" }),
    ]);
    return urls.map((url) => img({ src: `${market.url}${url}` }));
  },
  // The loader of the README: the component itself makes the widths and the tag.
  async next() {
    const { createElement } = client("react");
    const { renderToStaticMarkup } = client("react-dom/server");
    const Image = client("next/image").default ?? client("next/image");
    const { default: loader } = await import("./front-doors/next-loader.mjs");
    const here = (options) => `${market.url}${loader(options)}`;
    return FILES.map((file) =>
      renderToStaticMarkup(createElement(Image, { src: file, alt: "", width: 300, height: 200, sizes: "300px", loader: here })));
  },
  async nuxt() {
    const { createImage } = await load("@nuxt/image/runtime");
    const { default: setup } = await load("@nuxt/image/runtime/providers/cloudflare");
    const tags = [];
    for (const baseURL of [market.url, `${market.url}/img`]) {
      const providers = { cloudflare: { setup, defaults: { baseURL } } };
      const $img = createImage({ provider: "cloudflare", providers, domains: [], alias: {}, presets: {}, screens: { sm: 640, lg: 1024 }, densities: [1, 2], format: ["webp"] });
      for (const file of FILES) {
        tags.push(img({ src: $img(`/${file}`, { width: 300, height: 200, fit: "cover", format: "auto", quality: 80 }) }));
        tags.push(img($img.getSizes(`/get/${file}`, { sizes: "sm:50vw lg:300px", modifiers: { format: "auto", fit: "contain" } })));
      }
    }
    return tags;
  },
};

for (const [name, make] of Object.entries(CLIENTS)) {
  test(`every picture of a page made by ${name} loads`, async () => {
    const tags = await make();
    const html = `<!doctype html><meta charset="utf-8"><title>${name}</title>${tags.join("\n")}`;
    const server = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(html));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    try {
      const faults = [];
      page.on("response", (response) => response.status() >= 400 && faults.push(`${response.status()} ${response.url()}`));
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      const images = await page.locator("img").all();
      assert.equal(images.length, tags.length);
      for (const image of images) {
        await image.scrollIntoViewIfNeeded();
        await image.evaluate((element) => element.decode());
        const [source, width] = await image.evaluate((element) => [element.currentSrc, element.naturalWidth]);
        assert.ok(width > 0, source);
        assert.ok(source.startsWith(market.url), source);
      }
      assert.deepEqual(faults, []);
      await page.screenshot({ path: path.join(OUT, `${name}.png`), fullPage: true });
    } finally {
      await page.close();
      server.close();
    }
  });
}
