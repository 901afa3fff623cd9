// The checks of dependencies, on dependencies that must be refused.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { applying, lockedCrates, meets, readAdvisory } from "./advisories.mjs";
import { badCrates, badPackages, policy, recognise, satisfied } from "./licences.mjs";

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const rules = policy(read("deny.toml"));
const allowed = (name) => rules.allow.has(name);
const registry = "registry+https://example.org/index";

test("a licence expression needs one side of OR and both sides of AND", () => {
  for (const expression of [
    "MIT",
    "MIT OR Apache-2.0",
    "MIT/Apache-2.0",
    "MIT OR GPL-3.0-only",
    "(MIT OR GPL-3.0-only) AND Unicode-3.0",
    "GPL-2.0-only OR MIT AND BSD-3-Clause",
    "Apache-2.0 WITH LLVM-exception",
  ]) {
    assert.ok(satisfied(expression, allowed), expression);
  }
  for (const expression of [
    "AGPL-3.0-or-later",
    "MIT AND LGPL-3.0-or-later",
    "MIT AND (GPL-2.0-only OR MPL-2.0)",
    "GPL-2.0-only WITH Classpath-exception-2.0",
    "SEE LICENSE IN LICENSE",
    "UNLICENSED",
    "MIT OR",
    "(MIT",
    "",
  ]) {
    assert.ok(!satisfied(expression, allowed), expression);
  }
});

test("a crate with another licence, or none, is refused by name", () => {
  const packages = [
    { name: "dropgate", version: "0.1.0", license: "Proprietary", source: null },
    { name: "good", version: "1.0.0", license: "MIT", source: registry },
    { name: "webpki-roots", version: "1.0.0", license: "CDLA-Permissive-2.0", source: registry },
    { name: "other", version: "1.0.0", license: "CDLA-Permissive-2.0", source: registry },
    { name: "copyleft", version: "2.0.0", license: "AGPL-3.0-or-later", source: registry },
    { name: "silent", version: "3.0.0", license: null, source: registry },
    { name: "text-only", version: "4.0.0", license: null, source: registry },
  ];
  const bad = badCrates({ packages }, rules, (crate) => (crate.name === "text-only" ? "MIT" : undefined));
  assert.deepEqual(bad.map((crate) => `${crate.name}: ${crate.licence}`), ["other: CDLA-Permissive-2.0", "copyleft: AGPL-3.0-or-later", "silent: none stated"]);
});

test("the MIT licence is known by its text, whoever holds the copyright", () => {
  const mit = read("LICENSE-MIT");
  assert.equal(recognise(mit.replace("2026 The dropgate contributors", "1999 Somebody Else").replaceAll("\n", "\r\n"), mit), "MIT");
  assert.equal(recognise(mit.replace("without restriction", "with restriction"), mit), undefined);
});

test("an npm package is judged by its own manifest, else by the lock file", () => {
  const lock = {
    packages: {
      "": { license: "MIT" },
      "node_modules/good": { version: "1.0.0" },
      "node_modules/old": { version: "1.0.0" },
      "node_modules/copyleft": { version: "1.0.0", license: "MIT" },
      "node_modules/good/node_modules/nested": { version: "2.0.0", license: "GPL-3.0-only" },
      "node_modules/@img/sharp-libvips-linux-x64": { version: "1.0.0", license: "LGPL-3.0-or-later" },
      "node_modules/@img/other": { version: "1.0.0", license: "LGPL-3.0-or-later" },
    },
  };
  const manifests = {
    "node_modules/good": { name: "good", license: "ISC" },
    "node_modules/old": { name: "old", licenses: [{ type: "MIT" }, { type: "GPL-2.0-only" }] },
    "node_modules/copyleft": { name: "copyleft", license: "GPL-3.0-only" },
  };
  const bad = badPackages(lock, rules, (place) => manifests[place]);
  assert.deepEqual(bad.map(({ name, version }) => `${name} ${version}`), ["copyleft 1.0.0", "nested 2.0.0", "@img/other 1.0.0"]);
});

test("version requirements are read as Cargo reads them", () => {
  for (const [version, requirement, expected] of [
    ["1.2.3", ">= 1.2.3", true],
    ["1.2.3", "> 1.2.3", false],
    ["1.2.3", ">= 1.2, < 1.3", true],
    ["1.3.0", ">= 1.2, < 1.3", false],
    ["0.4.9", "^0.4.1", true],
    ["0.5.0", "^0.4.1", false],
    ["0.0.4", "^0.0.3", false],
    ["1.9.0", "1.2", true],
    ["2.0.0-alpha.1", "1.2", false],
    ["1.2.9", "~1.2.3", true],
    ["1.3.0", "~1.2.3", false],
    ["1.0.0-alpha.2", ">= 1.0.0-alpha.10", false],
    ["1.0.0", "> 1.0.0-rc.1", true],
    ["0.10.0", "< 0.9.0", false],
    ["3.1.4", "=3.1.4", true],
  ]) {
    assert.equal(meets(version, requirement), expected, `${version} ${requirement}`);
  }
});

test("a vulnerable version is found, a fixed, unaffected or withdrawn one is not", () => {
  const advisory = readAdvisory(
    '```toml\n[advisory]\nid = "RUSTSEC-2021-0036"\npackage = "internment"\n\n[versions]\npatched = [\n  ">= 0.4.2",\n]\nunaffected = ["< 0.3.12"]\n```\n\n# Title\n',
  );
  const lock = ["0.4.1", "0.4.2", "0.3.11"].map((version) => `[[package]]\nname = "internment"\nversion = "${version}"\nsource = "${registry}"\n`).join("\n");
  const found = applying(lockedCrates(`${lock}\n[[package]]\nname = "internment"\nversion = "0.4.0"\n`), [advisory]);
  assert.deepEqual(found.map(({ id, version, fatal }) => ({ id, version, fatal })), [{ id: "RUSTSEC-2021-0036", version: "0.4.1", fatal: true }]);
  assert.equal(readAdvisory('```toml\n[advisory]\nid = "X"\nwithdrawn = "2022-01-01"\n```\n'), undefined);
});

test("an unmaintained crate is told and not fatal", () => {
  const digest = JSON.parse(read("xtask/advisories.json"));
  assert.ok(digest.advisories.length > 1000);
  const [found] = applying([{ name: "ansi_term", version: "0.12.1" }], digest.advisories);
  assert.equal(found.fatal, false);
});
