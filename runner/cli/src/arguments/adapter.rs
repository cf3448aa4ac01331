use super::{AddArguments, KeyArguments, SignArguments, TrustArguments};
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum AdapterCommand {
    /// List the adapters that are bundled or configured
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Show what an adapter may do, and what it is made of
    ///
    /// Reads the component's declaration, imports and exports. Nothing of it is
    /// compiled or run.
    Inspect {
        /// A bundled or configured adapter's name, or a component's file
        #[arg(value_name = "NAME|FILE", value_hint = ValueHint::AnyPath)]
        adapter: String,

        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    Diff(DiffArguments),
    Verify(VerifyArguments),
    Pack(PackArguments),
    Key(KeyArguments),
    Sign(SignArguments),
    Add(AddArguments),
    Trust(TrustArguments),
    /// Take a grant back
    Remove {
        /// The adapter, by the name of its grant
        #[arg(value_name = "NAME")]
        adapter: String,
    },
}

/// Show whether a source gives an adapter, byte for byte
///
/// Builds the source in a new folder with the toolchain that it names, packs it, and
/// compares. Ends with exit code 1 where another component comes out. A build runs the
/// build scripts of the source and of what it depends on, outside any cell, but without
/// your environment: read a source before you build it.
#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// A bundled, configured or granted adapter's name, or a component's file
    #[arg(value_name = "NAME|FILE", value_hint = ValueHint::AnyPath)]
    pub(crate) adapter: String,

    /// The folder of the source, with its Cargo.toml and adapter.toml
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) source: PathBuf,

    /// The manifest, where it is not the adapter.toml of that folder: several adapters may
    /// share their code
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) manifest: Option<PathBuf>,

    /// Build here, and keep it for the next time
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) target_dir: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what one adapter may do that another may not
///
/// Compares what two components declare, import and export, the worst first. Nothing of
/// them is compiled or run. Ends with exit code 1 where the second may do anything that
/// the first may not. What they are built from is compared as well, as far as they state
/// it; a crate is no capability, and the exit code says nothing of it.
#[derive(Args, Debug)]
pub(crate) struct DiffArguments {
    /// The old one: a bundled or configured adapter's name, or a component's file
    #[arg(value_name = "OLD", value_hint = ValueHint::AnyPath)]
    pub(crate) old: String,

    /// The new one
    #[arg(value_name = "NEW", value_hint = ValueHint::AnyPath)]
    pub(crate) new: String,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Make a component of an adapter's module and its manifest
///
/// The module is what `cargo build --release --target wasm32-unknown-unknown` makes of
/// the adapter's crate. The component is checked as the runner would, and what to add
/// to hotcell.toml is printed.
#[derive(Args, Debug)]
pub(crate) struct PackArguments {
    /// The core module; or the folder of its source, which is built first
    #[arg(value_name = "MODULE|DIR", value_hint = ValueHint::AnyPath)]
    pub(crate) module: PathBuf,

    /// The manifest; adapter.toml by default, of the source's folder or of this one
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) manifest: Option<PathBuf>,

    /// Where to write the component; NAME.wasm by default
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
