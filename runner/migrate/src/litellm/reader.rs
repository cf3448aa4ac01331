//! From `litellm_params` to a provider: where it is, its key and its headers.

use super::family;
use super::params::Params;
use super::place::{self, Place};
use super::said::{Said, Secret};
use super::shape::Shape;
use crate::Kind;
use crate::yaml::{ReadError, Value, shown};

/// What people write for a key where there is none.
const NO_KEYS: &[&str] = &[
    "-",
    "any",
    "anything",
    "dummy",
    "dummy-key",
    "empty",
    "fake",
    "fake-key",
    "lm-studio",
    "my-fake-key",
    "na",
    "no-key",
    "none",
    "not-needed",
    "not-used",
    "null",
    "ollama",
    "placeholder",
    "sk-fake",
    "sk-no-key-required",
    "unused",
    "x",
    "xxx",
];

/// What is known while a deployment is read.
pub(super) struct Reader<'p, 's, 'e> {
    pub(super) shape: Shape,
    pub(super) hints: Vec<String>,
    pub(super) model: String,
    pub(super) mode: Option<String>,
    pub(super) params: &'p mut Params,
    pub(super) said: &'s mut Said<'e>,
    /// Why the deployment cannot be carried, and the line that says so.
    pub(super) dropped: Option<(usize, String)>,
}

