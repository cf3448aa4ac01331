use crate::{origin_settings, pattern};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

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

/// A secret of a scheme's own, which every manifest that offers the scheme has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnSecret {
    /// Its name under `secrets` of a provider.
    pub name: &'static str,
    /// The conventional variable.
    pub variable: &'static str,
    /// One sentence for a listing.
    pub description: &'static str,
}

const AWS_SECRETS: &[OwnSecret] = &[
    OwnSecret {
        name: "aws-access-key-id",
        variable: "AWS_ACCESS_KEY_ID",
        description: "id of an AWS access key",
    },
    OwnSecret {
        name: "aws-secret-access-key",
        variable: "AWS_SECRET_ACCESS_KEY",
        description: "AWS access key",
    },
    OwnSecret {
        name: "aws-session-token",
        variable: "AWS_SESSION_TOKEN",
        description: "token that comes with a temporary AWS access key",
    },
];
const ENTRA_SECRETS: &[OwnSecret] = &[OwnSecret {
    name: "entra-client-secret",
    variable: "AZURE_CLIENT_SECRET",
    description: "secret of an application in Entra ID",
}];

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

/// The ways of authenticating that an endpoint takes, of which a provider uses one: a table,
/// or a list of tables with different schemes.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternatives(Vec<Auth>);

impl Alternatives {
    /// All of them, in the order of the manifest.
    pub fn iter(&self) -> std::slice::Iter<'_, Auth> {
        self.0.iter()
    }

    /// The one of this scheme.
    pub fn named(&self, scheme: &str) -> Option<&Auth> {
        self.iter().find(|auth| auth.scheme() == scheme)
    }

    /// The one that stands first.
    pub fn first(&self) -> &Auth {
        const NONE: &Auth = &Auth::None;
        self.0.first().unwrap_or(NONE)
    }

    /// Whether there is a choice.
    pub fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    pub(crate) fn check(&self, has_setting: impl Fn(&str) -> bool) -> Result<(), String> {
        if self.0.is_empty() {
            return Err("an empty list offers nothing; leave it out".to_owned());
        }
        for (index, auth) in self.iter().enumerate() {
            let scheme = auth.scheme();
            if self.iter().skip(index + 1).any(|other| other.scheme() == scheme) {
                return Err(format!("offers `{scheme}` twice"));
            }
            auth.check(&has_setting).map_err(|why| format!("{scheme}: {why}"))?;
        }
        Ok(())
    }
}

impl Default for Alternatives {
    fn default() -> Self {
        Self(vec![Auth::None])
    }
}

impl From<Auth> for Alternatives {
    fn from(auth: Auth) -> Self {
        Self(vec![auth])
    }
}

impl FromIterator<Auth> for Alternatives {
    fn from_iter<I: IntoIterator<Item = Auth>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Alternatives {
    type Item = &'a Auth;
    type IntoIter = std::slice::Iter<'a, Auth>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Alternatives {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [one] => one.serialize(serializer),
            all => all.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Alternatives {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableOrList;

        impl<'de> Visitor<'de> for TableOrList {
            type Value = Alternatives;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table with a `scheme`, or a list of such tables")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Alternatives, A::Error> {
                Auth::deserialize(MapAccessDeserializer::new(map)).map(Alternatives::from)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Alternatives, A::Error> {
                let mut all = Vec::new();
                while let Some(auth) = list.next_element()? {
                    all.push(auth);
                }
                Ok(Alternatives(all))
            }
        }

        deserializer.deserialize_any(TableOrList)
    }
}

#[cfg(test)]
mod tests {
    use crate::Manifest;

    fn manifest(auth: &str) -> Result<Manifest, String> {
        let text = format!(
            "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n\
             [endpoints.api]\norigin = \"https://a.example\"\nallow = [\"POST /chat\"]\n\
             auth = {auth}\n[settings.region]\ndescription = \"r\"\n\
             [secrets.id]\ndescription = \"i\"\n[secrets.key]\ndescription = \"k\"\n"
        );
        Manifest::parse(&text).map_err(|error| error.to_string())
    }

