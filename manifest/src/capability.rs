//! What an adapter may do, as a list that a person can read and a program can compare.

use crate::{
    Auth, AuthIdentity, Endpoint, HeaderPattern, Inspection, Rule, SecretDeclaration, Setting,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// One thing that an adapter may do. The kinds stand in the order of their weight, so
/// that a sorted list has the worst first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Capability {
    /// Calls functions that are not of `hotcell:adapter`.
    Import {
        /// The interface, as the component names it.
        name: String,
    },
    /// Reaches a place.
    Reach {
        /// The endpoint's name.
        endpoint: String,
        /// Origin and base path; none where the provider's configuration names it.
        origin: Option<String>,
    },
    /// Has the runner ask for a token of the operator's, and send it to a place; or sign
    /// requests to it.
    Identity {
        /// The endpoint's name.
        endpoint: String,
        /// Where the token is fetched; none where something is signed.
        place: Option<String>,
        /// What it is good for.
        scope: String,
        /// How it is sent: `authorization: Bearer …`.
        form: String,
    },
    /// Has a secret sent to a place, without seeing it.
    Credential {
        /// The endpoint's name.
        endpoint: String,
        /// The secret's name.
        secret: String,
        /// How it is sent: `authorization: Bearer …`.
        form: String,
    },
    /// Has a secret sent to where a token for a place is fetched, without seeing it.
    Exchange {
        /// The endpoint's name.
        endpoint: String,
        /// The secret's name.
        secret: String,
        /// Where the token is fetched.
        place: String,
    },
    /// Has a secret read from a variable where no source is configured.
    Variable {
        /// The secret's name.
        secret: String,
        /// The environment variable.
        variable: String,
    },
    /// Calls a method and a path.
    Call {
        /// The endpoint's name.
        endpoint: String,
        /// Method and path below the endpoint's base.
        rule: Rule,
    },
    /// Adds a query parameter.
    Query {
        /// The endpoint's name.
        endpoint: String,
        /// The parameter's name.
        name: String,
    },
    /// Sends a header.
    SendHeader {
        /// The endpoint's name.
        endpoint: String,
        /// Name, or prefix with `*`.
        header: HeaderPattern,
    },
    /// Sees a header of a response.
    SeeHeader {
        /// The endpoint's name.
        endpoint: String,
        /// Name, or prefix with `*`.
        header: HeaderPattern,
    },
    /// Reads a setting.
    Setting {
        /// The setting's name.
        name: String,
    },
}

/// How much a capability weighs, or a finding of an audit. Capabilities are low, what nearly
/// every adapter has; medium, what a request can carry or be sent with; or high, where it
/// can go, and what it could be besides an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

impl Capability {
    /// The weight of its kind.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Import { .. } | Self::Reach { .. } | Self::Identity { .. } => Severity::High,
            Self::Credential { .. }
            | Self::Exchange { .. }
            | Self::Variable { .. }
            | Self::Call { .. } => Severity::Medium,
            Self::Query { .. }
            | Self::SendHeader { .. }
            | Self::SeeHeader { .. }
            | Self::Setting { .. } => Severity::Low,
        }
    }

    /// Whether who has this needs not be given the other.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Call { endpoint, rule }, Self::Call { endpoint: at, rule: asked }) => {
                endpoint == at && rule.covers(asked)
            }
            (
                Self::SendHeader { endpoint, header },
                Self::SendHeader { endpoint: at, header: asked },
            )
            | (
                Self::SeeHeader { endpoint, header },
                Self::SeeHeader { endpoint: at, header: asked },
            ) => endpoint == at && header.covers(asked),
            _ => self == other,
        }
    }
}

