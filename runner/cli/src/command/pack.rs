//! `hotcell adapter pack`: an author's module, or its source, becomes a component.

use super::adapter::read_file;
use super::source::Source;
use crate::arguments::PackArguments;
use crate::problem::{Problem, why};
use crate::render::text::{bytes, visible_line};
use crate::terminal::Terminal;
use hotcell::manifest::{Dependencies, PackError, pack_with};
use serde_json::json;
use std::path::{Path, PathBuf};

pub(crate) fn run(arguments: &PackArguments, terminal: &Terminal) -> Result<(), Problem> {
    let component = component(arguments, terminal)?;
    // What the runner would say to it, before anybody meets it there.
    let inspection = hotcell::inspect(&component, false)
        .map_err(|error| Problem::usage(format!("{}: {error}", arguments.module.display())))?;
    let name = &inspection.manifest.adapter.name;
    let output = arguments.output.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.wasm")));
    write(&output, &component)?;
    if arguments.json {
        return terminal.print_json(&json!({
            "file": output,
            "name": name,
            "digest": inspection.digest,
            "size": inspection.size,
            "imports": inspection.imports,
        }));
    }
    let (shown, size) =
        (visible_line(&output.display().to_string()), bytes(component.len() as u64));
    terminal.print(&format!(
        "{shown}: {size}, {}\n\nTo use it, agree to it with `hotcell adapter add {shown}`, or write \
         into hotcell.toml:\n\n\
         [adapters.{name}]\npath = {}\ndigest = \"{}\"\n\n\
         [providers.{name}]\nadapter = \"{name}\"\n",
        inspection.manifest.adapter.version,
        toml::Value::from(output.display().to_string()),
        inspection.digest,
    ))
}

fn component(arguments: &PackArguments, terminal: &Terminal) -> Result<Vec<u8>, Problem> {
    let manifest = arguments.manifest.as_deref();
    if arguments.module.is_dir() {
        let source = Source::open(&arguments.module, manifest)?;
        return source.build(&source.target_dir(), terminal);
    }
    let manifest = manifest.unwrap_or(Path::new("adapter.toml"));
    pack(&arguments.module, manifest, None)
}

/// Packs a module with its manifest and, where it was built here, with what it is built from.
pub(super) fn pack(
    module_file: &Path,
    manifest_file: &Path,
    dependencies: Option<&Dependencies>,
) -> Result<Vec<u8>, Problem> {
    let manifest = std::fs::read_to_string(manifest_file).map_err(|error| {
        let (shown, why) = (manifest_file.display(), why(&error));
        Problem::usage(format!("the manifest `{shown}` cannot be read: {why}"))
            .with_help("an adapter's manifest is its adapter.toml; name it with `--manifest FILE`")
    })?;
    let module = read_file(module_file)?;
    let packed = match dependencies {
        Some(dependencies) => pack_with(&module, &manifest, dependencies),
        None => hotcell::manifest::pack(&module, &manifest),
    };
    packed.map_err(|error| match error {
        PackError::Manifest(error) => {
            Problem::usage(format!("{}: {error}", manifest_file.display()))
        }
        error => Problem::usage(format!("{}: {error}", module_file.display())).with_help(
            "pack the module that `cargo build --target wasm32-unknown-unknown` makes of a \
             crate with `crate-type = [\"cdylib\"]` and an `export!`",
        ),
    })
}

/// Writes beside and renames: a file is there whole, or not at all.
pub(super) fn write(output: &Path, content: &[u8]) -> Result<(), Problem> {
    let fail = |error: std::io::Error| {
        Problem::usage(format!("`{}` cannot be written: {}", output.display(), why(&error)))
    };
    let folder = match output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => std::path::Path::new("."),
    };
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    std::io::Write::write_all(&mut beside, content).map_err(fail)?;
    beside.persist(output).map_err(|error| fail(error.error))?;
    Ok(())
}