impl Reader<'_, '_, '_> {
    pub(super) fn read(&mut self) -> Result<(), ReadError> {
        self.place()?;
        match self.shape.entry.adapter.as_str() {
            "azure" => self.azure()?,
            "bedrock" | "sagemaker-chat" | "sagemaker-generate" => self.aws()?,
            "vertex" | "vertex-anthropic" | "vertex-openai" => self.vertex()?,
            "watsonx" => self.watsonx()?,
            _ => {}
        }
        self.key()?;
        self.headers()
    }

    pub(super) fn drop(&mut self, key: &str, why: impl Into<String>) {
        let line = self.params.line_of(key);
        self.dropped.get_or_insert((line, why.into()));
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>, ReadError> {
        let is_there = self.params.take(key).is_some();
        let text = self.params.text(key, self.said)?;
        if is_there && text.is_none() {
            self.drop(key, format!("`{key}` is not known"));
        }
        Ok(text)
    }

    /// A setting of the adapter's from one of LiteLLM's.
    pub(super) fn set(&mut self, setting: &str, key: &str) -> Result<(), ReadError> {
        if self.is_read_anyway(setting, key)? {
            return Ok(());
        }
        if let Some(value) = self.text(key)? {
            self.shape.settings.insert(setting.to_owned(), value);
        }
        Ok(())
    }

    /// Whether a setting refers to a variable that is read for it where nothing is configured:
    /// then it can have another value on another machine, or tomorrow.
    fn is_read_anyway(&mut self, setting: &str, key: &str) -> Result<bool, ReadError> {
        let Some(node) = self.params.take(key) else { return Ok(false) };
        let full = self.params.setting(key);
        let Some(variable) = self.said.reference(&node, &full)? else { return Ok(false) };
        let read = self.shape.entry.variables.get(setting);
        if !read.is_some_and(|names| names.iter().any(|name| name == variable)) {
            return Ok(false);
        }
        let message = format!("is what {variable} holds when the gateway starts");
        self.said.note(node.line, Kind::Differs, full, message);
        Ok(true)
    }

    fn place(&mut self) -> Result<(), ReadError> {
        let keys = ["api_base", "base_url", "aws_bedrock_runtime_endpoint"];
        let Some(key) = keys.into_iter().find(|key| self.params.take(key).is_some()) else {
            if self.shape.entry.name.ends_with("-compatible") {
                self.drop("model", "it needs an `api_base`, which says where the server is");
            }
            return Ok(());
        };
        if let Some(setting) = place::setting(self.shape.entry)
            && self.is_read_anyway(setting, key)?
        {
            return Ok(());
        }
        let Some(url) = self.text(key)? else { return Ok(()) };
        let place = match Place::parse(&url) {
            Ok(place) => place,
            Err(why) => {
                self.drop(key, format!("`{key}` {why}"));
                return Ok(());
            }
        };
        let own = place::part(&place, self.shape.entry);
        if let Some((setting, part)) = own {
            self.hints.push(part.to_owned());
            self.shape.settings.insert(setting, part.to_owned());
            return Ok(());
        }
        let endpoint = place.endpoint(self.shape.entry);
        if place::is_usual(&endpoint, self.shape.entry) {
            return Ok(());
        }
        // The catalogue knows this word for OpenAI's own place alone.
        if self.shape.entry.name == "openai"
            && let Some(model) = self.model.strip_prefix("responses/")
        {
            self.model = model.to_owned();
            self.mode = Some("responses".to_owned());
        }
        self.shape.entry = family::elsewhere(self.shape.entry, self.mode.as_deref());
        self.shape.endpoint = Some(endpoint);
        self.hints.push(called_after(&place));
        self.hints.push(place.authority.clone());
        self.permissions(key, &place);
        Ok(())
    }

    /// Says aloud what egress would refuse.
    fn permissions(&mut self, key: &str, place: &Place) {
        if self.shape.entry.local {
            return;
        }
        self.shape.allow_private = place.is_private();
        self.shape.allow_plaintext = place.is_plain;
        let permitted = match (place.is_private(), place.is_plain) {
            (false, false) => return,
            (true, false) => "`allow-private = true`: that is no public address",
            (true, true) => {
                "`allow-private = true` and `allow-plaintext = true`: that is no public address, \
                 and what goes there, the key too, is not encrypted"
            }
            (false, true) => {
                "`allow-plaintext = true`: what goes there, the key too, is not encrypted; an \
                 address that is not public wants `allow-private = true` besides"
            }
        };
        let host = shown(&place.authority);
        let message = format!("for {host} the provider has {permitted}");
        let line = self.params.line_of(key);
        self.said.note(line, Kind::Differs, self.params.setting(key), message);
    }

    fn key(&mut self) -> Result<(), ReadError> {
        let name = match self.shape.entry.adapter.as_str() {
            "databricks" => "token",
            _ => "api-key",
        };
        let line = self.params.line_of("api_key");
        let Some(secret) = self.params.secret("api_key", self.said)? else {
            self.absent_key();
            return Ok(());
        };
        match &secret {
            Secret::Literal { value, .. }
                if self.shape.endpoint.is_some()
                    && NO_KEYS.contains(&value.to_ascii_lowercase().as_str()) =>
            {
                let message = "looks like a word for no key, so that none is sent";
                self.said.note(line, Kind::Differs, self.params.setting("api_key"), message);
                return Ok(());
            }
            Secret::Literal { value, .. } if value.starts_with("oidc/") => {
                let why = "a token of `oidc/…` has no counterpart for this key; an `identity` may";
                self.drop("api_key", why);
                return Ok(());
            }
            Secret::Variable(variable) => self.hints.push(variable.clone()),
            Secret::Literal { .. } => {}
        }
        match self.shape.entry.adapter.as_str() {
            "vertex" | "vertex-anthropic" | "vertex-openai" | "sagemaker-chat"
            | "sagemaker-generate" => {
                self.drop("api_key", "its adapter takes no key, but an identity");
            }
            _ => drop(self.shape.secrets.insert(name.to_owned(), secret)),
        }
        Ok(())
    }

    /// A key by convention goes to its own provider and nowhere else.
    fn absent_key(&mut self) {
        let entry = self.shape.entry;
        let has_secret = !self.shape.secrets.is_empty() || self.shape.identity.is_some();
        if self.shape.endpoint.is_none() || has_secret || entry.local {
            return;
        }
        let variable = match entry.name.as_str() {
            name if name.ends_with("-compatible") => Some("OPENAI_API_KEY"),
            _ => self.shape.usual_variable("api-key"),
        };
        let Some(variable) = variable else { return };
        let message = format!(
            "LiteLLM would send {variable} there, if it is set; here a key goes to another address \
             only where that is said: add `secrets.api-key = \"env:{variable}\"` if it is meant to"
        );
        let (line, setting) = (self.params.line, self.params.setting("api_key"));
        self.said.note(line, Kind::Differs, setting, message);
    }

    fn headers(&mut self) -> Result<(), ReadError> {
        if let Some(node) = self.params.take("organization") {
            match node.value {
                Value::List(_) => {
                    let why = "a deployment has one organization; repeat it for each";
                    self.drop("organization", why);
                }
                _ => {
                    if let Some(organization) = self.text("organization")? {
                        self.hints.push(organization.clone());
                        let name = "openai-organization".to_owned();
                        self.shape.headers.insert(name, organization);
                    }
                }
            }
        }
        for key in ["extra_headers", "headers", "default_headers"] {
            let Some(node) = self.params.take(key) else { continue };
            let setting = self.params.setting(key);
            for (name, line, value) in node.table(&setting)?.iter() {
                let setting = format!("{setting}.{}", shown(name));
                let lower = name.to_ascii_lowercase();
                let value = value.text(&setting)?;
                if is_telling(&lower, value) {
                    let message = "may be a secret, which no header of a configuration is: headers \
                                   that are written out are carried over";
                    self.said.note(line, Kind::LeftOut, setting, message);
                } else {
                    self.shape.headers.insert(lower, value.to_owned());
                }
            }
        }
        Ok(())
    }
}

/// Whether a header may be a secret, by its name or by its value.
fn is_telling(name: &str, value: &str) -> bool {
    const NAMES: &[&str] = &["auth", "key", "token", "secret", "cookie", "password", "credential"];
    const VALUES: &[&str] = &["bearer ", "basic ", "sk-", "os.environ/"];
    let value = value.trim().to_ascii_lowercase();
    NAMES.iter().any(|word| name.contains(word))
        || VALUES.iter().any(|beginning| value.starts_with(beginning))
}

/// What a person would call a server: the first part of its host's name that says something.
fn called_after(place: &Place) -> String {
    let host = place.host();
    if host.parse::<std::net::IpAddr>().is_ok() || host == "localhost" {
        return place.authority.clone();
    }
    let mut labels = host.split('.').filter(|label| !matches!(*label, "www" | "api"));
    labels.next().unwrap_or(host).to_owned()
}
