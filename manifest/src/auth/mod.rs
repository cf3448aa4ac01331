//! How requests are authenticated: the schemes, and what each needs and does.

mod alternatives;
mod check;
mod own;

#[cfg(test)]
mod tests;

pub use alternatives::Alternatives;
pub use own::OwnSecret;

use own::{AWS_SECRETS, ENTRA_SECRETS};
use serde::{Deserialize, Serialize};

/// How the runner authenticates to an endpoint: the name of a scheme, and the names of the
/// secrets that it applies or the identity that it has a token fetched for. The values stay
/// on the runner's side.
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
    /// A signature of AWS's over each request (Signature Version 4).
    AwsSigv4 {
        /// The service's name for signing, such as `bedrock`.
        service: String,
        /// The region; may hold settings in braces: `{region}`.
        region: String,
    },
    /// A token of Google's for whatever identity the operator has there.
    Google {
        /// What the token is good for.
        #[serde(default = "cloud_platform")]
        scopes: Vec<String>,
    },
    /// A token of Microsoft Entra ID's for whatever identity the operator has there.
    Entra {
        /// What the token is good for: `https://cognitiveservices.azure.com/.default`.
        scope: String,
    },
    /// A token that a client's own credentials are good for (RFC 6749, 4.4).
    Oauth2ClientCredentials(ClientCredentials),
    /// A token that an API key is exchanged for by a grant of the provider's own.
    Oauth2ApiKey(ApiKeyExchange),
}

/// Where the token of [`Auth::Oauth2ClientCredentials`] comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientCredentials {
    /// Origin of the token endpoint; `https://`, and may hold settings in braces.
    pub origin: String,
    /// Its path: `/oidc/v1/token`.
    pub path: String,
    /// Name of the secret that holds the client's id.
    pub client_id: String,
    /// Name of the secret that holds the client's secret.
    pub client_secret: String,
    /// How the client says who it is.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// What the token is good for, in the words of whoever gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Whom it is for, where that is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
}

/// How a client says who it is at a token endpoint (RFC 6749, 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuth {
    /// In the header `authorization: Basic …`.
    #[default]
    Basic,
    /// In the form, as `client_id` and `client_secret`.
    Body,
}

/// Where the token of [`Auth::Oauth2ApiKey`] comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApiKeyExchange {
    /// Origin of the token endpoint; `https://`, and may hold settings in braces.
    pub origin: String,
    /// Its path: `/identity/token`.
    pub path: String,
    /// The value of `grant_type`.
    pub grant_type: String,
    /// The form's member that carries the key.
    pub parameter: String,
    /// Name of the secret.
    pub secret: String,
}

fn cloud_platform() -> Vec<String> {
    vec!["https://www.googleapis.com/auth/cloud-platform".to_owned()]
}

/// A token that is fetched before a request, or what signs it: as it is shown to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Where the token comes from; none where nothing is fetched from one known place.
    pub place: Option<String>,
    /// What it is good for.
    pub scope: String,
}

impl Auth {
    /// The names of the secrets that this scheme applies, those of its own among them.
    pub fn secrets(&self) -> Vec<&str> {
        let mut names = self.declared_secrets();
        names.extend(self.own_secrets().iter().map(|own| own.name));
        names
    }

    /// The names of the secrets that the manifest has to declare for this scheme.
    pub fn declared_secrets(&self) -> Vec<&str> {
        match self {
            Self::None | Self::AwsSigv4 { .. } | Self::Google { .. } | Self::Entra { .. } => vec![],
            Self::Bearer { secret } | Self::Header { secret, .. } | Self::Query { secret, .. } => {
                vec![secret]
            }
            Self::Basic { username, password } => vec![username, password],
            Self::Oauth2ClientCredentials(client) => vec![&client.client_id, &client.client_secret],
            Self::Oauth2ApiKey(exchange) => vec![&exchange.secret],
        }
    }

    /// The secrets that this scheme brings along: not every identity needs them.
    pub fn own_secrets(&self) -> &'static [OwnSecret] {
        match self {
            Self::AwsSigv4 { .. } => AWS_SECRETS,
            Self::Entra { .. } => ENTRA_SECRETS,
            _ => &[],
        }
    }

    /// Whether a secret of this name is some scheme's own, which no manifest declares.
    pub fn is_own_secret(name: &str) -> bool {
        !Self::with_own_secret(name).is_empty()
    }

    /// The secrets of the scheme that has this one for its own, itself among them.
    pub fn with_own_secret(name: &str) -> &'static [OwnSecret] {
        let all = [AWS_SECRETS, ENTRA_SECRETS];
        let has = |secrets: &&&[OwnSecret]| secrets.iter().any(|own| own.name == name);
        all.iter().find(has).copied().unwrap_or_default()
    }

    /// How it sends its secret or token, such as `authorization: Bearer …`; none where nothing
    /// is added.
    pub fn form(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Bearer { .. }
            | Self::Google { .. }
            | Self::Entra { .. }
            | Self::Oauth2ClientCredentials(_)
            | Self::Oauth2ApiKey(_) => Some("authorization: Bearer …".to_owned()),
            Self::Header { name, .. } => Some(format!("{name}: …")),
            Self::Query { name, .. } => Some(format!("?{name}=…")),
            Self::Basic { .. } => Some("authorization: Basic …".to_owned()),
            Self::AwsSigv4 { .. } => Some("authorization: AWS4-HMAC-SHA256 …".to_owned()),
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
            Self::AwsSigv4 { .. } => "aws-sigv4",
            Self::Google { .. } => "google",
            Self::Entra { .. } => "entra",
            Self::Oauth2ClientCredentials(_) => "oauth2-client-credentials",
            Self::Oauth2ApiKey(_) => "oauth2-api-key",
        }
    }

    /// What is fetched before a request goes out, or signs it; none where a secret is sent as
    /// it is.
    pub fn identity(&self) -> Option<Identity> {
        let of = |place: String, scope: String| Some(Identity { place: Some(place), scope });
        match self {
            Self::None
            | Self::Bearer { .. }
            | Self::Header { .. }
            | Self::Query { .. }
            | Self::Basic { .. } => None,
            Self::AwsSigv4 { service, region } => {
                Some(Identity { place: None, scope: format!("{service} in {region}") })
            }
            Self::Google { scopes } => of("https://oauth2.googleapis.com".into(), scopes.join(" ")),
            Self::Entra { scope } => of("https://login.microsoftonline.com".into(), scope.clone()),
            Self::Oauth2ClientCredentials(client) => {
                let scope = [&client.scope, &client.audience].into_iter().flatten();
                let scope: Vec<&str> = scope.map(String::as_str).collect();
                of(format!("{}{}", client.origin, client.path), scope.join(" for "))
            }
            Self::Oauth2ApiKey(exchange) => {
                of(format!("{}{}", exchange.origin, exchange.path), exchange.grant_type.clone())
            }
        }
    }

    /// The same with every template of settings filled in by `fill`.
    ///
    /// # Errors
    /// What `fill` says.
    pub fn filled<E>(&self, fill: impl Fn(&str) -> Result<String, E>) -> Result<Self, E> {
        let mut filled = self.clone();
        match &mut filled {
            Self::AwsSigv4 { region, .. } => *region = fill(region)?,
            Self::Oauth2ClientCredentials(client) => client.origin = fill(&client.origin)?,
            Self::Oauth2ApiKey(exchange) => exchange.origin = fill(&exchange.origin)?,
            _ => {}
        }
        Ok(filled)
    }
}
