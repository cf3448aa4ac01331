//! Why there is no gateway.

use thiserror::Error as ThisError;

/// Why a gateway cannot be set up. Each names the way out.
#[derive(Clone, Debug, PartialEq, ThisError)]
#[non_exhaustive]
pub enum GatewayError {
    /// A model that is configured and leads nowhere.
    #[error("[gateway.models.{model}]: {why}")]
    Model {
        /// The model.
        model: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// A provider that cannot be set up.
    #[error(transparent)]
    Provider(#[from] hotcell::Error),
    /// An access log that cannot be written.
    #[error("[gateway.log] {}: {why}", file.display())]
    Log {
        /// The file.
        file: std::path::PathBuf,
        /// What the system said.
        why: String,
    },
    /// A collector that no trace can be sent to.
    #[error("[gateway.traces]: {0}")]
    Traces(String),
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}
