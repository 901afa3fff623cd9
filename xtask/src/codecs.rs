//! The codec modules that `CODECS` in `wrangler.toml` names, out of their npm
//! packages into the build. What is not named is not deployed.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result, bail};
use walrus::{Memory, ModuleConfig};

/// A codec: its name, and the module that writes it, without ending.
const KNOWN: [(&str, &str); 3] = [
    ("webp", "@jsquash/webp/codec/enc/webp_enc_simd"),
    // Of this package no other module enters the build: some are under the GPL.
    ("avif", "icodec/dist/avif-enc"),
    ("jxl", "@jsquash/jxl/codec/enc/jxl_enc"),
];

/// The modules of ours that read them, in the built worker. WebP is read by the engine.
pub const READERS: [(&str, &str); 2] = [
    ("avif", "codecs/avif_dec.wasm"),
    ("jxl", "codecs/jxl_dec.wasm"),
];

/// What their JavaScript has before it: a Worker compiles no text.
const GLUE: &str = "import { Function } from \"../embind.mjs\";\n";

/// The names that the operator has chosen.
pub fn chosen(root: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(root.join("wrangler.toml"))?;
    let settings: toml::Table = text.parse().context("wrangler.toml is not TOML")?;
    let codecs = settings.get("vars").and_then(|vars| vars.get("CODECS"));
    let named = codecs
        .and_then(|codecs| codecs.as_str())
        .unwrap_or_default();
    for name in named.split_whitespace() {
        if !KNOWN.iter().any(|(known, _)| *known == name) {
            bail!("CODECS in wrangler.toml names {name:?}; there are webp, avif and jxl");
        }
    }
    Ok(named.split_whitespace().map(str::to_owned).collect())
}

/// Copies their modules, and writes the index through which they are loaded.
pub fn copy(root: &Path, out: &Path, chosen: &[String]) -> Result<()> {
    let folder = out.join("codecs");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut index = String::from("export const CODECS = {\n");
    for (name, writer) in KNOWN {
        if !chosen.iter().any(|chosen| chosen == name) {
            continue;
        }
        let (_, stem) = writer.rsplit_once('/').unwrap_or_default();
        let from = root.join("node_modules").join(writer);
        let read = |ending: &str| {
            fs::read(from.with_extension(ending))
                .with_context(|| format!("{} is missing: run 'npm ci'", from.display()))
        };
        let glue = [GLUE.as_bytes(), &read("js")?].concat();
        fs::write(folder.join(stem).with_extension("js"), glue)?;
        let module = without_memory(&read("wasm")?)?;
        fs::write(folder.join(stem).with_extension("wasm"), module)?;
        write!(
            index,
            "  {name}: {{ encode: {{ glue: () => import(\"./{stem}.js\"), wasm: () => import(\"./{stem}.wasm\") }}"
        )?;
        if READERS.iter().any(|(reader, _)| *reader == name) {
            write!(index, ", decode: () => import(\"./{name}_dec.wasm\")")?;
        }
        index.push_str(" },\n");
    }
    index.push_str("};\n");
    fs::write(folder.join("index.mjs"), index)?;
    Ok(())
}

/// The module, but for its memory, which it is given. It still exports it, as its
/// JavaScript expects.
fn without_memory(module: &[u8]) -> Result<Vec<u8>> {
    let mut module = ModuleConfig::new()
        .generate_name_section(false)
        .parse(module)?;
    let memory = module.memories.iter().next().map(Memory::id);
    let memory = memory.context("a codec's module has no memory")?;
    let import = module.imports.add("env", "memory", memory);
    module.memories.get_mut(memory).import = Some(import);
    Ok(module.emit_wasm())
}
