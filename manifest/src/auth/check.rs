//! Whether a scheme says what can be enforced.

use super::Auth;
use crate::{origin_settings, pattern};

impl Auth {
    /// Whether it says what can be enforced; `has_setting` is whether the manifest declares it.
    pub(crate) fn check(&self, has_setting: impl Fn(&str) -> bool) -> Result<(), String> {
        let settings = |template: &str| match origin_settings(template)
            .map_err(|why| format!("`{template}` {why}"))?
            .into_iter()
            .find(|setting| !has_setting(setting))
        {
            Some(setting) => {
                Err(format!("names the setting `{setting}`, which [settings] does not declare"))
            }
            None => Ok(()),
        };
        let token_endpoint = |origin: &str, path: &str| {
            if !origin.starts_with("https://") {
                return Err(format!("`{origin}` would have a secret sent in the clear"));
            }
            settings(origin)?;
            let literal = crate::PathPattern::parse(path).is_ok_and(|path| path.is_literal());
            if literal { Ok(()) } else { Err(format!("`{path}` is not a plain path")) }
        };
        let words = |what: &str, text: &str| {
            let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"';
            match !text.trim().is_empty() && text.bytes().all(is_plain) {
                true => Ok(()),
                false => Err(format!("`{text}` is not a {what}")),
            }
        };
        match self {
            Self::AwsSigv4 { service, region } => {
                if !pattern::is_plain_name(service) {
                    return Err(format!("`{service}` is not the name of a service"));
                }
                // Its signatures are made in another way, and no model is there.
                if service == "s3" {
                    return Err("requests to S3 are not signed".to_owned());
                }
                settings(&format!("https://{region}"))
            }
            Self::Google { scopes } if scopes.is_empty() => Err("has no scope".to_owned()),
            Self::Google { scopes } => scopes.iter().try_for_each(|scope| words("scope", scope)),
            Self::Entra { scope } => words("scope", scope),
            Self::Oauth2ClientCredentials(client) => {
                token_endpoint(&client.origin, &client.path)?;
                client.scope.iter().try_for_each(|scope| words("scope", scope))?;
                client.audience.iter().try_for_each(|it| words("audience", it))
            }
            Self::Oauth2ApiKey(exchange) => {
                token_endpoint(&exchange.origin, &exchange.path)?;
                words("grant type", &exchange.grant_type)?;
                match pattern::is_plain_name(&exchange.parameter) {
                    true => Ok(()),
                    false => Err(format!("`{}` is not a plain name", exchange.parameter)),
                }
            }
            _ => Ok(()),
        }
    }
}
