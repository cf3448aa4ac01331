//! What one deployment asks of a provider: where it is, whose key, which region.

use super::family;
use super::params::Params;
use super::place::{self, Place};
use super::said::{Said, Secret};
use crate::Kind;
use crate::yaml::{ReadError, Value, shown};
use hotcell::catalogue::Provider;
use hotcell::egress::IdentitySource;
use std::collections::BTreeMap;

/// A provider without its name. Deployments that want the same one share it. It has no
/// `Debug`: the keys of the file are in it.
#[derive(Clone, PartialEq)]
pub(super) struct Shape {
    /// The catalogue's entry that it is on.
    pub(super) entry: &'static Provider,
    pub(super) endpoint: Option<String>,
    pub(super) secrets: BTreeMap<String, Secret>,
    pub(super) identity: Option<IdentitySource>,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) allow_private: bool,
    pub(super) allow_plaintext: bool,
}

/// A shape, what it could be called after, and the model there.
pub(super) struct Shaped {
    pub(super) shape: Shape,
    pub(super) hints: Vec<String>,
    pub(super) model: String,
}

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
    "my-fake-key",
    "na",
    "no-key",
    "none",
    "not-needed",
    "not-used",
    "null",
    "placeholder",
    "sk-fake",
    "sk-no-key-required",
    "unused",
    "x",
    "xxx",
];

impl Shape {
    fn on(entry: &'static Provider) -> Self {
        Self {
            entry,
            endpoint: None,
            secrets: BTreeMap::new(),
            identity: None,
            settings: BTreeMap::new(),
            headers: BTreeMap::new(),
            allow_private: false,
            allow_plaintext: false,
        }
    }

    /// Whether the catalogue's entry is all there is to it: nothing needs to be configured.
    pub(super) fn is_plain(&self) -> bool {
        *self == Self::on(self.entry)
    }

    /// The variable that the entry's key is in where nobody says anything.
    pub(super) fn usual_variable(&self, secret: &str) -> Option<&'static str> {
        self.entry.secrets.get(secret)?.iter().next()
    }

    /// What is so anyway need not be said.
    fn simplified(self) -> Self {
        let usual = |(name, secret): (&String, &Secret)| match secret {
            Secret::Variable(variable) => self.usual_variable(name) == Some(variable),
            Secret::Literal { .. } => false,
        };
        let rest = Self { secrets: BTreeMap::new(), ..self.clone() };
        match rest.is_plain() && self.secrets.iter().all(usual) {
            true => rest,
            false => self,
        }
    }
}

/// Reads what `litellm_params` say of a provider. None where the deployment cannot be carried,
/// which is noted then.
pub(super) fn read(
    model: &str,
    mode: Option<&str>,
    params: &mut Params,
    said: &mut Said<'_>,
) -> Result<Option<Shaped>, ReadError> {
    let named = params.text("custom_llm_provider", said)?;
    let line = params.line_of("model");
    let family = match family::of(model, named.as_deref()) {
        Ok(family) => family,
        Err(lost) => {
            let why = match lost {
                family::Lost::Unknown(word) => format!(
                    "there is no provider `{0}` here; where it speaks OpenAI's protocol, `openai/…` \
                     with an `api_base` is carried over",
                    shown(&word)
                ),
                family::Lost::Bare => format!(
                    "`{0}` does not tell whose model it is; write `provider/{0}`",
                    shown(model)
                ),
            };
            left_out(line, params, said, &why);
            return Ok(None);
        }
    };
    let mut reader = Reader {
        shape: Shape::on(family.entry),
        hints: Vec::new(),
        model: family.model,
        mode: mode.map(str::to_owned),
        params,
        said,
        dropped: None,
    };
    reader.read()?;
    let Reader { shape, hints, model, dropped, .. } = reader;
    if let Some((line, why)) = dropped {
        left_out(line, params, said, &why);
        return Ok(None);
    }
    Ok(Some(Shaped { shape: shape.simplified(), hints, model }))
}

/// Notes that a deployment is not carried.
pub(super) fn left_out(line: usize, params: &Params, said: &mut Said<'_>, why: &str) {
    let whole = params.name.trim_end_matches(".litellm_params");
    said.note(line, Kind::LeftOut, whole, format!("this deployment is not there: {why}"));
}

