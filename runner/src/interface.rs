//! What a component can be asked for.

use crate::bindings::exports::hotcell::adapter as exports;
use crate::cell::State;
use hotcell_manifest::Inspection;
use wasmtime::component::InstancePre;

/// The prefix of every import and export of this version, and what follows the name.
pub(crate) const PACKAGE: &str = "hotcell:adapter/";
pub(crate) const VERSION: &str = "@0.1.0";

macro_rules! interfaces {
    ($($(#[$doc:meta])* $kind:ident: $name:ident,)*) => {
        /// An interface that an adapter may export.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Interface {$(
            $(#[$doc])*
            $kind,
        )*}

        impl Interface {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Its name, without package and version.
            pub fn name(self) -> &'static str {
                match self {$(
                    Self::$kind => stringify!($name),
                )*}
            }
        }

        /// Those that a component exports.
        pub(crate) struct Interfaces {$(
            pub(crate) $name: Option<exports::$name::GuestIndices>,
        )*}

        impl Interfaces {
            /// An interface that is there must be whole; one that is not is no fault.
            pub(crate) fn of(
                inspection: &Inspection,
                pre: &InstancePre<State>,
            ) -> wasmtime::Result<Self> {
                Ok(Self {$(
                    $name: match Interface::$kind.is_exported(inspection) {
                        true => Some(exports::$name::GuestIndices::new(pre)?),
                        false => None,
                    },
                )*})
            }
        }
    };
}

interfaces! {
    /// Conversation with a model.
    Chat: chat,
    /// Texts into vectors.
    Embeddings: embeddings,
    /// What the provider has.
    Models: models,
    /// Documents in order.
    Rerank: rerank,
    /// How large a request is.
    Tokens: tokens,
    /// Texts into images.
    Images: images,
    /// Texts into sound.
    Speech: speech,
    /// Sound into text.
    Transcription: transcription,
    /// What a policy says about content.
    Moderation: moderation,
    /// Answers that the provider keeps.
    Stored: stored,
}

impl Interface {
    /// Whether a component exports it.
    pub fn is_exported(self, inspection: &Inspection) -> bool {
        let name = format!("{PACKAGE}{}{VERSION}", self.name());
        inspection.exports.contains(&name)
    }
}

impl std::fmt::Display for Interface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
