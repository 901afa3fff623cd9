//! Builds the worker into `build/`: cargo for its wasm modules, `wasm-bindgen`
//! as a library for the core's JavaScript, and our own JavaScript beside them.
//! Nothing is downloaded and no tool's version can drift from the crate's.

mod codecs;

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail};
use walrus::ModuleConfig;
use wasm_bindgen_cli_support::Bindgen;

const HELP: &str = "\
cargo xtask build [--crash-test]

Builds the worker into build/ (with --crash-test into wasm-tests/out/crash-test/,
which also has routes that panic on purpose; only tests use it).
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["build"] => build("build", &[]),
        ["build", "--crash-test"] => {
            build("wasm-tests/out/crash-test", &["--features", "crash-test"])
        }
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// JavaScript of `src/edge` and its name in the built worker.
const SCRIPTS: [(&str, &str); 6] = [
    ("shim.mjs", "worker.mjs"),
    ("arena.mjs", "arena.mjs"),
    ("pictures.mjs", "pictures.mjs"),
    ("codec.mjs", "codec.mjs"),
    ("drawings.mjs", "drawings.mjs"),
    ("embind.mjs", "embind.mjs"),
];

/// Modules beside the core, which it instantiates for one piece of work: the crate,
/// and its name in the built worker.
const MODULES: [(&str, &str); 3] = [
    ("dropgate-pictures", "pictures.wasm"),
    ("dropgate-drawing", "drawings.wasm"),
    ("dropgate-jxl", "codecs/jxl_dec.wasm"),
];

/// One more, in a workspace of its own: its folder, its file, and its name in the
/// built worker.
const AVIF: (&str, &str, &str) = (
    "src/media/avif/module",
    "dropgate_avif_module.wasm",
    "codecs/avif_dec.wasm",
);

fn build(out: &str, extra: &[&str]) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies inside the workspace")?;
    let built = compile(root, extra)?;
    let core = built.join("dropgate.wasm");
    let modules = MODULES.map(|(package, name)| {
        let file = package.replace('-', "_") + ".wasm";
        (built.join(file), name)
    });
    let modules = [&modules[..], &[(built.join(AVIF.1), AVIF.2)]].concat();
    let scripts = SCRIPTS.map(|(from, to)| (root.join("src/edge").join(from), to));
    let codecs = codecs::chosen(root)?;
    // Another process may be reading the folder: what is current is left alone.
    let mut stamp = fs::read(&core)?;
    for (file, _) in modules.iter().chain(&scripts) {
        stamp.extend(fs::read(file)?);
    }
    stamp.extend(codecs.join(" ").into_bytes());
    // Which versions of the codecs.
    stamp.extend(fs::read(root.join("package-lock.json"))?);
    let stamp = format!("{:x} {}", hash(&stamp), stamp.len()).into_bytes();
    let out = root.join(out);
    fs::create_dir_all(&out)?;
    if fs::read(out.join("built-from")).is_ok_and(|known| known == stamp) {
        return Ok(());
    }
    Bindgen::new()
        .input_path(&core)
        .out_name("dropgate")
        // `import source`: the module arrives compiled, as Workers require.
        .module(true)?
        // The shim calls these to replace an instance that a trap has poisoned.
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .typescript(false)
        // A third of the download; panics name their source line without it.
        .remove_name_section(true)
        .generate(&out)
        .context("wasm-bindgen could not write its JavaScript")?;
    for (script, name) in scripts {
        fs::copy(script, out.join(name))?;
    }
    codecs::copy(root, &out, &codecs)?;
    for (module, name) in modules {
        let reads = codecs::READERS.iter().find(|(_, reader)| *reader == name);
        if reads.is_some_and(|(codec, _)| !codecs.iter().any(|chosen| chosen == codec)) {
            continue;
        }
        ModuleConfig::new()
            .generate_name_section(false)
            .parse_file(&module)
            .and_then(|mut module| module.emit_wasm_file(out.join(name)))
            .with_context(|| format!("{name} could not be written"))?;
    }
    fs::write(out.join("built-from"), stamp)?;
    Ok(())
}

/// Tells two builds apart; not for security.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Compiles all modules and returns their folder.
fn compile(root: &Path, extra: &[&str]) -> Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let packages = MODULES.map(|(package, _)| ["--package", package]);
    let mut core = cargo(root, &target);
    core.args(["--package", "dropgate"]);
    core.args(packages.as_flattened()).args(extra);
    run(&mut core)?;
    run(&mut cargo(&root.join(AVIF.0), &target))?;
    Ok(target.join("wasm32-unknown-unknown/release"))
}

fn cargo(folder: &Path, target: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    command.args(["build", "--lib", "--release", "--locked"]);
    command.args(["--target", "wasm32-unknown-unknown", "--target-dir"]);
    command.arg(target);
    command
}

fn run(cargo: &mut Command) -> Result<()> {
    if !cargo.status().context("cargo did not start")?.success() {
        bail!("cargo could not build the worker; its messages are above");
    }
    Ok(())
}
