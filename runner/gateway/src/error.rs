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
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}
