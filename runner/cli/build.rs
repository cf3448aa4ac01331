//! Writes down what this program is built from, so that it can tell.

use hotcell_manifest::Tree;
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use toml::Table;

fn main() {
    if let Err(error) = write_down() {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn write_down() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let workspace = here.ancestors().nth(2).ok_or("the command line has no workspace")?;
    rerun_if_changed(workspace)?;

    let mut cargo = Command::new(env::var("CARGO")?);
    // Whatever is needed was fetched for this build.
    cargo.current_dir(workspace).env("CARGO_NET_OFFLINE", "true");
    cargo.env_remove("RUSTC_WORKSPACE_WRAPPER");
    let tree = Tree::ask(cargo, workspace, &env::var("CARGO_PKG_NAME")?, &env::var("TARGET")?)?;

    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("dependencies"), tree.dependencies.to_section())?;
    let mut table = String::from("&[\n");
    for one in tree.crates {
        writeln!(table, "{one},")?;
    }
    table.push_str("]\n");
    fs::write(out.join("crates.rs"), table)?;
    Ok(())
}

/// What the tree is made of.
fn rerun_if_changed(workspace: &Path) -> Result<(), Box<dyn Error>> {
    let manifest: Table = fs::read_to_string(workspace.join("Cargo.toml"))?.parse()?;
    let members = manifest.get("workspace").and_then(|table| table.get("members"));
    let members = members.and_then(|members| members.as_array()).into_iter().flatten();
    for member in members.filter_map(|member| member.as_str()) {
        let manifest = workspace.join(member).join("Cargo.toml");
        println!("cargo::rerun-if-changed={}", manifest.display());
    }
    for file in ["Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", workspace.join(file).display());
    }
    Ok(())
}