/// In words behind "it may".
impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import { name } => write!(f, "import {name}"),
            Self::Reach { endpoint, origin: Some(origin) } => {
                write!(f, "reach {origin}, as `{endpoint}`")
            }
            Self::Reach { endpoint, origin: None } => {
                write!(
                    f,
                    "reach the place that the provider's configuration names, as `{endpoint}`"
                )
            }
            Self::Identity { endpoint, place: Some(place), scope, form } => {
                write!(f, "have a token fetched from {place} for `{endpoint}`")?;
                if !scope.is_empty() {
                    write!(f, ", good for {scope}")?;
                }
                write!(f, ", and sent there as `{form}`")
            }
            Self::Identity { endpoint, place: None, scope, form } => {
                write!(f, "have requests to `{endpoint}` signed for {scope}, as `{form}`")
            }
            Self::Exchange { endpoint, secret, place } => {
                write!(
                    f,
                    "have the secret `{secret}` sent to {place}, for a token for `{endpoint}`"
                )
            }
            Self::Credential { endpoint, secret, form } => {
                write!(f, "have the secret `{secret}` sent to `{endpoint}`, as `{form}`")
            }
            Self::Variable { secret, variable } => {
                write!(f, "have the secret `{secret}` read from {variable}")
            }
            Self::Call { endpoint, rule } => write!(f, "call {rule} at `{endpoint}`"),
            Self::Query { endpoint, name } => {
                write!(f, "send the query parameter {name} to `{endpoint}`")
            }
            Self::SendHeader { endpoint, header } => {
                write!(f, "send the header {header} to `{endpoint}`")
            }
            Self::SeeHeader { endpoint, header } => {
                write!(f, "see the header {header} of `{endpoint}`")
            }
            Self::Setting { name } => write!(f, "read the setting `{name}`"),
        }
    }
}

/// What a component asks for, the worst first.
pub fn capabilities(inspection: &Inspection) -> Vec<Capability> {
    let manifest = &inspection.manifest;
    let (endpoints, settings) = (&manifest.endpoints, &manifest.settings);
    capabilities_of(&inspection.imports, endpoints, settings, &manifest.secrets)
}

/// The same of its parts.
pub fn capabilities_of(
    imports: &[String],
    endpoints: &BTreeMap<String, Endpoint>,
    settings: &BTreeMap<String, Setting>,
    secrets: &BTreeMap<String, SecretDeclaration>,
) -> Vec<Capability> {
    let foreign = imports.iter().filter(|name| !name.starts_with("hotcell:adapter/"));
    let mut all: Vec<Capability> =
        foreign.map(|name| Capability::Import { name: name.clone() }).collect();
    for (name, endpoint) in endpoints {
        endpoint_capabilities(name, endpoint, &mut all);
    }
    for (name, secret) in secrets {
        all.extend(secret.env.iter().map(|variable| {
            let (secret, variable) = (name.clone(), variable.to_owned());
            Capability::Variable { secret, variable }
        }));
    }
    all.extend(settings.keys().map(|name| Capability::Setting { name: name.clone() }));
    all.sort_unstable();
    all
}

fn endpoint_capabilities(name: &str, grant: &Endpoint, all: &mut Vec<Capability>) {
    let endpoint = || name.to_owned();
    let origin = grant.origin.as_ref().map(|origin| format!("{origin}{}", grant.base));
    all.push(Capability::Reach { endpoint: endpoint(), origin });
    for other in &grant.origins {
        let origin = Some(format!("{}{}", other.origin, grant.base));
        all.push(Capability::Reach { endpoint: endpoint(), origin });
    }
    for auth in &grant.auth {
        authentication(name, auth, all);
    }
    for rule in &grant.allow {
        all.push(Capability::Call { endpoint: endpoint(), rule: rule.clone() });
    }
    for name in &grant.query {
        all.push(Capability::Query { endpoint: endpoint(), name: name.clone() });
    }
    for header in &grant.request_headers {
        all.push(Capability::SendHeader { endpoint: endpoint(), header: header.clone() });
    }
    for header in &grant.response_headers {
        all.push(Capability::SeeHeader { endpoint: endpoint(), header: header.clone() });
    }
}