    const CLIENT: &str = "scheme = \"oauth2-client-credentials\", client-id = \"id\", \
        client-secret = \"key\", path = \"/oidc/v1/token\", origin = ";

    #[test]
    fn a_table_is_one_and_a_list_is_a_choice() {
        let one = manifest("{ scheme = \"bearer\", secret = \"key\" }").unwrap();
        assert!(!one.endpoints["api"].auth.are_several());
        let both = manifest(
            "[{ scheme = \"header\", name = \"api-key\", secret = \"key\" }, \
              { scheme = \"entra\", scope = \"https://a.example/.default\" }]",
        );
        let both = both.unwrap();
        let auth = &both.endpoints["api"].auth;
        assert_eq!(auth.named("entra").unwrap().secrets(), ["entra-client-secret"]);
        assert_eq!(auth.first().scheme(), "header");
        for manifest in [one, both] {
            let text = toml::to_string(&manifest).unwrap();
            assert_eq!(Manifest::parse(&text).unwrap(), manifest, "{text}");
        }
    }

    #[test]
    fn every_scheme_of_an_identity_is_read() {
        for auth in [
            "{ scheme = \"google\" }",
            "{ scheme = \"google\", scopes = [\"https://www.googleapis.com/auth/x\"] }",
            "{ scheme = \"aws-sigv4\", service = \"bedrock\", region = \"{region}\" }",
            "{ scheme = \"oauth2-api-key\", origin = \"https://iam.cloud.ibm.com\", \
               path = \"/identity/token\", parameter = \"apikey\", secret = \"key\", \
               grant-type = \"urn:ibm:params:oauth:grant-type:apikey\" }",
            &format!("{{ {CLIENT} \"https://{{region}}.a.example\", scope = \"all-apis\" }}"),
            &format!("{{ {CLIENT} \"https://a.example\", client-auth = \"body\" }}"),
        ] {
            let read = manifest(auth).unwrap_or_else(|why| panic!("{auth}: {why}"));
            assert!(read.endpoints["api"].auth.first().identity().is_some(), "{auth}");
        }
    }

    #[test]
    fn what_cannot_be_enforced_is_refused() {
        for auth in [
            "[]",
            "[{ scheme = \"google\" }, { scheme = \"google\", scopes = [\"x\"] }]",
            "{ scheme = \"google\", scopes = [] }",
            "{ scheme = \"google\", scopes = [\"\"] }",
            "{ scheme = \"entra\", scope = \"a\\nb\" }",
            "{ scheme = \"entra\" }",
            "{ scheme = \"entra\", scope = \"x\", tenant = \"y\" }",
            "{ scheme = \"aws-sigv4\", service = \"bedrock\", region = \"{zone}\" }",
            "{ scheme = \"aws-sigv4\", service = \"a/b\", region = \"{region}\" }",
            "{ scheme = \"aws-sigv4\", service = \"s3\", region = \"{region}\" }",
            "{ scheme = \"aws-sigv4\", service = \"bedrock\", region = \"a/b\" }",
            &format!("{{ {CLIENT} \"http://a.example\" }}"),
            &format!("{{ {CLIENT} \"https://a.example/x\" }}"),
            &format!("{{ {CLIENT} \"https://{{zone}}\" }}"),
            &format!("{{ {CLIENT} \"https://a\", client-auth = \"query\" }}"),
            &format!("{{ {CLIENT} \"https://a\", scope = \"\" }}"),
            "7",
        ] {
            assert!(manifest(auth).is_err(), "{auth} was accepted");
        }
    }

    #[test]
    fn a_mistake_in_a_list_is_told_with_its_name() {
        let error = manifest("[{ scheme = \"bearer\", secert = \"key\" }]").unwrap_err();
        assert!(error.contains("secert"), "{error}");
    }

    #[test]
    fn a_secret_of_a_scheme_is_not_declared_by_a_manifest() {
        let text = "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n\
            [secrets.entra-client-secret]\ndescription = \"x\"\nenv = \"OPENAI_API_KEY\"\n";
        let error = Manifest::parse(text).unwrap_err().to_string();
        assert!(error.contains("own"), "{error}");
    }
}
