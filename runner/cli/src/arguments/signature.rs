//! The arguments of making keys and signatures.

use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Make a pair of keys to sign adapters with
///
/// Writes the secret key to FILE, which only you can read, and the public key to
/// FILE.pub, both in minisign's format. The secret key is protected by a password, which
/// is asked for. The line that operators put into their hotcell.toml is printed.
#[derive(Args, Debug)]
pub(crate) struct KeyArguments {
    /// Where to write the secret key
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// Take the first line of this file as the password
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) password_file: Option<PathBuf>,

    /// Protect the key by its file's permissions alone, for machines that sign
    #[arg(long, conflicts_with = "password_file")]
    pub(crate) no_password: bool,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Sign an adapter with your key
///
/// Writes FILE.minisig beside the component; or FILE.sig, where the key is an Ed25519 key
/// in PEM. Whoever has your public key in hotcell.toml then knows that it is yours:
///
///   [signatures.publishers.you]
///   adapters = ["your-*"]
///   minisign = "RW…"
///
/// Signatures by an identity, without a key to keep, are made with Sigstore's own
/// `cosign sign-blob --bundle FILE.sigstore.json FILE`.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct SignArguments {
    /// The component
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) component: PathBuf,

    /// The secret key, of `hotcell adapter key`, `minisign -G` or `openssl genpkey
    /// -algorithm ed25519`
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) key: PathBuf,

    /// Take the first line of this file as the key's password
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) password_file: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