fn authentication(name: &str, auth: &Auth, all: &mut Vec<Capability>) {
    let endpoint = || name.to_owned();
    let form = auth.form().unwrap_or_default();
    let place = match auth.identity() {
        Some(AuthIdentity { place, scope }) => {
            let form = form.clone();
            let place_of_it = place.clone();
            all.push(Capability::Identity { endpoint: endpoint(), place, scope, form });
            place_of_it
        }
        None => None,
    };
    for secret in auth.secrets() {
        let secret = secret.to_owned();
        all.push(match (&place, auth) {
            (Some(place), _) => {
                Capability::Exchange { endpoint: endpoint(), secret, place: place.clone() }
            }
            // A signature is made with it, and it goes nowhere.
            (None, Auth::AwsSigv4 { .. }) => continue,
            (None, _) => {
                Capability::Credential { endpoint: endpoint(), secret, form: form.clone() }
            }
        });
    }
    for own in auth.own_secrets() {
        let (secret, variable) = (own.name.to_owned(), own.variable.to_owned());
        let variable = Capability::Variable { secret, variable };
        if !all.contains(&variable) {
            all.push(variable);
        }
    }
}

/// What lies between two lists of capabilities.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Changes {
    /// What nothing in the old list covers, the worst first.
    pub wider: Vec<Capability>,
    /// What nothing in the new list covers.
    pub narrower: Vec<Capability>,
}

