//! Builds the first-party adapters for `wasm32-unknown-unknown`, packs each with
//! its manifest, and writes the table that `src/lib.rs` includes.

use hotcell_manifest::{Build, TARGET};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An adapter is a manifest and the code that it is for.
struct Source {
    /// The adapter's name, and the folder below `adapters/` with its `adapter.toml`.
    name: &'static str,
    /// The folder with its code: another adapter's, where both speak one protocol and
    /// only what is granted differs.
    code: &'static str,
}

/// In the order of a listing.
const ADAPTERS: &[Source] = &[
    Source { name: "anthropic", code: "anthropic" },
    Source { name: "azure", code: "azure" },
    Source { name: "bedrock", code: "bedrock" },
    Source { name: "bedrock-anthropic", code: "bedrock-anthropic" },
    Source { name: "bedrock-nova", code: "bedrock-nova" },
    Source { name: "bedrock-text", code: "bedrock-text" },
    Source { name: "cohere", code: "cohere" },
    Source { name: "databricks", code: "databricks" },
    Source { name: "gemini", code: "gemini" },
    Source { name: "hf-inference", code: "hf-inference" },
    Source { name: "jina", code: "jina" },
    Source { name: "mistral", code: "mistral" },
    Source { name: "ollama", code: "ollama" },
    Source { name: "openai", code: "openai" },
    Source { name: "openai-media", code: "openai-media" },
    Source { name: "openai-responses", code: "openai-responses" },
    Source { name: "replicate", code: "replicate" },
    Source { name: "rerank", code: "jina" },
    Source { name: "sagemaker-chat", code: "sagemaker-chat" },
    Source { name: "sagemaker-generate", code: "sagemaker-generate" },
    Source { name: "tei", code: "hf-inference" },
    Source { name: "vertex", code: "gemini" },
    Source { name: "vertex-anthropic", code: "anthropic" },
    Source { name: "vertex-openai", code: "openai" },
    Source { name: "voyage", code: "jina" },
    Source { name: "watsonx", code: "watsonx" },
];
/// Only for the demo and the red team; never offered as an adapter.
const HOSTILE: Source = Source { name: "hostile", code: "hostile" };