struct Reader<'p, 's, 'e> {
    shape: Shape,
    hints: Vec<String>,
    model: String,
    mode: Option<String>,
    params: &'p mut Params,
    said: &'s mut Said<'e>,
    /// Why the deployment cannot be carried, and the line that says so.
    dropped: Option<(usize, String)>,
}

impl Reader<'_, '_, '_> {
    fn read(&mut self) -> Result<(), ReadError> {
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

    fn drop(&mut self, key: &str, why: impl Into<String>) {
        let line = self.params.line_of(key);
        self.dropped.get_or_insert((line, why.into()));
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, ReadError> {
        let is_there = self.params.take(key).is_some();
        let text = self.params.text(key, self.said)?;
        if is_there && text.is_none() {
            self.drop(key, format!("`{key}` is not known"));
        }
        Ok(text)
    }

    /// A setting of the adapter's from one of LiteLLM's.
    fn set(&mut self, setting: &str, key: &str) -> Result<(), ReadError> {
        if let Some(value) = self.text(key)? {
            self.shape.settings.insert(setting.to_owned(), value);
        }
        Ok(())
    }

    fn place(&mut self) -> Result<(), ReadError> {
        let keys = ["api_base", "base_url", "aws_bedrock_runtime_endpoint"];
        let Some(key) = keys.into_iter().find(|key| self.params.take(key).is_some()) else {
            if self.shape.entry.name.ends_with("-compatible") {
                self.drop("model", "it needs an `api_base`, which says where the server is");
            }
            return Ok(());
        };
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
                let telling = ["auth", "key", "token", "secret", "cookie", "password"];
                if telling.iter().any(|word| lower.contains(word)) {
                    let message = "looks like a secret, which no header of a configuration may be";
                    self.said.note(line, Kind::LeftOut, setting, message);
                } else if let Some(value) = self.said.text(value, &setting)? {
                    self.shape.headers.insert(lower, value);
                }
            }
        }
        Ok(())
    }

    fn azure(&mut self) -> Result<(), ReadError> {
        for prefix in ["o_series/", "gpt5_series/"] {
            if let Some(rest) = self.model.strip_prefix(prefix) {
                self.model = rest.to_owned();
            }
        }
        let version = self.text("api_version")?;
        let is_foundry = self.shape.entry.name != "azure";
        match version.as_deref() {
            // LiteLLM has a version of its own where none is said.
            None if !is_foundry => {
                self.shape.settings.insert("route".to_owned(), "deployments".to_owned());
            }
            None => {}
            Some("v1" | "latest" | "preview") => {
                if version.as_deref() == Some("preview") {
                    self.shape.settings.insert("api-version".to_owned(), "preview".to_owned());
                }
            }
            Some(version) => {
                if !is_foundry {
                    self.shape.settings.insert("route".to_owned(), "deployments".to_owned());
                }
                self.shape.settings.insert("api-version".to_owned(), version.to_owned());
            }
        }
        let tenant = self.text("tenant_id")?;
        let client = self.text("client_id")?;
        let secret = self.params.secret("client_secret", self.said)?;
        if let (Some(tenant), Some(client), Some(secret)) = (tenant, client, secret) {
            self.identity("client_id", &format!("entra-client:{tenant}/{client}"));
            self.shape.secrets.insert("entra-client-secret".to_owned(), secret);
        }
        for key in ["azure_ad_token", "azure_username", "azure_password"] {
            if self.params.take(key).is_some() {
                let why = format!(
                    "`{key}` has no counterpart; sign in with `identity = \"entra\"`, or one of \
                     its other forms"
                );
                self.drop(key, why);
            }
        }
        Ok(())
    }

    fn aws(&mut self) -> Result<(), ReadError> {
        for prefix in ["converse/", "invoke/"] {
            if let Some(rest) = self.model.strip_prefix(prefix) {
                self.model = rest.to_owned();
            }
        }
        if let Some((region, rest)) = self.model.split_once('/')
            && is_region(region)
        {
            self.shape.settings.insert("region".to_owned(), region.to_owned());
            self.model = rest.to_owned();
        }
        self.set("region", "region_name")?;
        self.set("region", "aws_region_name")?;
        self.hints.extend(self.shape.settings.get("region").cloned());
        for (key, name) in [
            ("aws_access_key_id", "aws-access-key-id"),
            ("aws_secret_access_key", "aws-secret-access-key"),
            ("aws_session_token", "aws-session-token"),
        ] {
            if let Some(secret) = self.params.secret(key, self.said)? {
                if let Secret::Variable(variable) = &secret {
                    self.hints.push(variable.clone());
                }
                self.shape.secrets.insert(name.to_owned(), secret);
            }
        }
        // What is read by convention need not be said, the more so as it is one credential.
        let usual = |(name, secret): (&String, &Secret)| matches!(secret, Secret::Variable(variable) if *variable == name.replace('-', "_").to_uppercase());
        if self.shape.endpoint.is_none() && self.shape.secrets.iter().all(usual) {
            self.shape.secrets.clear();
        }
        if let Some(profile) = self.text("aws_profile_name")? {
            self.hints.push(profile.clone());
            self.identity("aws_profile_name", &format!("aws-profile:{profile}"));
        }
        for key in
            ["aws_role_name", "aws_web_identity_token", "aws_sts_endpoint", "aws_external_id"]
        {
            if self.params.take(key).is_some() {
                let why = format!(
                    "`{key}` has no counterpart; write the role into a profile of ~/.aws/config \
                     and name that: `aws_profile_name`, here `identity = \"aws-profile:NAME\"`"
                );
                self.drop(key, why);
            }
        }
        Ok(())
    }

    fn vertex(&mut self) -> Result<(), ReadError> {
        self.set("project", "vertex_project")?;
        self.set("project", "vertex_ai_project")?;
        self.set("location", "vertex_location")?;
        self.set("location", "vertex_ai_location")?;
        self.hints.extend(self.shape.settings.get("location").cloned());
        self.hints.extend(self.shape.settings.get("project").cloned());
        let keys = ["vertex_credentials", "vertex_ai_credentials"];
        let Some((key, node)) =
            keys.into_iter().find_map(|key| Some((key, self.params.take(key)?)))
        else {
            return Ok(());
        };
        let setting = self.params.setting(key);
        let file = match &node.value {
            Value::Text { text, .. } => match text.strip_prefix("os.environ/") {
                Some(name) => self.said.file_in(name),
                None => Some(text.clone()).filter(|text| !text.contains(['{', '\n'])),
            },
            _ => None,
        };
        let file = file.unwrap_or_else(|| {
            let file = "vertex-credentials.json".to_owned();
            let message = format!(
                "is the credential itself, and was not taken along: put it into {file}, a file of \
                 yours alone, or name another file in `identity`"
            );
            self.said.note(node.line, Kind::ToDo, setting.clone(), message);
            let is_reference =
                matches!(&node.value, Value::Text { text, .. } if text.starts_with("os.environ/"));
            if !is_reference {
                self.said.moved(node.line, &setting, &format!("google-file:{file}"));
            }
            file
        });
        self.identity(key, &format!("google-file:{file}"));
        Ok(())
    }

    fn watsonx(&mut self) -> Result<(), ReadError> {
        self.set("region", "watsonx_region_name")?;
        self.set("project-id", "project_id")?;
        self.set("space-id", "space_id")?;
        if let Some(secret) = self.params.secret("token", self.said)? {
            self.shape.secrets.insert("token".to_owned(), secret);
        }
        Ok(())
    }

    fn identity(&mut self, key: &str, text: &str) {
        match text.parse() {
            Ok(identity) => self.shape.identity = Some(identity),
            Err(_) => self.drop(key, format!("`{key}` is no name that an identity can have")),
        }
    }
}

/// `us-east-1`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| part.chars().all(|c| c.is_ascii_lowercase()) && part.len() >= 2;
    let [first, middle @ .., last] = &parts[..] else { return false };
    first.len() == 2
        && is_word(first)
        && !middle.is_empty()
        && middle.iter().all(is_word)
        && last.len() == 1
        && last.chars().all(|c| c.is_ascii_digit())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_told_from_models() {
        for (text, is) in [
            ("us-east-1", true),
            ("us-gov-west-1", true),
            ("ap-southeast-2", true),
            ("anthropic.claude-3-5-sonnet-20240620-v1:0", false),
            ("us-1", false),
            ("", false),
            ("eu-west-x", false),
        ] {
            assert_eq!(is_region(text), is, "{text}");
        }
    }
}