impl Changes {
    /// Compares two lists.
    pub fn between(old: &[Capability], new: &[Capability]) -> Self {
        let beyond = |all: &[Capability], than: &[Capability]| {
            let is_new = |one: &&Capability| !than.iter().any(|known| known.covers(one));
            let mut beyond: Vec<Capability> = all.iter().filter(is_new).cloned().collect();
            beyond.sort_unstable();
            beyond
        };
        Self { wider: beyond(new, old), narrower: beyond(old, new) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Manifest;

    fn of(endpoint: &str) -> Vec<Capability> {
        let text = format!(
            "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n[endpoints.api]\n{endpoint}\n\
             [secrets.key]\ndescription = \"k\"\n"
        );
        let manifest = Manifest::parse(&text).unwrap();
        let own = ["hotcell:adapter/egress@0.1.0".to_owned()];
        capabilities_of(&own, &manifest.endpoints, &manifest.settings, &manifest.secrets)
    }

    fn words(capabilities: &[Capability]) -> Vec<String> {
        capabilities.iter().map(ToString::to_string).collect()
    }

    const NARROW: &str = "origin = \"https://a.example\"\nallow = [\"POST /chat\"]\n\
        request-headers = [\"accept\", \"x-a-b\"]\nresponse-headers = [\"x-r-1\"]";

    #[test]
    fn the_worst_stands_first() {
        let all = of(&format!("{NARROW}\nauth = {{ scheme = \"bearer\", secret = \"key\" }}"));
        let expected = [
            "reach https://a.example, as `api`",
            "have the secret `key` sent to `api`, as `authorization: Bearer …`",
            "call POST /chat at `api`",
            "send the header accept to `api`",
            "send the header x-a-b to `api`",
            "see the header x-r-1 of `api`",
        ];
        assert_eq!(words(&all), expected);
        assert!(all.windows(2).all(|pair| pair[0].severity() >= pair[1].severity()));
    }

    #[test]
    fn what_is_covered_is_no_widening() {
        let wide = of("origin = \"https://a.example\"\nallow = [\"POST /{any}\"]\n\
             request-headers = [\"accept\", \"x-a-*\"]\nresponse-headers = [\"x-r-*\"]");
        let changes = Changes::between(&of(NARROW), &wide);
        let wider = [
            "call POST /{any} at `api`",
            "send the header x-a-* to `api`",
            "see the header x-r-* of `api`",
        ];
        assert_eq!(words(&changes.wider), wider);
        assert!(changes.narrower.is_empty());
        let back = Changes::between(&wide, &of(NARROW));
        assert_eq!((back.wider.len(), words(&back.narrower)), (0, wider.map(str::to_owned).into()));
        assert_eq!(Changes::between(&wide, &wide), Changes::default());
    }

    #[test]
    fn every_place_that_a_setting_leads_to_is_told() {
        let text = "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n[endpoints.api]\n\
            origin = \"https://{place}-a.example\"\nbase = \"/v1/projects/{project}\"\n\
            origins = [{ setting = \"place\", value = \"all\", origin = \"https://a.example\" }]\n\
            allow = [\"POST /chat\"]\n[settings.place]\ndescription = \"p\"\n\
            [settings.project]\ndescription = \"p\"\n";
        let manifest = Manifest::parse(text).unwrap();
        let all = capabilities_of(&[], &manifest.endpoints, &manifest.settings, &manifest.secrets);
        let reach = [
            "reach https://a.example/v1/projects/{project}, as `api`",
            "reach https://{place}-a.example/v1/projects/{project}, as `api`",
        ];
        assert_eq!(words(&all)[..2], reach);
        let mut one = manifest.clone();
        one.endpoints.get_mut("api").unwrap().origins.clear();
        let one = capabilities_of(&[], &one.endpoints, &one.settings, &one.secrets);
        assert_eq!(words(&Changes::between(&one, &all).wider), reach[..1]);
    }

    #[test]
    fn an_identity_endpoint_is_a_capability_and_another_one_is_a_widening() {
        let with = |auth: &str| of(&format!("{NARROW}\nauth = {auth}"));
        let entra = |scope: &str| with(&format!("{{ scheme = \"entra\", scope = \"{scope}\" }}"));
        let changes = Changes::between(&of(NARROW), &entra("https://a.example/.default"));
        let wider = [
            "have a token fetched from https://login.microsoftonline.com for `api`, good for \
             https://a.example/.default, and sent there as `authorization: Bearer …`",
            "have the secret `entra-client-secret` sent to https://login.microsoftonline.com, for a \
             token for `api`",
            "have the secret `entra-client-secret` read from AZURE_CLIENT_SECRET",
        ];
        assert_eq!(words(&changes.wider), wider);
        let other = Changes::between(&entra("a/.default"), &entra("b/.default"));
        assert_eq!((other.wider.len(), other.narrower.len()), (1, 1));
        let exchange = |origin: &str| {
            with(&format!(
                "{{ scheme = \"oauth2-api-key\", origin = \"{origin}\", path = \"/token\", \
                 grant-type = \"g\", parameter = \"apikey\", secret = \"key\" }}"
            ))
        };
        let moved =
            Changes::between(&exchange("https://iam.example"), &exchange("https://e.example"));
        assert_eq!(moved.wider.len(), 2, "{:?}", words(&moved.wider));
        let either = with(
            "[{ scheme = \"bearer\", secret = \"key\" }, { scheme = \"entra\", scope = \"a/.default\" }]",
        );
        assert!(Changes::between(&either, &entra("a/.default")).wider.is_empty());
    }

    #[test]
    fn each_variable_of_a_secret_is_a_capability() {
        let with = |env: &str| {
            let text = format!(
                "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n\
                 [secrets.key]\ndescription = \"k\"\nenv = {env}\n"
            );
            let manifest = Manifest::parse(&text).unwrap();
            capabilities_of(&[], &manifest.endpoints, &manifest.settings, &manifest.secrets)
        };
        let (one, two) = (with("\"A_KEY\""), with("[\"A_KEY\", \"B_KEY\"]"));
        assert_eq!(one, with("[\"A_KEY\"]"));
        let changes = Changes::between(&one, &two);
        assert_eq!(words(&changes.wider), ["have the secret `key` read from B_KEY"]);
        assert_eq!(Changes::between(&two, &one).wider, []);
    }

    #[test]
    fn another_place_is_both_more_and_less() {
        let changes = Changes::between(&of(NARROW), &of(&NARROW.replace("a.ex", "evil.ex")));
        assert_eq!(words(&changes.wider), ["reach https://evil.example, as `api`"]);
        assert_eq!(words(&changes.narrower), ["reach https://a.example, as `api`"]);
    }
}
