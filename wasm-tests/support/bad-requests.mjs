// Bad requests that need no token but a shopper's: [what is wrong, status, the
// problem's type, path, how it is sent]. And how to send them.
import http from "node:http";
import net from "node:net";

/**
 * Sends a request as it is written: no URL is normalised, no connection is
 * shared. `open` announces a body and sends none.
 */
export function ask(base, where, { method = "GET", headers = {}, body, open = false } = {}) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, method, path: where, headers, agent: false });
    request.on("error", reject);
    request.on("response", (response) => {
      const parts = [];
      response.on("data", (data) => parts.push(data));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(parts) });
        request.destroy();
      });
    });
    if (open) request.flushHeaders();
    else request.end(body);
  });
}

/** Sends what need not be HTTP; resolves with all that comes back. */
export function shout(base, text) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(text));
    const parts = [];
    socket.on("data", (data) => parts.push(data));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(parts).toString("latin1")));
  });
}

const COVER = "/alice/drop-7/cover.jpg";
const LICENSE = "/get/alice/drop-7/license.txt";
const MASTER = "/get/alice/drop-7/master.zip";
const CHECK = "/check/alice/drop-7/license.txt";
const DIGEST = "0".repeat(64);
const gone = (name, where, sent) => [name, 404, "not-found", where, sent];
const malformed = (name, options) => [`options: ${name}`, 400, "bad-options", `/img/${options}${COVER}`];
const post = (body, headers = {}) => ({ method: "POST", headers, body });
const json = (value) => post(JSON.stringify(value), { "content-type": "application/json" });

/** Paths that lead nowhere. */
export const paths = [
  gone("an unknown URL", "/nothing"),
  gone("an empty first part", "//healthz"),
  gone("only slashes", "//"),
  gone("a slash behind", "/healthz/"),
  gone("upper case", "/HEALTHZ"),
  gone("a part too few", "/get/alice"),
  gone("a part too many", `${LICENSE}/more`),
  gone("an empty part", "/get/alice//license.txt"),
  gone("an unknown creator", "/get/nobody/drop-7/license.txt"),
  gone("an unknown drop", "/get/alice/drop-8/license.txt"),
  gone("an unknown file", "/get/alice/drop-7/licence.txt"),
  gone("a creator of upper case", "/get/Alice/drop-7/license.txt"),
  gone("a creator with a dot", "/get/alice.drop-7/drop-7/license.txt"),
  gone("a creator named as a role", "/get/targets/drop-7/license.txt"),
  gone("a name that begins with a dot", "/get/alice/drop-7/.license.txt"),
  gone("a name of 65 characters", `/get/alice/drop-7/${"a".repeat(65)}`),
  gone("a name of 16 KiB", `/get/alice/drop-7/${"a".repeat(16384)}`),
  gone("a percent-encoded dot", "/get/alice/drop-7/license%2Etxt"),
  gone("a percent-encoded slash", "/get/alice/drop-7%2Flicense.txt"),
  gone("a percent-encoded way up", "/get/alice/drop-7/..%2F..%2Fmetadata%2F1.root.json"),
  gone("a way up that a URL parser would take", "/get/alice/drop-7/%2e%2e/%2e%2e/%2e%2e/secrets.env"),
  gone("a backslash", "/get/alice\\drop-7\\license.txt\\x"),
  gone("a percent-encoded NUL", "/get/alice/drop-7/license.txt%00"),
  gone("a NUL before the ending", "/get/alice/drop-7/master.zip%00.txt"),
  gone("a percent sign alone", "/get/alice/drop-7/%"),
  gone("an overlong encoding of a slash", "/get/alice/drop-7%C0%AFlicense.txt"),
  gone("a newline in a name", "/get/alice/drop-7/license.txt%0d%0aset-cookie:%20a=b"),
  gone("a semicolon and a parameter", `${LICENSE};v=1`),
  gone("an unknown drop's archive", "/get/alice/drop-8.zip"),
  gone("an archive without a name", "/get/alice/.zip"),
  gone("an unknown drop's Metalink", "/get/alice/drop-8.meta4"),
  gone("an unknown drop's page", "/d/alice/drop-8"),
  gone("a page of half a drop", "/d/alice"),
  gone("an unknown asset", "/assets/app.js"),
  gone("an asset by a way up", "/assets/..%2f..%2fsecrets.env"),
  gone("a TUF target without a digest", "/targets/alice/drop-7/license.txt"),
  gone("a TUF target with another digest", `/targets/alice/drop-7/${DIGEST}.license.txt`),
  gone("a TUF target with a digest of upper case", `/targets/alice/drop-7/${"A".repeat(64)}.license.txt`),
  gone("metadata without a version", "/metadata/root.json"),
  gone("metadata of a version to come", "/metadata/99999.root.json"),
  gone("metadata of a number too large", `/metadata/${"9".repeat(40)}.root.json`),
  gone("metadata by a way up", "/metadata/..%2f1.root.json"),
  gone("metadata of nobody", "/metadata/1.nobody.json"),
  gone("a receipt that is none", "/receipts/none"),
  gone("a receipt of 8 KiB", `/receipts/${"a".repeat(8192)}`),
  gone("a log of no name", "/log/secrets/checkpoint"),
  gone("a log of no half-year", "/log/publish-9999h9/checkpoint"),
  gone("a tile that is none", "/log/publish-2026h2/tile/64/000"),
  gone("a tile by a way up", "/log/publish-2026h2/tile/0/..%2f..%2f..%2fmetadata"),
  gone("a consent to an unknown drop", "/consent/alice/drop-8"),
  gone("a consent's receipt that is none", "/consent/none"),
  gone("a consent's receipt by its id alone", `/consent/${"0".repeat(32)}`),
  gone("a consent's receipt with another's proof", `/consent/${"0".repeat(32)}.${"A".repeat(43)}`),
  gone("another key's URL", "/.well-known/openid-configuration"),
  gone("an unknown admin URL", "/admin/everything"),
];

