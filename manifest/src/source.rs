//! Building adapters from their source, so that the same source and toolchain give
//! the same bytes in whichever folder they lie.

use crate::Tree;
use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What adapters are compiled for: a target without a system below it.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// What cargo and rustc need to know of the machine. The rest of the environment may
/// change what is built, or be a secret that no build script has to read.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USERPROFILE",
    "SYSTEMROOT",
    "TMPDIR",
    "TEMP",
    "TERM",
    // Where a Mac keeps its linker and libraries.
    "DEVELOPER_DIR",
    "SDKROOT",
    "CARGO_HOME",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Which toolchain, and where cargo finds other crates.
const KEPT_PREFIXES: &[&str] = &["RUSTUP_", "CARGO_HTTP_", "CARGO_NET_", "CARGO_SOURCE_"];

/// One build of an adapter.
#[derive(Clone, Debug)]
pub struct Build<'a> {
    /// The program; `cargo` finds it in the path.
    pub cargo: PathBuf,
    /// The compiler that goes with it.
    pub rustc: PathBuf,
    /// The folder that has Cargo.lock, without symbolic links in its path.
    pub workspace: &'a Path,
    /// Where what is built is kept.
    pub target_dir: &'a Path,
    /// Cargo's profile, which is not `dev`.
    pub profile: &'a str,
    /// The adapter's crate, by the name of its package.
    pub package: &'a str,
}

impl Build<'_> {
    /// The command that builds, with nothing of this process's environment but what a
    /// build needs.
    ///
    /// # Errors
    /// Where the compiler cannot be asked for its folder.
    pub fn command(&self) -> io::Result<Command> {
        let flags = self.flags()?;
        let mut command = Command::new(&self.cargo);
        command
            .current_dir(self.workspace)
            .env_clear()
            .envs(environment())
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            // A library that its own tests are linked to as well is optimised as a whole only
            // where it is built as nothing else.
            .args(["rustc", "--lib", "--crate-type", "cdylib", "--package", self.package])
            .args(["--locked", "--profile", self.profile, "--target", TARGET])
            .arg("--target-dir")
            .arg(self.target_dir);
        Ok(command)
    }

    /// The module that the build makes of a library.
    pub fn module(&self, library: &str) -> PathBuf {
        let file = format!("{}.wasm", library.replace('-', "_"));
        self.target_dir.join(TARGET).join(self.profile).join(file)
    }

    /// What goes into a package that is built.
    ///
    /// # Errors
    /// As [`Tree::ask`].
    pub fn tree(&self, package: &str) -> io::Result<Tree> {
        let mut cargo = Command::new(&self.cargo);
        cargo.current_dir(self.workspace).env_clear().envs(environment()).stdin(Stdio::null());
        Tree::ask(cargo, self.workspace, package, TARGET)
    }

    fn flags(&self) -> io::Result<Vec<String>> {
        let mut rustc = Command::new(&self.rustc);
        rustc.current_dir(self.workspace).env_clear().envs(environment());
        let sysroot = rustc.args(["--print", "sysroot"]).output()?;
        if !sysroot.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&sysroot.stderr).into_owned()));
        }
        let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
        let mut flags = vec![
            // Panics tell where they were in the source, and no more than that.
            format!("--remap-path-prefix={}=/hotcell", self.workspace.display()),
            format!("--remap-path-prefix={sysroot}=/rust"),
            // Nobody reads the names of functions in a cell. A profile that has packages of
            // its own in it loses its `strip`.
            "-Cstrip=symbols".to_owned(),
            // Line ends are looked for sixteen bytes at a time.
            "-Ctarget-feature=+simd128".to_owned(),
            // The default shadow stack of 1 MiB would be most of a cell's memory.
            "-Clink-arg=-zstack-size=131072".to_owned(),
            // What an ordinary request takes is there from the start: see `heap` in the SDK.
            "-Clink-arg=--initial-memory=1048576".to_owned(),
        ];
        let home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| env::home_dir().map(|home| home.join(".cargo")));
        if let Some(home) = home {
            flags.push(format!("--remap-path-prefix={}=/cargo", home.display()));
        }
        Ok(flags)
    }
}

fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    env::vars_os().filter(|(name, _)| {
        name.to_str().is_some_and(|name| {
            KEPT.contains(&name) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        })
    })
}
