//! What a client has to be told to be let in by one of the providers, in the words of a
//! configuration.

use crate::{Mock, provider};
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// One way to be let in.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Access {
    /// URLs, by the names that the adapter's manifest has for its endpoints.
    pub endpoints: Vec<(&'static str, String)>,
    /// The scheme.
    pub auth: &'static str,
    /// The identity, where the scheme has one. `{FILE}` stands for the path of a file with
    /// the service account.
    pub identity: Option<String>,
    /// Where tokens are given out, where it is not the vendor's own host.
    pub identity_origin: Option<String>,
    /// The content of the file that the identity is in.
    pub service_account: Option<String>,
    /// Names and values of secrets.
    pub secrets: Vec<(&'static str, String)>,
    /// Names and values of settings.
    pub settings: Vec<(&'static str, &'static str)>,
}

impl Access {
    /// The same with a credential that is wrong.
    #[must_use]
    pub fn wrong(mut self) -> Self {
        if let Some((_, secret)) = self.secrets.last_mut() {
            secret.push_str("-wrong");
        }
        // A key that the account does not have.
        if let Some(account) = &mut self.service_account {
            *account = account.replace("mock-key-1", "mock-key-2");
        }
        self
    }

    /// The lines of a configuration that name a provider of this name, whose adapter is this
    /// one. Its secrets are written into files of a folder, which are read from there.
    ///
    /// # Errors
    /// What the system said when a file could not be written.
    pub fn configuration(&self, name: &str, adapter: &str, folder: &Path) -> io::Result<String> {
        let written = |of: &str, text: &str| -> io::Result<String> {
            let file = folder.join(format!("{name}-{of}"));
            std::fs::write(&file, text)?;
            Ok(file.display().to_string())
        };
        let mut lines = format!(
            "[providers.{name}]\nadapter = '{adapter}'\nauth = '{}'\n\
             allow-private = true\nallow-plaintext = true\n",
            self.auth
        );
        let mut line = |key: String, value: &str| _ = writeln!(lines, "{key} = '{value}'");
        for (endpoint, url) in &self.endpoints {
            line(format!("endpoints.{endpoint}"), url);
        }
        for (setting, value) in &self.settings {
            line(format!("settings.{setting}"), value);
        }
        for (secret, value) in &self.secrets {
            line(format!("secrets.{secret}"), &format!("file:{}", written(secret, value)?));
        }
        if let Some(origin) = &self.identity_origin {
            line("identity-origin".to_owned(), origin);
        }
        if let Some(identity) = &self.identity {
            let file = match &self.service_account {
                Some(account) => written("account.json", account)?,
                None => String::new(),
            };
            line("identity".to_owned(), &identity.replace("{FILE}", &file));
        }
        Ok(lines)
    }
}

impl Mock {
    /// The ways to be let in by a provider, with this secret, the simplest first; none where
    /// the mock plays no such provider.
    pub fn ways(&self, provider: &str, key: &str) -> Vec<Access> {
        let Some(api) = self.endpoint(provider) else { return Vec::new() };
        let key = key.to_owned();
        let tokens = || Some(self.url());
        let base = Access {
            endpoints: vec![("api", api.clone())],
            auth: "bearer",
            secrets: vec![("api-key", key.clone())],
            ..Access::default()
        };
        let aws = |endpoints| Access {
            endpoints,
            auth: "aws-sigv4",
            identity: Some("aws".to_owned()),
            secrets: vec![
                ("aws-access-key-id", Self::ACCESS_KEY_ID.to_owned()),
                ("aws-secret-access-key", key.clone()),
            ],
            settings: vec![("region", "us-east-1")],
            ..Access::default()
        };
        match provider {
            "anthropic" | "gemini" => vec![Access { auth: "header", ..base }],
            "azure" => vec![
                Access { auth: "header", ..base.clone() },
                Access {
                    auth: "entra",
                    identity: Some(format!("entra-client:{}/{}", Self::TENANT, Self::CLIENT_ID)),
                    identity_origin: tokens(),
                    secrets: vec![("entra-client-secret", key)],
                    ..base
                },
            ],
            "bedrock" => {
                let endpoints = vec![("api", api.clone()), ("control", api)];
                let region = vec![("region", "us-east-1")];
                vec![
                    Access { endpoints: endpoints.clone(), settings: region, ..base },
                    aws(endpoints),
                ]
            }
            "bedrock-anthropic" | "bedrock-nova" | "bedrock-text" => {
                let region = vec![("region", "us-east-1")];
                vec![Access { settings: region, ..base }, aws(vec![("api", api)])]
            }
            "databricks" => vec![
                Access {
                    secrets: vec![("token", key.clone())],
                    settings: vec![("host", "workspace.example")],
                    ..base.clone()
                },
                Access {
                    auth: "oauth2-client-credentials",
                    settings: vec![("host", "workspace.example")],
                    identity_origin: tokens(),
                    secrets: vec![
                        ("client-id", Self::CLIENT_ID.to_owned()),
                        ("client-secret", key),
                    ],
                    ..base
                },
            ],
            "sagemaker-chat" | "sagemaker-generate" => vec![aws(vec![("api", api)])],
            "vertex" | "vertex-anthropic" | "vertex-openai" => vec![Access {
                auth: "google",
                identity: Some("google-file:{FILE}".to_owned()),
                identity_origin: tokens(),
                service_account: Some(self.service_account()),
                secrets: Vec::new(),
                settings: vec![("project", "mock")],
                ..base
            }],
            "watsonx" => vec![Access {
                auth: "oauth2-api-key",
                identity_origin: tokens(),
                settings: vec![("project-id", "mock-project")],
                ..base
            }],
            _ => vec![base],
        }
    }

    /// The providers that it plays, as their adapters are called.
    pub fn providers() -> impl Iterator<Item = &'static str> {
        provider::PROVIDERS.iter().map(|provider| provider.name)
    }
}
