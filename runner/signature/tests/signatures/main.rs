//! Whose a component is: by keys, and by identities that a Sigstore of the test's own
//! vouches for.

mod keys;
mod policy;
mod sigstore;
mod small_sigstore;

use hotcell_signature::{Policy, SignatureError, Trust};

/// What is signed. No signature depends on what it is.
const COMPONENT: &[u8] = b"\0asm the component";
const OTHER: &[u8] = b"\0asm another component";

fn trust(text: &str) -> Trust {
    Trust::load(parse(text).expect("a policy")).expect("its keys")
}

fn parse(text: &str) -> Result<Policy, String> {
    #[derive(serde::Deserialize)]
    struct File {
        signatures: Policy,
    }
    toml::from_str::<File>(text).map(|file| file.signatures).map_err(|error| error.to_string())
}

fn reasons(error: SignatureError) -> String {
    match error {
        SignatureError::Foreign { why, .. } => why.join("; "),
        other => panic!("{other}"),
    }
}
