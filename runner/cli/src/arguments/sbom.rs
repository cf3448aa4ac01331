use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Write what an adapter, or hotcell itself, is built from
///
/// A bill of materials with every crate, its version, where it comes from and what needs
/// it; licence and digest where hotcell knows them. What a component of somebody else
/// states is their claim, and the bill says so: `hotcell adapter verify` builds the source
/// and shows whether it is true.
///
/// The same adapter gives the same bytes. The time of the variable SOURCE_DATE_EPOCH is
/// written down where it is set; otherwise CycloneDX goes without, and SPDX, which has to
/// have one, takes the present.
///
///   hotcell sbom openai
///   hotcell sbom --all --format spdx --output hotcell.spdx.json
///   hotcell sbom --all --advisories advisory-db/crates
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct SbomArguments {
    /// A bundled, configured or granted adapter's name, or a component's file
    #[arg(
        value_name = "NAME|FILE",
        required_unless_present = "all",
        conflicts_with = "all",
        value_hint = ValueHint::AnyPath
    )]
    pub(crate) adapter: Option<String>,

    /// Of hotcell itself with every adapter that it knows
    #[arg(short, long)]
    pub(crate) all: bool,

    /// The format
    #[arg(short, long, value_name = "FORMAT", default_value = "cyclonedx")]
    pub(crate) format: SbomFormat,

    /// Add what these advisories say of the crates: a file or folder in the format of OSV
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub(crate) advisories: Option<PathBuf>,

    /// Write into this file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// The formats of a bill of materials.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum SbomFormat {
    /// CycloneDX 1.7, as JSON
    #[value(name = "cyclonedx")]
    CycloneDx,
    /// SPDX 3.0.1, as JSON-LD
    Spdx,
}
