//! What an auditor should look at.

use hotcell_manifest::Severity;
use serde::Serialize;
use std::fmt;

/// One thing that an auditor should look at, and what to do about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// What kind of thing it is.
    pub code: Code,
    /// What it is about.
    pub subject: Subject,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "kebab-case")]
pub enum Subject {
    /// An adapter.
    Adapter(String),
    /// A provider.
    Provider(String),
    /// The runner.
    Program(String),
    /// The configuration as a whole, or one of its files.
    Configuration(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adapter(name) => write!(f, "adapter {name}"),
            Self::Provider(name) => write!(f, "provider {name}"),
            Self::Program(name) | Self::Configuration(name) => f.write_str(name),
        }
    }
}

macro_rules! codes {
    ($($code:ident $text:literal $title:literal)*) => {
        /// The kinds of findings.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $title] $code,)* }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The word that programs know it by.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$code => $text,)* }
            }

            /// What it is, in a sentence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)* }
            }
        }
    };
}

codes! {
    ComponentChanged "component-changed" "The component is not the one that was agreed to."
    ComponentRefused "component-refused" "The runner does not take the component."
    SignatureRefused "signature-refused" "The component is not signed by a publisher that has to sign it."
    Unsigned "unsigned" "Nobody whom the configuration names has signed the component."
    WidenedSinceLock "widened-since-lock" "The place that the component came from has another one, which asks for more."
    UpdateWaiting "update-waiting" "The place that the component came from has another one."
    Advisory "advisory" "There is an advisory about a crate that it is built from."
    NoDependencies "no-dependencies" "The component does not say what it is built from."
    WasiImports "wasi-imports" "The component imports WASI."
    WildcardPath "wildcard-path" "A grant has a path that stands for any path."
    Unusable "unusable" "The provider cannot be used as it is configured."
    PrivateNetwork "private-network" "The provider may be at an address that is not public."
    Plaintext "plaintext" "The provider may be reached without TLS."
    SecretFileReadable "secret-file-readable" "A secret's file can be read by other users."
    SecretMissing "secret-missing" "A secret is not where the configuration says."
    LimitRaised "limit-raised" "A limit is higher than its default."
    StaleLockEntry "stale-lock-entry" "A grant that no provider uses."
    FileWritable "file-writable" "Other users can write to the configuration or the grants."
    NoAuditLog "no-audit-log" "Nothing is written down of what adapters do."
    AuditLogContinues "audit-log-continues" "Requests go out though they cannot be written down."
    TranscriptsKept "transcripts-kept" "Prompts and answers are kept."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_as_it_is_shown() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
