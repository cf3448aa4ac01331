//! Clouds, each with words of its own for whose account and which region it is.

use super::reader::Reader;
use super::said::Secret;
use crate::Kind;
use crate::yaml::{ReadError, Value};

impl Reader<'_, '_, '_> {
    pub(super) fn azure(&mut self) -> Result<(), ReadError> {
        for prefix in ["o_series/", "gpt5_series/"] {
            if let Some(rest) = self.model.strip_prefix(prefix) {
                self.model = rest.to_owned();
            }
        }
        let version = self.text("api_version")?;
        let is_foundry = self.shape.entry.name != "azure";
        let is_dated = !matches!(version.as_deref(), Some("v1" | "latest" | "preview"));
        // LiteLLM has a dated version of its own where none is said.
        if is_dated && !is_foundry {
            self.shape.settings.insert("route".to_owned(), "deployments".to_owned());
        }
        if let Some(version) = version.filter(|version| is_dated || version == "preview") {
            self.shape.settings.insert("api-version".to_owned(), version);
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

    pub(super) fn aws(&mut self) -> Result<(), ReadError> {
        let others = ["agent/", "agentcore/", "async_invoke/"];
        if others.iter().any(|beginning| self.model.starts_with(beginning)) {
            self.drop(
                "model",
                "agents, and answers that go to a bucket, are not among what is asked",
            );
        }
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
        if self.shape.entry.adapter == "bedrock"
            && let Some(id) = self.text("model_id")?
        {
            let message = "is what is asked; its price is in no catalogue: say it in \
                           [gateway.prices], where somebody has a budget";
            let line = self.params.line_of("model_id");
            self.said.note(line, Kind::Differs, self.params.setting("model_id"), message);
            self.model = id;
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

    pub(super) fn vertex(&mut self) -> Result<(), ReadError> {
        let last = self.model.rsplit('/').next().unwrap_or_default();
        if last.chars().all(|c| c.is_ascii_digit()) {
            self.drop("model", "an endpoint of one's own on Vertex AI is not among what is asked");
        }
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

    pub(super) fn watsonx(&mut self) -> Result<(), ReadError> {
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
