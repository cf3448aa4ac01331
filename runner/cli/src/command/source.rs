//! Builds an adapter's source into a component.

use super::{block_on, pack, runtime};
use crate::problem::{Problem, why};
use crate::terminal::Terminal;
use hotcell::manifest::Build;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use toml::Table;

/// The profile of an adapter's build, where its workspace has one of this name.
const PROFILE: &str = "guest";

/// The folder of an adapter's crate.
pub(super) struct Source {
    folder: PathBuf,
    workspace: PathBuf,
    manifest: PathBuf,
    package: String,
    /// What the module is called.
    library: String,
    profile: &'static str,
}

impl Source {
    /// Reads what has to be known for a build.
    pub(super) fn open(folder: &Path, manifest: Option<&Path>) -> Result<Self, Problem> {
        let shown = folder.display();
        let folder = folder.canonicalize().map_err(|error| {
            Problem::usage(format!("the source `{shown}` cannot be read: {}", why(&error)))
        })?;
        let manifest = manifest.map_or_else(|| folder.join("adapter.toml"), Path::to_owned);
        let crate_file = folder.join("Cargo.toml");
        let cargo = table(&crate_file)?;
        let name = |table: &str| cargo.get(table)?.get("name")?.as_str().map(str::to_owned);
        let package = name("package").ok_or_else(|| {
            let shown = crate_file.display();
            Problem::usage(format!("`{shown}` is not of one crate: it has no package.name"))
                .with_help("name the folder of the adapter's own crate")
        })?;
        let workspace = workspace(&folder)?;
        let profiles = table(&workspace.join("Cargo.toml"))?;
        let has_profile =
            profiles.get("profile").is_some_and(|profiles| profiles.get(PROFILE).is_some());
        Ok(Self {
            library: name("lib").unwrap_or_else(|| package.clone()),
            profile: if has_profile { PROFILE } else { "release" },
            folder,
            workspace,
            manifest,
            package,
        })
    }

    /// Where the source's own builds are.
    pub(super) fn target_dir(&self) -> PathBuf {
        self.workspace.join("target").join("guests")
    }

    /// The component that the source gives. Cargo tells how far it is.
    pub(super) fn build(&self, target_dir: &Path, terminal: &Terminal) -> Result<Vec<u8>, Problem> {
        let build = Build {
            cargo: "cargo".into(),
            rustc: "rustc".into(),
            workspace: &self.workspace,
            target_dir,
            profile: self.profile,
            package: &self.package,
        };
        let mut command = build.command().map_err(|error| no_toolchain(&error))?;
        command.stdin(Stdio::null()).stdout(Stdio::null());
        if !terminal.error_is_screen {
            command.arg("--quiet");
        }
        let mut command = tokio::process::Command::from(command);
        command.kill_on_drop(true);
        let status = block_on(runtime()?, async {
            command.status().await.map_err(|error| no_toolchain(&error))
        })?;
        if !status.success() {
            let shown = self.folder.display();
            return Err(Problem::usage(format!("the source `{shown}` does not build"))
                .with_help("cargo says why above"));
        }
        let tree = build.tree(&self.package).map_err(|error| {
            Problem::usage(format!("the source `{}`: {error}", self.folder.display()))
        })?;
        pack::pack(&build.module(&self.library), &self.manifest, Some(&tree.dependencies))
    }
}

/// The folder that has the source's Cargo.lock.
fn workspace(folder: &Path) -> Result<PathBuf, Problem> {
    let output = Command::new("cargo")
        .current_dir(folder)
        .args(["locate-project", "--workspace", "--message-format", "plain"])
        .output()
        .map_err(|error| no_toolchain(&error))?;
    let file = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match Path::new(&file).parent() {
        Some(workspace) if output.status.success() => Ok(workspace.to_owned()),
        _ => Err(Problem::usage(format!(
            "`{}` cannot be built: {}",
            folder.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
    }
}

fn table(file: &Path) -> Result<Table, Problem> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Problem::usage(format!("`{shown}` cannot be read: {}", why(&error)))
            .with_help("a source is the folder of a crate, with its Cargo.toml and adapter.toml")
    })?;
    text.parse().map_err(|error| Problem::usage(format!("`{shown}`: {error}")))
}

fn no_toolchain(error: &std::io::Error) -> Problem {
    Problem::usage(format!("cargo cannot be run: {}", why(error)))
        .with_help("building a source needs Rust, which rustup installs")
}