const asks = (method, where, headers) => [`${method} ${where}`, 405, "method-not-allowed", where, { method, headers }];

/** Methods that a URL does not take. */
export const methods = [
  asks("POST", LICENSE),
  asks("PUT", LICENSE),
  asks("DELETE", LICENSE),
  asks("PATCH", "/metadata/1.root.json"),
  asks("OPTIONS", LICENSE),
  asks("TRACE", "/healthz"),
  asks("POST", "/"),
  asks("POST", `/img/width=320${COVER}`),
  asks("GET", "/redeem"),
  asks("PUT", "/redeem"),
  asks("GET", CHECK),
  asks("PUT", "/consent/mallory/asking"),
  asks("POST", "/.well-known/gpc.json"),
  asks("GET", "/admin/metadata"),
  asks("DELETE", "/admin/codes"),
  asks("PATCH", `/admin/files/alice/drop-7/${DIGEST}.license.txt`),
];

/** Image options, and pictures that cannot be made. */
export const images = [
  malformed("none", ""),
  malformed("an unknown one", "witdh=320"),
  malformed("no value", "width"),
  malformed("an empty value", "width="),
  malformed("zero", "width=0"),
  malformed("negative", "width=-320"),
  malformed("a fraction", "width=320.5"),
  malformed("too many digits", `width=${"9".repeat(30)}`),
  malformed("over the limit", "width=12001"),
  malformed("twice", "width=320,width=640"),
  malformed("twice by its short form", "width=320,w=640"),
  malformed("an empty option between", "width=320,,height=200"),
  malformed("a fit of no name", "fit=stretch"),
  malformed("a format of no name", "format=bmp"),
  malformed("a quality of 101", "quality=101"),
  malformed("a density of 4", "width=320,dpr=4"),
  malformed("a density beside width=auto", "width=auto,dpr=2"),
  malformed("a gravity outside the picture", "width=320,height=200,fit=cover,gravity=2x2"),
  malformed("a colour of no name", "background=%23zzz"),
  malformed("an unknown preset", "card@9"),
  malformed("a preset and a width", "card@1,width=100"),
  malformed("a blur without a signature", "width=320,blur=20"),
  malformed("a trim without a signature", "trim=10;10;10;10"),
  malformed("an overlay without a signature", "width=320,draw=alice~drop-7~path.jpg"),
  malformed("an escape of no digits", "width=%zz"),
  malformed("bytes that are no UTF-8", "width=%ff"),
  malformed("a NUL", "width=320%00"),
  // A comma inside a value is %2C: this is one option, and its value no width.
  malformed("an escaped comma", "width=320%2Cheight=200"),
  malformed("longer than a recipe", `width=320,${"background=red,".repeat(600)}`),
  ["a signature that is none", 403, "url-signature", `/img/blur=20${COVER}?kid=k1&sig=AAAA`],
  ["half a signature", 403, "url-signature", `/img/blur=20${COVER}?kid=k1`],
  ["a signature by an unknown key", 403, "url-signature", `/img/blur=20${COVER}?kid=k9&sig=${"A".repeat(43)}`],
  ["a wrong signature", 403, "url-signature", `/img/blur=20${COVER}?kid=k1&sig=${"A".repeat(43)}`],
  gone("a picture of an unknown file", "/img/width=320/alice/drop-7/none.jpg"),
  gone("a picture without a file", "/img/width=320/alice/drop-7"),
  ["facts about a text", 415, "not-a-picture", "/img/format=json/alice/drop-7/license.txt"],
  ["a picture of a text", 415, "not-a-picture", "/img/width=320/alice/drop-7/license.txt"],
  ["a picture of a sound", 415, "not-a-picture", "/img/width=320/bruno/entropy/sintonia.ogg"],
  ["a picture of an archive, without a grant", 401, "grant-missing", "/img/width=320/alice/drop-7/master.zip"],
];

