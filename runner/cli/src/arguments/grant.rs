//! The arguments of a person's yes, and of where its component comes from.

use clap::{Args, ValueHint};
use hotcell::manifest::Digest;
use std::path::PathBuf;

/// Agree to an adapter: to one component, and to what it may do
///
/// Shows what the component asks for, the worst first, and asks. The yes is written into
/// hotcell.lock beside the configuration, with the component's digest and every
/// capability; the component is kept in a store of your own. From then on that component
/// runs, and no other.
///
///   hotcell adapter add echo.wasm
///   hotcell adapter add https://example.com/echo.wasm --digest sha256:…
///   hotcell adapter add oci://ghcr.io/acme/echo:1.2
///   hotcell adapter add oci://ghcr.io/acme/private:1 --credential 'cmd:pass show ghcr'
///
/// A tag of a registry means what it means now: the component that is shown is the one
/// that is agreed to, by its digest.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct AddArguments {
    /// The component: its file, an address with https://, or a reference with oci://
    #[arg(value_name = "SOURCE", value_hint = ValueHint::FilePath)]
    pub(crate) source: PathBuf,

    /// The name to use it by; its own by default
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    #[command(flatten)]
    pub(crate) from: SourceArguments,

    #[command(flatten)]
    pub(crate) consent: ConsentArguments,
}

/// Agree to another version of an adapter
///
/// Shows only what it may do that it might not before, and asks.
///
///   hotcell adapter trust echo new.wasm
///   hotcell adapter trust echo                      # what its tag means by now
///   hotcell adapter trust echo --digest sha256:…    # what lies at its address by now
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct TrustArguments {
    /// The adapter, by the name of its grant
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// The new component: a file, an https:// address or an oci:// reference; where the
    /// grant's came from by default
    #[arg(value_name = "SOURCE", value_hint = ValueHint::FilePath)]
    pub(crate) source: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) from: SourceArguments,

    #[command(flatten)]
    pub(crate) consent: ConsentArguments,
}

/// What has to be known of a source.
#[derive(Args, Debug)]
pub(crate) struct SourceArguments {
    /// The digest that the component must have, as its author publishes it; an https://
    /// address needs one
    #[arg(long, value_name = "DIGEST")]
    pub(crate) digest: Option<Digest>,

    /// Its signature; those that lie beside it by default, as SOURCE.minisig, SOURCE.sig or
    /// SOURCE.sigstore.json. Beside what is in a registry none do
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) signature: Vec<PathBuf>,

    /// Where the registry's USER:PASSWORD comes from: env:, file:, cmd: or keyring:. It is
    /// sent to the registry that SOURCE names
    #[arg(long, value_name = "SOURCE", help_heading = "From a registry")]
    // Read later: what is refused here would be repeated, and may be the credential.
    pub(crate) credential: Option<String>,

    /// Send the credential to this host as well, where the registry says that its tokens
    /// are given, such as auth.docker.io
    #[arg(
        long,
        value_name = "HOST",
        requires = "credential",
        value_hint = ValueHint::Hostname,
        help_heading = "From a registry"
    )]
    pub(crate) token_host: Option<String>,

    /// Permit addresses that are not public, for a server in your own network
    #[arg(long, help_heading = "From your own network")]
    pub(crate) allow_private: bool,

    /// Permit http:// there, where it can be read and changed on its way
    #[arg(long, requires = "allow_private", help_heading = "From your own network")]
    pub(crate) allow_plaintext: bool,
}

/// How the yes is given.
#[derive(Args, Debug)]
pub(crate) struct ConsentArguments {
    /// Agree without being asked
    #[arg(short, long, conflicts_with = "grant")]
    pub(crate) yes: bool,

    /// Agree if this lock file does: for machines that set others up
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) grant: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
