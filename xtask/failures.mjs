// A reporter for `node --test`: one short entry for each test that failed, so
// that whoever reads the end of a long log knows all of them.
import path from "node:path";

const MOST_LINES = 12;

export default async function* failures(events) {
  let failed = 0;
  for await (const { type, data } of events) {
    // A file or suite fails with its tests: they are told by themselves.
    const error = data.details?.error;
    if (type !== "test:fail" || error?.failureType === "subtestsFailed" || data.todo !== undefined) continue;
    failed += 1;
    const cause = error?.cause ?? error;
    const lines = String(cause?.stack ?? cause?.message ?? cause).split("\n").filter((line) => !line.includes("node:internal"));
    const where = data.file ? `${path.relative(process.cwd(), data.file)}: ` : "";
    yield `\n${failed}. ${where}${data.name}\n${lines.slice(0, MOST_LINES).map((line) => `   ${line}\n`).join("")}`;
  }
}
