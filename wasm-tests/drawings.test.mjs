// SVG drawings: sent to be saved, and harmless even for who shows them all the same. Every known way to make a drawing
// run or call out is shown to a browser, as it is and as it is sent.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { ROOT } from "../xtask/serve.mjs";
import { Market, must, settled } from "./support/market.mjs";
import { vectors } from "./support/svg-vectors.mjs";

const GOOD = `<?xml version="1.0"?><!-- drawn by hand --><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 80" width="120" height="80">
<title>A &amp; B</title><defs><linearGradient id="g"><stop offset="0" stop-color="#f00"/><stop offset="1" stop-color="#00f"/></linearGradient></defs>
<style>.s{stroke:#0a0;stroke-width:4}</style><rect class="s" x="10" y="10" width="100" height="60" fill="url(#g)"/>
<text x="20" y="50" font-size="24">dropgate</text></svg>`;
/** What Inkscape writes about a drawing, and what Illustrator does. */
const RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"';
const INKSCAPE = `<metadata><rdf:RDF ${RDF} xmlns:cc="http://creativecommons.org/ns#"><cc:Work rdf:about=""><dc:title>Harbour</dc:title>
<dc:creator><cc:Agent><dc:title>Alice &lt;Adair&gt;</dc:title></cc:Agent></dc:creator><dc:rights><cc:Agent><dc:title>© Alice &amp; Co</dc:title></cc:Agent></dc:rights>
<cc:license rdf:resource="http://creativecommons.org/licenses/by/4.0/"/></cc:Work></rdf:RDF></metadata>`;
const ILLUSTRATOR = `<metadata><?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${RDF}>
<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Studio" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="51,30N">
<dc:creator><rdf:Seq><rdf:li>Alice</rdf:li><rdf:li>Böb</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?></metadata>`;
let market, folder, browser, host;
const files = new Map();

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "dropgate-drawings-"));
  const drop = path.join(folder, "drawings");
  await mkdir(drop);
  const put = (name, content) => writeFile(path.join(drop, name), content);
  for (const [at, [, drawing]] of vectors.entries()) await put(`v${at}.svg`, drawing);
  await put("good.svg", GOOD);
  await put("inkscape.svg", GOOD.replace("<title>", `${INKSCAPE}<title>`));
  await put("illustrator.svg", GOOD.replace("<title>", `${ILLUSTRATOR}<title>`));
  await put("broken.svg", GOOD.replace("</text>", ""));
  const entities = Array.from({ length: 20 }, (_, at) => `<!ENTITY a${at + 1} "${`&a${at};`.repeat(10)}">`).join("");
  await put("bomb.svg", `<!DOCTYPE svg [<!ENTITY a0 "lol">${entities}]><svg xmlns="http://www.w3.org/2000/svg"><text>&a20;</text></svg>`);
  await put("large.svg", GOOD.replace("</svg>", `${" ".repeat(5 << 20)}</svg>`));
  await put("paid.svg", GOOD);
  await put("drop.toml", '[preview]\nmax_edge = 100\n[files."paid.svg"]\naccess = "grant"\n');
  market = await Market.open({ demo: false });
  await market.cli("publish", drop, "--creator", "carol", "--drop", "drawings", "--create");
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  host = createServer(serve).listen(0, "127.0.0.1");
  await once(host, "listening");
});
after(async () => {
  await browser?.close();
  host?.close();
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A careless host, which shows what it is given; and whatever is evil is there. */
function serve(request, response) {
  const file = files.get(request.url);
  if (file) return response.writeHead(200, { "content-type": file.type }).end(file.content);
  if (request.url === "/evil.js") return response.writeHead(200, { "content-type": "text/javascript" }).end("alert(1)");
  response.writeHead(404).end();
}

const drawing = (name, headers) => market.fetch(`/img/width=320,format=auto/carol/drawings/${name}`, { headers });

/** What a browser does with a drawing: on its own, and within a page. */
async function shown(content, ways = ["/alone.svg", "/within.html"]) {
  const text = content.toString();
  files.set("/alone.svg", { type: "image/svg+xml", content });
  files.set("/within.html", { type: "text/html", content: `<!doctype html><meta charset="utf-8"><body>${text}` });
  const page = await browser.newPage();
  const ran = [];
  page.on("dialog", (dialog) => { ran.push("alert"); dialog.dismiss().catch(() => {}); });
  page.on("request", (request) => { if (request.url().includes("evil")) ran.push(request.url()); });
  const base = `http://127.0.0.1:${host.address().port}`;
  for (const way of ways) {
    await page.goto(base + way, { waitUntil: "load" });
    await page.mouse.click(20, 20).catch(() => {});
    await page.mouse.move(60, 60);
    // Two frames later whatever would begin by itself has begun.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))).catch(() => {});
  }
  // A page on its way elsewhere cannot be closed.
  await settled(() => page.goto("about:blank"));
  await page.close();
  return ran;
}

test("a drawing is sent to be saved, and looks as it did", async () => {
  const response = await drawing("good.svg");
  assert.equal(response.status, 200);
  const header = (name) => response.headers.get(name);
  assert.equal(header("content-type"), "image/svg+xml");
  assert.match(header("content-disposition"), /^attachment; filename="good.svg"/);
  assert.equal(header("x-content-type-options"), "nosniff");
  assert.match(header("content-security-policy"), /default-src 'none'.*sandbox/);
  const clean = Buffer.from(await response.arrayBuffer());
  const [before, after] = await Promise.all([Buffer.from(GOOD), clean].map((svg) => sharp(svg).raw().toBuffer()));
  assert.ok(before.equals(after), "other pixels");
  assert.doesNotMatch(clean.toString(), /drawn by hand/);
  // The tag stays, so that a client's copy is good.
  assert.equal((await drawing("good.svg", { "if-none-match": header("etag") })).status, 304);
});

test("creator, copyright, licence and credit travel with a drawing, as exiftool reads them, or nothing does", async () => {
  const said = async (name, options) => {
    const path = `/img/${options}/carol/drawings/${name}`;
    const url = options.includes("metadata") ? (await market.cli("sign-url", `${market.url}${path}`)).out.trim() : `${market.url}${path}`;
    const response = await fetch(url);
    assert.equal(response.status, 200);
    const input = Buffer.from(await response.arrayBuffer());
    const pixels = [Buffer.from(GOOD), input].map((svg) => sharp(svg).raw().toBuffer());
    assert.ok((await pixels[0]).equals(await pixels[1]), "other pixels");
    const { out } = await must("exiftool", ["-json", "-G1", "-XMP:all", "-"], { input });
    const { SourceFile: _, ...facts } = JSON.parse(out)[0];
    return facts;
  };
  const rights = {
    "XMP-dc:Creator": "Alice <Adair>", "XMP-dc:Rights": "© Alice & Co",
    "XMP-xmpRights:WebStatement": "http://creativecommons.org/licenses/by/4.0/",
  };
  assert.deepEqual(await said("inkscape.svg", "width=320"), rights);
  assert.deepEqual(await said("illustrator.svg", "width=320"), { "XMP-dc:Creator": ["Alice", "Böb"], "XMP-photoshop:Credit": "Studio" });
  assert.deepEqual(await said("inkscape.svg", "metadata=keep"), { ...rights, "XMP-dc:Title": "Harbour" });
  assert.deepEqual(await said("inkscape.svg", "metadata=none"), {});
});

test("what is no drawing, a bomb or too large is refused by name; what is paid for has no preview", async () => {
  for (const [name, status, type] of [
    ["broken.svg", 422, "picture-damaged"], ["bomb.svg", 422, "picture-damaged"], ["large.svg", 422, "picture-too-large"], ["paid.svg", 401, "grant-missing"],
  ]) {
    const response = await drawing(name);
    assert.deepEqual([response.status, (await response.json()).type], [status, `urn:dropgate:problem:${type}`], name);
  }
});

test("the browser of this test runs what it is shown", async () => {
  for (const [name, content, runs] of vectors) {
    if (runs) assert.notEqual((await shown(Buffer.from(content), ["/alone.svg"])).length, 0, name);
  }
});

test("nothing runs, and nothing calls out, of what is sent", async () => {
  for (const [at, [name]] of vectors.entries()) {
    const response = await drawing(`v${at}.svg`);
    assert.ok([200, 422].includes(response.status), `${name}: ${response.status}`);
    if (response.status === 422) continue;
    const clean = Buffer.from(await response.arrayBuffer());
    const text = clean.toString();
    const tags = text.replaceAll(/"[^"]*"/g, "");
    assert.doesNotMatch(tags, /<script|<[^<>]*\son\w+=|foreignObject|<iframe|<!|<\?(?!xml )|@import/i, `${name}: ${text}`);
    assert.doesNotMatch(text, /(href="|url\(["']?)(?!#|data:image)|="\s*javascript:/i, `${name}: ${text}`);
    assert.deepEqual(await shown(clean), [], `${name}: ${text}`);
  }
});

test("who goes to a drawing's own address saves it, and nothing runs", async () => {
  const page = await browser.newPage();
  const ran = [];
  page.on("dialog", (dialog) => { ran.push(dialog.message()); dialog.dismiss().catch(() => {}); });
  for (const where of ["/img/width=320/carol/drawings/v0.svg", "/get/carol/drawings/v0.svg"]) {
    const saved = page.waitForEvent("download");
    await page.goto(market.url + where).catch(() => {});
    assert.equal((await saved).suggestedFilename(), "v0.svg");
  }
  // As a picture in a page it is shown.
  await page.setContent(`<img src="${market.url}/img/width=320/carol/drawings/good.svg">`);
  await page.waitForFunction(() => document.querySelector("img").complete);
  assert.equal(await page.evaluate(() => document.querySelector("img").naturalWidth), 120);
  await mkdir(path.join(ROOT, "wasm-tests/out"), { recursive: true });
  await page.screenshot({ path: path.join(ROOT, "wasm-tests/out/drawing.png") });
  assert.deepEqual(ran, []);
});
