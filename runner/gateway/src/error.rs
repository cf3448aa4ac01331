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
    /// The same, as far as its adapter and the configuration tell.
    #[error(transparent)]
    Setup(hotcell::SetupError),
    /// Others could use it, and nobody said so.
    #[error(
        "whoever reaches {0} could use every provider's key, for nobody is asked for a key of \
         their own; make keys (`hotcell keys create`) and set `admin-key`, or say \
         `access = \"open\"` in [gateway] if that is meant"
    )]
    Open(std::net::SocketAddr),
    /// The operator's key cannot be had.
    #[error("[gateway] admin-key: {0}")]
    AdminKey(String),
    /// Where keys and what they spent are kept.
    #[error(transparent)]
    State(#[from] crate::store::StoreError),
    /// Nobody says where that is.
    #[error("there is no home to keep the gateway's state in; set `folder` of [gateway.state]")]
    NoFolder,
    /// A server that the state or its counters are to be at.
    #[error("[gateway.state] {0}")]
    Server(String),
    /// Tokens that cannot be verified.
    #[error("[gateway.jwt]: {0}")]
    Jwt(String),
    /// A price that is none, by its model.
    #[error("[gateway.prices.\"{0}\"]: a price is between 0 and a billion dollars")]
    Price(String),
    /// An access log that cannot be written.
    #[error("[gateway.log] {}: {why}", file.display())]
    Log {
        /// The file.
        file: std::path::PathBuf,
        /// What the system said.
        why: String,
    },
    /// Pages that may not be named.
    #[error("[gateway] origins: {0}")]
    Origins(String),
    /// A place for answers that cannot be one.
    #[error("[gateway.cache]: {0}")]
    Cache(String),
    /// A collector that no trace can be sent to.
    #[error("[gateway.traces]: {0}")]
    Traces(String),
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

impl GatewayError {
    /// The setting that it is about: the names of its tables, from the outermost one, and its own.
    /// Empty where there is none.
    pub fn setting(&self) -> Vec<&str> {
        match self {
            Self::Model { model, .. } => vec!["gateway", "models", model],
            Self::Open(_) => vec!["gateway", "listen"],
            Self::Origins(_) => vec!["gateway", "origins"],
            Self::AdminKey(_) => vec!["gateway", "admin-key"],
            Self::State(_) | Self::NoFolder | Self::Server(_) => vec!["gateway", "state"],
            Self::Jwt(_) => vec!["gateway", "jwt"],
            Self::Price(model) => vec!["gateway", "prices", model],
            Self::Log { .. } => vec!["gateway", "log"],
            Self::Cache(_) => vec!["gateway", "cache"],
            Self::Traces(_) => vec!["gateway", "traces"],
            Self::Setup(error) => error.setting(),
            Self::Provider(_) | Self::Random(_) => Vec::new(),
        }
    }
}