fn main() {
    if let Err(error) = build() {
        // The message is the whole point; a panic would bury it in a backtrace.
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let adapters = here.parent().ok_or("the bundle has no parent folder")?.to_owned();
    let workspace = adapters.parent().ok_or("the adapters have no workspace")?.to_owned();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // OUT_DIR is TARGET_DIR/PROFILE/build/PACKAGE/out. The guests do not depend on
    // the profile of the host, so that every profile shares one build of them.
    let target_dir = out.ancestors().nth(4).ok_or("unexpected OUT_DIR")?.join("guests");

    for input in ["wit", "adapter-sdk", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", workspace.join(input).display());
    }
    for Source { name, code } in ADAPTERS.iter().chain([&HOSTILE]) {
        println!("cargo::rerun-if-changed={}", adapters.join(name).display());
        println!("cargo::rerun-if-changed={}", adapters.join(code).display());
    }

    ensure_target(&workspace)?;
    let codes: BTreeSet<&str> =
        ADAPTERS.iter().chain([&HOSTILE]).map(|source| source.code).collect();
    let mut crates = BTreeSet::new();
    let mut packed = Vec::new();
    for code in codes {
        let build = Build {
            cargo: env::var("CARGO")?.into(),
            rustc: env::var("RUSTC")?.into(),
            workspace: &workspace,
            target_dir: &target_dir,
            profile: "guest",
            package: &package(code),
        };
        compile(&build)?;
        for source in ADAPTERS.iter().chain([&HOSTILE]).filter(|source| source.code == code) {
            packed.push(pack(source, &adapters, &build, &mut crates)?);
        }
    }
    packed.sort_by_key(|it| it.source.name);
    fs::write(out.join("table.rs"), table(&packed, &crates, &out)?)?;
    Ok(())
}

/// An adapter as the table has it.
struct Packed {
    source: &'static Source,
    component: Vec<u8>,
    manifest: String,
}

/// What `src/lib.rs` includes. Adapters of one code begin with the same bytes, which are
/// written once, and compressed.
fn table(
    packed: &[Packed],
    crates: &BTreeSet<String>,
    out: &Path,
) -> Result<String, Box<dyn Error>> {
    let mut table = String::new();
    let codes: BTreeSet<&str> = packed.iter().map(|it| it.source.code).collect();
    let mut bodies = BTreeMap::new();
    for (number, code) in codes.into_iter().enumerate() {
        let mut same = packed.iter().filter(|it| it.source.code == code);
        let first = same.next().map_or(&[][..], |it| &it.component);
        let length = same.fold(first.len(), |length, it| {
            let pairs = first.iter().zip(&it.component).take(length);
            pairs.take_while(|(one, other)| one == other).count()
        });
        let file = out.join(format!("{code}.body"));
        fs::write(&file, miniz_oxide::deflate::compress_to_vec(&first[..length], 10))?;
        writeln!(table, "static BODY_{number}: &[u8] = include_bytes!({file:?});")?;
        bodies.insert(code, (number, length));
    }
    writeln!(table, "/// The first-party adapters, by name.")?;
    writeln!(table, "pub static ADAPTERS: [Bundled; {}] = [", ADAPTERS.len())?;
    for adapter in packed.iter().filter(|it| it.source.name != HOSTILE.name) {
        writeln!(table, "{},", entry(adapter, bodies[adapter.source.code], out)?)?;
    }
    writeln!(table, "];")?;
    writeln!(table, "/// An adapter that tries to break out, for the demo and the red team.")?;
    for adapter in packed.iter().filter(|it| it.source.name == HOSTILE.name) {
        let entry = entry(adapter, bodies[adapter.source.code], out)?;
        writeln!(table, "pub static HOSTILE: Bundled = {entry};")?;
    }
    writeln!(table, "/// What is known of the crates that the adapters are built from.")?;
    writeln!(table, "pub static CRATES: &[Crate] = &[")?;
    for entry in crates {
        writeln!(table, "{entry},")?;
    }
    writeln!(table, "];")?;
    Ok(table)
}

fn compile(build: &Build<'_>) -> Result<(), Box<dyn Error>> {
    let output = build.command()?.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("the adapters do not build:\n{}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Some machines switch rustup's automatic install off; then the target that
/// `rust-toolchain.toml` names has to be asked for.
fn ensure_target(workspace: &Path) -> Result<(), Box<dyn Error>> {
    let rustc = env::var("RUSTC")?;
    let libdir =
        Command::new(&rustc).args(["--print", "target-libdir", "--target", TARGET]).output()?;
    let libdir = PathBuf::from(String::from_utf8(libdir.stdout)?.trim());
    if libdir.is_dir() {
        return Ok(());
    }
    println!("cargo::warning=installing the Rust target {TARGET} with rustup, for the adapters");
    let installed = Command::new("rustup")
        .current_dir(workspace)
        .args(["target", "add", TARGET])
        .output()
        .is_ok_and(|output| output.status.success());
    if installed && libdir.is_dir() {
        return Ok(());
    }
    Err(format!(
        "the Rust target {TARGET} is missing and could not be installed; run: rustup target add {TARGET}"
    )
    .into())
}

fn pack(
    source: &'static Source,
    adapters: &Path,
    build: &Build<'_>,
    crates: &mut BTreeSet<String>,
) -> Result<Packed, Box<dyn Error>> {
    let Source { name, code } = source;
    let module = build.module(&package(code));
    let manifest = fs::read_to_string(adapters.join(name).join("adapter.toml"))?;
    let tree = build.tree(&package(code))?;
    let component = hotcell_manifest::pack_with(&fs::read(module)?, &manifest, &tree.dependencies)
        .map_err(|error| format!("adapter {name}: {error}"))?;
    crates.extend(tree.crates.iter().map(ToString::to_string));
    Ok(Packed { source, component, manifest })
}

/// One entry of the table: what can be asked of a component without its bytes stands beside
/// them, so that they are only unpacked where they are compiled.
fn entry(
    adapter: &Packed,
    (body, length): (usize, usize),
    out: &Path,
) -> Result<String, Box<dyn Error>> {
    let name = adapter.source.name;
    let inspection = hotcell_manifest::inspect(&adapter.component)?;
    let tail = out.join(format!("{name}.tail"));
    fs::write(&tail, &adapter.component[length..])?;
    // As it stands in the component.
    let manifest = out.join(format!("{name}.toml"));
    fs::write(&manifest, &adapter.manifest)?;
    // As the section has it before it is compressed.
    let dependencies = match &inspection.dependencies {
        Some(tree) => {
            let section = miniz_oxide::inflate::decompress_to_vec_zlib(&tree.to_section());
            String::from_utf8(section.map_err(|error| error.to_string())?)?
        }
        None => String::new(),
    };
    Ok(format!(
        "Bundled {{ name: {name:?}, digest: {:?}, size: {}, manifest: include_str!({manifest:?}), \
         imports: &{:?}, exports: &{:?}, dependencies: {dependencies:?}, body: BODY_{body}, \
         tail: include_bytes!({tail:?}), unpacked: std::sync::OnceLock::new() }}",
        inspection.digest.to_string(),
        inspection.size,
        inspection.imports,
        inspection.exports,
    ))
}

fn package(name: &str) -> String {
    format!("hotcell-adapter-{name}")
}
