//! Who made a component: signatures, and the publishers that an operator believes.
//!
//! A signature by anybody is worth nothing. So a [`Policy`] names *publishers*: a key, or
//! an identity that Sigstore vouches for, and the adapters that it may sign. A component
//! of such a name runs when one of its publishers signed those very bytes, and not
//! otherwise. All of it is checked offline, on the bytes that are about to run.
//!
//! Three kinds of signatures are understood, each a file beside the component:
//!
//! | file | what | by |
//! | --- | --- | --- |
//! | `FILE.minisig` | [minisign](https://jedisct1.github.io/minisign/) | a key |
//! | `FILE.sig` | Ed25519 over the bytes, raw or as base64 | a key |
//! | `FILE.sigstore.json` | a [Sigstore bundle](https://docs.sigstore.dev/about/bundle/) | an identity, a certificate of some minutes, and a public log |

#![deny(unsafe_code)]

mod ed25519;
mod policy;
#[cfg(feature = "sign")]
pub mod sign;
mod signature;
mod sigstore;
mod trust;

pub use policy::{AdapterNames, Policy, Publisher, PublisherKey, Unsigned};
pub use signature::{Kind, ReadError, Signature};
pub use trust::{SignatureError, Signer, Trust, TrustError};
