//! The codec modules that `CODECS` in `wrangler.toml` names, out of their npm
//! packages into the build. What is not named is not deployed.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result, bail};

/// A codec: its name, and the files in its package that write and that read.
/// WebP is read by the engine itself, JPEG XL by a module of ours.
const KNOWN: [(&str, &str, Option<&str>); 3] = [
    ("webp", "enc/webp_enc_simd", None),
    ("avif", "enc/avif_enc", Some("dec/avif_dec")),
    ("jxl", "enc/jxl_enc", None),
];

/// The module that reads JPEG XL, in the built worker.
pub const JXL: &str = "codecs/jxl_dec.wasm";

/// The names that the operator has chosen.
pub fn chosen(root: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(root.join("wrangler.toml"))?;
    let settings: toml::Table = text.parse().context("wrangler.toml is not TOML")?;
    let codecs = settings.get("vars").and_then(|vars| vars.get("CODECS"));
    let named = codecs
        .and_then(|codecs| codecs.as_str())
        .unwrap_or_default();
    for name in named.split_whitespace() {
        if !KNOWN.iter().any(|(known, ..)| *known == name) {
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
    for (name, writer, reader) in KNOWN {
        if !chosen.iter().any(|chosen| chosen == name) {
            continue;
        }
        write!(index, "  {name}: {{")?;
        for (verb, file) in [("encode", Some(writer)), ("decode", reader)] {
            let Some(file) = file else { continue };
            let package = root.join("node_modules/@jsquash").join(name).join("codec");
            let (_, stem) = file.split_once('/').unwrap_or_default();
            for ending in ["js", "wasm"] {
                let from = package.join(format!("{file}.{ending}"));
                fs::copy(&from, folder.join(format!("{stem}.{ending}")))
                    .with_context(|| format!("{} is missing: run 'npm ci'", from.display()))?;
            }
            write!(
                index,
                " {verb}: {{ glue: () => import(\"./{stem}.js\"), wasm: () => import(\"./{stem}.wasm\") }},"
            )?;
        }
        if name == "jxl" {
            index.push_str(" decode: { wasm: () => import(\"./jxl_dec.wasm\") },");
        }
        index.push_str(" },\n");
    }
    index.push_str("};\n");
    fs::write(folder.join("index.mjs"), index)?;
    Ok(())
}
