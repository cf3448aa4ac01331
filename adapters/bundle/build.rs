//! Builds the first-party adapters for `wasm32-unknown-unknown`, packs each with
//! its manifest, and writes the table that `src/lib.rs` includes.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// Folder below `adapters/`, in the order of a listing.
const ADAPTERS: &[&str] = &["anthropic", "openai"];
/// Only for the demo and the red team; never offered as an adapter.
const HOSTILE: &str = "hostile";

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
    for name in ADAPTERS.iter().chain([&HOSTILE]) {
        println!("cargo::rerun-if-changed={}", adapters.join(name).display());
    }

    ensure_target(&workspace)?;
    compile(&workspace, &target_dir)?;

    let mut table = String::new();
    writeln!(table, "/// The first-party adapters, by name.")?;
    writeln!(table, "pub static ADAPTERS: &[Bundled] = &[")?;
    for name in ADAPTERS {
        writeln!(table, "{},", entry(name, &adapters, &target_dir, &out)?)?;
    }
    writeln!(table, "];")?;
    writeln!(table, "/// An adapter that tries to break out, for the demo and the red team.")?;
    writeln!(
        table,
        "pub static HOSTILE: Bundled = {};",
        entry(HOSTILE, &adapters, &target_dir, &out)?
    )?;
    fs::write(out.join("table.rs"), table)?;
    Ok(())
}

/// One build for all guests, with paths of this machine taken out of the bytes.
fn compile(workspace: &Path, target_dir: &Path) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new(env::var("CARGO")?);
    command
        .current_dir(workspace)
        .args(["build", "--locked", "--profile", "guest", "--target", TARGET, "--target-dir"])
        .arg(target_dir);
    for name in ADAPTERS.iter().chain([&HOSTILE]) {
        command.args(["--package", &format!("hotcell-adapter-{name}")]);
    }
    // The guest must not inherit what was set for the host (coverage, sanitizers,
    // clippy's wrapper), nor an outer build's target folder.
    for name in [
        "RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET_DIR",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "CARGO_INCREMENTAL",
    ] {
        command.env_remove(name);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", guest_flags(workspace)?.join("\u{1f}"));
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("the adapters do not build:\n{}", String::from_utf8_lossy(&output.stderr)).into())
}

fn guest_flags(workspace: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let sysroot = Command::new(env::var("RUSTC")?).args(["--print", "sysroot"]).output()?;
    let sysroot = String::from_utf8(sysroot.stdout)?;
    let mut flags = vec![
        format!("--remap-path-prefix={}=/hotcell", workspace.display()),
        format!("--remap-path-prefix={}=/rust", sysroot.trim()),
        // Line ends are looked for sixteen bytes at a time.
        "-Ctarget-feature=+simd128".to_owned(),
        // The default shadow stack of 1 MiB would be most of a cell's memory.
        "-Clink-arg=-zstack-size=131072".to_owned(),
    ];
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    if let Some(home) = home {
        flags.push(format!("--remap-path-prefix={}=/cargo", home.display()));
    }
    Ok(flags)
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

fn entry(
    name: &str,
    adapters: &Path,
    target_dir: &Path,
    out: &Path,
) -> Result<String, Box<dyn Error>> {
    let module = target_dir
        .join(TARGET)
        .join("guest")
        .join(format!("hotcell_adapter_{}.wasm", name.replace('-', "_")));
    let manifest = fs::read_to_string(adapters.join(name).join("adapter.toml"))?;
    let component = hotcell_manifest::pack(&fs::read(module)?, &manifest)
        .map_err(|error| format!("adapter {name}: {error}"))?;
    let file = out.join(format!("{name}.wasm"));
    let digest = hotcell_manifest::Digest::of(&component);
    fs::write(&file, component)?;
    Ok(format!(
        "Bundled {{ name: {name:?}, digest: {:?}, component: include_bytes!({:?}) }}",
        digest.to_string(),
        file
    ))
}
