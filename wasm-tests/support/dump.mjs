// Looks through everything that was written down for what must never be: addresses, e-mails, user agents, codes, tokens.
import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";

const SHAPES = {
  "a token": /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{20,}/,
  "a user agent": /Mozilla\/\d|HeadlessChrome|\b(?:curl|Wget|aria2|python-requests|undici)\/\d/,
  "an e-mail": /[\w.+-]{2,}@[a-z0-9-]{2,}\.[a-z]{2,}/i,
  "a code": /\b(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z*~$=U]/,
  "an address": /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])/,
};
/** Objects above this are files of creators, not records. */
const RECORD = 4 << 20;

let logged = "";
/** From here on what the worker logs is kept. */
export function keepLog() {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    stream.write = (chunk, ...rest) => {
      logged += chunk;
      return write(chunk, ...rest);
    };
  }
}

/** The files of every store of a server that has been stopped: where, and what is in them. */
export async function* dump(data) {
  const files = await readdir(path.join(data, "v3"), { recursive: true, withFileTypes: true });
  for (const entry of files.filter((entry) => entry.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    const [kind] = path.relative(path.join(data, "v3"), file).split(path.sep);
    if (kind === "cache" || (await stat(file)).size > RECORD) continue;
    yield { kind, file, bytes: await readFile(file) };
  }
}

/** What was found that must not be there, a line each. `secrets` are looked for as they are. */
export async function betrayed(data, secrets = []) {
  const found = [];
  const look = (where, text, shapes) => {
    for (const [what, shape] of shapes) {
      const match = text.match(shape);
      if (match) found.push(`${where} holds what looks like ${what}: ${around(text, match)}`);
    }
    for (const secret of secrets) if (text.includes(secret)) found.push(`${where} holds ${secret}`);
  };
  const all = Object.entries(SHAPES);
  for await (const { kind, file, bytes } of dump(data)) {
    // A database has its texts as they are. Of objects, pictures and archives are bytes in which anything may turn up by chance.
    const isText = kind === "do" || file.includes("sqlite") || !bytes.includes(0);
    look(path.relative(data, file), bytes.toString("latin1"), isText ? all : all.slice(0, 1));
  }
  look("the log", logged, all.slice(0, 1));
  return found;
}

const around = (text, { index, 0: match }) => JSON.stringify(text.slice(Math.max(0, index - 40), index + match.length + 40));