const hostile = (file, status, type) => [`hostile: ${file}`, status, type, `/img/width=64,format=jpeg/mallory/bad/${file}`];

/** The files of fixtures/images that are no picture, or too large a one, or a broken one. */
export const hostiles = [
  hostile("text.jpg", 415, "not-a-picture"),
  hostile("arithmetic.jpg", 415, "not-a-picture"),
  hostile("twelve-bit.jpg", 415, "not-a-picture"),
  hostile("empty.jpg", 422, "picture-damaged"),
  hostile("bomb.jpg", 422, "picture-too-large"),
  hostile("bomb.png", 422, "picture-too-large"),
  hostile("bomb.gif", 422, "picture-too-large"),
  hostile("bomb.webp", 422, "picture-too-large"),
  hostile("truncated.png", 422, "picture-damaged"),
  hostile("bad-checksum.png", 422, "picture-damaged"),
];

const range = (value, where = LICENSE) => [`range ${value}`, 416, "range-not-satisfiable", where, { headers: { range: value } }];
const unmatched = (name, headers) => [name, 412, "precondition-failed", LICENSE, { headers }];

/** Headers that ask for what is not there. */
export const headers = [
  range("bytes=999999999-"),
  range("bytes=18988-"),
  range("bytes=-0"),
  range(`bytes=${"9".repeat(40)}-`),
  range("bytes=99999-, 99999999-"),
  range("bytes=999999999-", "/metadata/1.root.json"),
  range("bytes=999999999-", `/img/width=320${COVER}`),
  unmatched("If-Match of another file", { "if-match": `"${DIGEST}"` }),
  unmatched("If-Match that is weak", { "if-match": 'W/"a"' }),
  unmatched("If-Match that is no tag", { "if-match": "garbage" }),
  unmatched("If-Unmodified-Since of long ago", { "if-unmodified-since": "Sun, 06 Nov 1994 08:49:37 GMT" }),
  ["a grant of 20 KiB", 401, "grant-malformed", MASTER, { headers: { authorization: `Bearer ${"a".repeat(20_000)}` } }],
  ["a grant of 20 KiB in the query", 401, "grant-malformed", `${MASTER}?grant=${"a".repeat(20_000)}`],
  ["an empty grant", 401, "grant-malformed", `${MASTER}?grant=`],
  ["a grant of broken base64", 401, "grant-malformed", MASTER, { headers: { authorization: "Bearer a.b!.c" } }],
  ["a grant that is encrypted", 401, "grant-encrypted", MASTER, { headers: { authorization: "Bearer a.b.c.d.e" } }],
  ["another scheme", 401, "grant-missing", MASTER, { headers: { authorization: "Basic dXNlcjpwYXNz" } }],
  // Above 64 KiB the worker reads no header field: half of them would be another request.
  ["headers of 70 KiB", 431, "headers-too-large", LICENSE, { headers: { "a-junk": "a".repeat(70_000), range: "bytes=0-9" } }],
  ["an archive with gated files", 401, "grant-missing", "/get/alice/drop-7.zip"],
  ["a drop that is not open yet", 425, "drop-not-open", "/get/mallory/later/dot.png"],
  ["a drop that asks for consent", 428, "consent-required", "/get/mallory/asking/dot.png"],
];

