use serde::{Deserialize, Serialize};

/// How the runner authenticates to an endpoint: the name of a scheme and the
/// names of the secrets that it applies. The values stay on the runner's side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Auth {
    /// Nothing is added.
    #[default]
    None,
    /// `Authorization: Bearer SECRET` (RFC 6750).
    Bearer {
        /// Name of the secret.
        secret: String,
    },
    /// A header of the provider's own, e.g. `x-api-key: SECRET`.
    Header {
        /// Name of the header.
        name: String,
        /// Name of the secret.
        secret: String,
    },
    /// A query parameter, e.g. `?key=SECRET`.
    Query {
        /// Name of the parameter.
        name: String,
        /// Name of the secret.
        secret: String,
    },
    /// `Authorization: Basic` (RFC 7617).
    Basic {
        /// Name of the secret that holds the user name.
        username: String,
        /// Name of the secret that holds the password.
        password: String,
    },
}

impl Auth {
    /// The names of the secrets that this scheme applies.
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::None => vec![],
            Self::Bearer { secret } | Self::Header { secret, .. } | Self::Query { secret, .. } => {
                vec![secret]
            }
            Self::Basic { username, password } => vec![username, password],
        }
    }

    /// How it sends its secret, such as `authorization: Bearer …`; none where nothing is
    /// added.
    pub fn form(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Bearer { .. } => Some("authorization: Bearer …".to_owned()),
            Self::Header { name, .. } => Some(format!("{name}: …")),
            Self::Query { name, .. } => Some(format!("?{name}=…")),
            Self::Basic { .. } => Some("authorization: Basic …".to_owned()),
        }
    }

    /// The scheme's name as a manifest writes it.
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer { .. } => "bearer",
            Self::Header { .. } => "header",
            Self::Query { .. } => "query",
            Self::Basic { .. } => "basic",
        }
    }
}