const form = (text) => post(text, { "content-type": "application/x-www-form-urlencoded" });
const code = (text) => form(new URLSearchParams({ code: text }).toString());
const noNonce = (name, text) => [`consent: ${name}`, 403, "consent-nonce", "/consent/mallory/asking", form(text)];
const bad = (name, sent) => [`redeem: ${name}`, 400, "bad-request", "/redeem", sent];
const noCode = (name, sent) => [`redeem: ${name}`, 422, "code-malformed", "/redeem", sent];
const wrongHashes = (name, body) => [`check: ${name}`, 422, "check-malformed", CHECK, post(body)];

/** Bodies that shoppers send. */
export const bodies = [
  bad("no body", post()),
  bad("another field", post("cod=1", { "content-type": "application/x-www-form-urlencoded" })),
  bad("broken JSON", post('{"code":', { "content-type": "application/json" })),
  bad("a code that is a number", json({ code: 12 })),
  bad("a list", json(["code"])),
  bad("JSON named as a form", post('{"code":"0000-0000-0000-0"}', { "content-type": "text/plain" })),
  noCode("an empty code", code("")),
  noCode("a code too short", code("0000-0000")),
  noCode("a wrong check symbol", code("0000-0000-0000-1")),
  noCode("a foreign symbol", code("0000-0000-000!-0")),
  noCode("a code with a NUL", code("0000-0000-0000-0\u0000")),
  noCode("a check symbol within", code("000~-0000-0000-0")),
  ["redeem: a code nobody made", 404, "code-unknown", "/redeem", code("0000-0000-0000-0")],
  ["redeem: a body of 5 KiB", 413, "content-too-large", "/redeem", code("0".repeat(5120))],
  gone("consent: taking back what is none", "/consent/none", post("")),
  noNonce("no body", ""),
  noNonce("every box ticked", "agree-newsletter=yes&confirm=yes"),
  noNonce("a nonce that is none", "nonce=AAAA&agree-newsletter=yes&confirm=yes"),
  ["consent: a body of 5 KiB", 413, "content-too-large", "/consent/mallory/asking", form("a".repeat(5120))],
  gone("check: an unknown file", "/check/alice/drop-7/none.txt", post("{}")),
  wrongHashes("no body", undefined),
  wrongHashes("nothing said", "{}"),
  wrongHashes("broken JSON", '{"length":'),
  wrongHashes("no object", "[]"),
  wrongHashes("an unknown member", '{"length":1,"depth":1}'),
  wrongHashes("a negative length", '{"length":-1}'),
  wrongHashes("another chunk size", '{"chunk_size":1,"chunks":[]}'),
  wrongHashes("chunks of no size", '{"chunks":[]}'),
  wrongHashes("a hash that is short", '{"chunk_size":262144,"chunks":["abc"]}'),
  wrongHashes("nested without end", "[".repeat(50_000)),
  ["check: a body of 1 MiB", 413, "content-too-large", CHECK, post(" ".repeat(1 << 20))],
];
