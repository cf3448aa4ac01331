//! From what a person configured to what a cell gets.

use crate::choice::{self, Choice};
use crate::config::{Config, ProviderConfig};
use crate::limits::Limits;
use crate::listing::Origin;
use crate::setting::{self, Settings};
use crate::setup::SetupError;
use hotcell_catalogue::{Provider as Definition, Route};
use hotcell_egress::{EndpointSpec, IdentitySource, ProviderSpec, SecretSource};
use hotcell_manifest::{
    Auth, Digest, Endpoint, Inspection, Manifest, OwnSecret, Rule, SecretDeclaration,
};
use std::collections::BTreeMap;

/// What a configuration, the catalogue and a manifest amount to together.
pub(crate) struct Resolved {
    pub(crate) spec: ProviderSpec,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) limits: Limits,
}

/// The names that may stand before a model's: configured ones first.
pub(crate) fn names(config: &Config) -> impl Iterator<Item = (&str, Origin)> {
    let configured = config.providers.keys().map(|name| (name.as_str(), Origin::Configured));
    let catalogue = hotcell_catalogue::providers()
        .iter()
        .filter(|definition| !config.providers.contains_key(&definition.name))
        .map(|definition| (definition.name.as_str(), Origin::Catalogue));
    configured.chain(catalogue)
}

/// What a provider is built on: the catalogue's entry that it starts from, if any,
/// and the name of its adapter.
pub(crate) struct Basis {
    pub(crate) definition: Option<&'static Definition>,
    pub(crate) adapter: String,
}

impl Basis {
    /// What requests are built on that a route leads to this entry of the catalogue.
    pub(crate) fn led(self, to: Option<&str>) -> Self {
        match to.and_then(hotcell_catalogue::provider) {
            Some(definition) => {
                Self { definition: Some(definition), adapter: definition.adapter.clone() }
            }
            None => self,
        }
    }

    /// Where the provider's requests can go besides.
    pub(crate) fn routes(&self) -> &'static [Route] {
        self.definition.map_or(&[], |definition| definition.routes.as_slice())
    }
}

/// Finds what a provider is built on. Its `adapter` may name a component or an
/// entry of the catalogue; without one its own name is looked up.
pub(crate) fn basis(name: &str, config: &Config) -> Result<Basis, SetupError> {
    let configured = config.providers.get(name).and_then(|provider| provider.adapter.as_deref());
    let template = configured.unwrap_or(name);
    if config.adapters.contains_key(template) || config.lock.get(template).is_some() {
        return Ok(Basis { definition: None, adapter: template.to_owned() });
    }
    if let Some(definition) = hotcell_catalogue::provider(template) {
        let adapter = definition.adapter.clone();
        return Ok(Basis { definition: Some(definition), adapter });
    }
    match hotcell_bundle::adapter(template) {
        Some(adapter) => Ok(Basis { definition: None, adapter: adapter.name.to_owned() }),
        None => Err(SetupError::Provider {
            provider: name.to_owned(),
            why: format!(
                "there is no adapter and no provider `{template}`; name one, as in \
                 `adapter = \"openai-compatible\"`, or agree to somebody else's with \
                 `hotcell adapter add FILE`"
            ),
        }),
    }
}

/// Brings the three sources together: configuration over catalogue over manifest.
/// `siblings` are the other adapters that the provider's requests can go to, and are looked
/// at where the configuration says something that this one does not declare.
pub(crate) fn resolve(
    name: &str,
    config: &Config,
    definition: Option<&Definition>,
    inspection: &Inspection,
    siblings: &dyn Fn() -> Vec<Manifest>,
) -> Result<Resolved, SetupError> {
    let absent = ProviderConfig::default();
    let provider = config.providers.get(name).unwrap_or(&absent);
    let fail = |why: String| SetupError::Provider { provider: name.to_owned(), why };
    let manifest = &inspection.manifest;
    known(provider, manifest, siblings).map_err(fail)?;
    let declared = choice::secrets(manifest);

    let sources =
        setting::Sources { provider, definition, manifest, environment: &setting::variable };
    let settings = sources.settings().map_err(fail)?;
    let mut places = BTreeMap::new();
    for key in manifest.endpoints.keys().filter(|key| !provider.endpoints.contains_key(*key)) {
        places.extend(sources.place(key).map_err(fail)?.map(|place| (key, place)));
    }
    let allow_private =
        provider.allow_private.unwrap_or_else(|| definition.is_some_and(|entry| entry.local));
    let allow_plaintext =
        provider.allow_plaintext.unwrap_or_else(|| definition.is_some_and(|entry| entry.local));
    let mut headers: BTreeMap<String, String> =
        definition.map(|entry| entry.headers.clone()).unwrap_or_default();
    headers.extend(provider.headers.clone());

    // The parts of one credential come from one place: a token of the environment's does not
    // belong to a key from elsewhere.
    let is_apart = |key: &str| {
        let configured = |own: &OwnSecret| provider.secrets.contains_key(own.name);
        Auth::with_own_secret(key).iter().any(configured)
    };
    // A conventional variable or identity belongs to the provider that it is named after:
    // elsewhere it would hand somebody's key to somebody else.
    let elsewhere = !places.is_empty() || is_elsewhere(provider, definition, manifest, &settings);
    let settings = settings.values;
    let mut sources = BTreeMap::new();
    for (key, secret) in &declared {
        let defined = match definition {
            Some(entry) if !Auth::is_own_secret(key) => entry.secrets.get(key),
            _ => Some(&secret.env).filter(|env| !env.is_empty()),
        };
        let conventional =
            defined.filter(|_| !elsewhere && !is_apart(key)).cloned().map(SecretSource::Env);
        if let Some(source) = provider.secrets.get(key).cloned().or(conventional) {
            sources.insert(key.clone(), source.settled());
        }
    }
    // An identity is good for more than one provider, so that who would have it sent somewhere
    // has to be known: an adapter of somebody else's is given one by name.
    let ambient = !elsewhere && is_bundled(&inspection.digest);
    let choice = Choice { provider, sources: &sources, ambient };
    choice.is_offered(manifest).map_err(fail)?;

    let mut endpoints = BTreeMap::new();
    for (key, grant) in &manifest.endpoints {
        let configured = provider.endpoints.get(key);
        let defined = definition.and_then(|entry| entry.endpoints.get(key));
        let place = configured.or(places.get(key)).or(defined).map(String::as_str);
        let url = match place.or_else(|| grant.origin_with(&settings)) {
            Some(template) => fill(&with_base(template, &grant.base), &settings).map_err(fail)?,
            None => {
                return Err(fail(format!(
                    "where is it? add `endpoints.{key} = \"https://…\"` to [providers.{name}]"
                )));
            }
        };
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let auth = choice.taken(&grant.auth).filled(|it| fill(it, &settings)).map_err(fail)?;
        let grant = narrowed(key, grant, provider.allow.get(key), siblings).map_err(fail)?;
        endpoints.insert(
            key.clone(),
            EndpointSpec { url, grant, auth, headers, allow_private, allow_plaintext },
        );
    }
    let needed = provider.identity.as_ref().map(IdentitySource::secrets).unwrap_or_default();
    let needless = |key: &str, secret: &SecretDeclaration| {
        (secret.optional && !needed.contains(&key))
            || definition.is_some_and(|entry| entry.secret_optional)
            || (allow_private && !sources.contains_key(key))
    };
    let optional = declared.iter().filter(|(key, secret)| needless(key, secret));
    let optional = optional.map(|(key, _)| key.clone()).collect();
    let identity = provider.identity.clone().or_else(|| {
        let mut wants = endpoints.values().filter_map(|it| IdentitySource::ambient(&it.auth));
        wants.next().filter(|_| ambient)
    });

    let spec = ProviderSpec {
        provider: name.to_owned(),
        adapter: manifest.adapter.name.clone(),
        digest: inspection.digest,
        endpoints,
        secrets: sources,
        optional_secrets: optional,
        identity,
        identity_origin: provider.identity_origin.clone(),
        limits: provider.egress.clone().unwrap_or_default(),
    };
    Ok(Resolved { spec, settings, limits: provider.limits.clone().unwrap_or_default() })
}

/// Whether each name in the configuration is one that an adapter of this provider declares.
fn known(
    provider: &ProviderConfig,
    manifest: &Manifest,
    siblings: &dyn Fn() -> Vec<Manifest>,
) -> Result<(), String> {
    type Names = fn(&Manifest) -> Vec<String>;
    let endpoints: Names = |it| it.endpoints.keys().cloned().collect();
    let secrets: Names = |it| choice::secrets(it).keys().cloned().collect();
    let settings: Names = |it| it.settings.keys().cloned().collect();
    let kinds: [(&str, Vec<&String>, Names); 4] = [
        ("endpoint", provider.endpoints.keys().collect(), endpoints),
        ("endpoint", provider.allow.keys().collect(), endpoints),
        ("secret", provider.secrets.keys().collect(), secrets),
        ("setting", provider.settings.keys().collect(), settings),
    ];
    for (kind, given, names) in kinds {
        let declared = names(manifest);
        for unknown in given.into_iter().filter(|name| !declared.contains(name)) {
            if siblings().iter().any(|sibling| names(sibling).contains(unknown)) {
                continue;
            }
            return Err(format!(
                "the adapter `{}` has no {kind} `{unknown}`; it has: {}",
                manifest.adapter.name,
                if declared.is_empty() { "none".to_owned() } else { declared.join(", ") }
            ));
        }
    }
    Ok(())
}

/// A grant with fewer methods and paths, where a provider wants that. It cannot have
/// others. A rule that another adapter of the provider's is meant by says nothing to this one.
fn narrowed(
    key: &str,
    grant: &Endpoint,
    allow: Option<&Vec<Rule>>,
    siblings: &dyn Fn() -> Vec<Manifest>,
) -> Result<Endpoint, String> {
    let mut grant = grant.clone();
    let Some(allow) = allow else { return Ok(grant) };
    let covers = |grant: &Endpoint, rule: &Rule| grant.allow.iter().any(|has| has.covers(rule));
    let (own, others): (Vec<Rule>, Vec<Rule>) =
        allow.iter().cloned().partition(|rule| covers(&grant, rule));
    for rule in others {
        let meant = |manifest: &Manifest| {
            manifest.endpoints.get(key).is_some_and(|endpoint| covers(endpoint, &rule))
        };
        if !siblings().iter().any(meant) {
            return Err(format!(
                "`allow.{key}` has `{rule}`, which the adapter's grant does not cover; a provider \
                 can only narrow it"
            ));
        }
    }
    grant.allow = own;
    Ok(grant)
}

/// Whether a component is part of the binary.
fn is_bundled(digest: &Digest) -> bool {
    let digest = digest.to_string();
    hotcell_bundle::ADAPTERS.iter().any(|adapter| adapter.digest == digest)
}

/// Whether the configuration says where a provider is, or where its tokens come from, rather
/// than which of its owner's places is meant.
fn is_elsewhere(
    provider: &ProviderConfig,
    definition: Option<&Definition>,
    manifest: &Manifest,
    settings: &Settings,
) -> bool {
    let domains = definition.map_or(&[][..], |entry| &entry.domains);
    let defined = |name: &String| definition.and_then(|entry| entry.endpoints.get(name));
    let endpoints = manifest.endpoints.iter();
    let places =
        endpoints.clone().filter_map(|(name, grant)| defined(name).or(grant.origin.as_ref()));
    let tokens = endpoints.flat_map(|(_, grant)| &grant.auth);
    let tokens = tokens.filter_map(|auth| auth.identity()?.place);
    !provider.endpoints.is_empty()
        || provider.identity_origin.is_some()
        || places.cloned().chain(tokens).any(|place| settings.lead_anywhere(&place, domains))
}

/// Fills settings into a URL. In an origin a value can become part of a host name, in a
/// path a segment, and nothing else: it cannot lead to another host, nor out of the
/// project or place that the operator names.
pub(crate) fn fill(template: &str, settings: &BTreeMap<String, String>) -> Result<String, String> {
    let mut url = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or("has a `{` without its `}`")?;
        let value = settings.get(name).ok_or_else(|| {
            format!("its endpoint needs the setting `{name}`; add `settings.{name} = \"…\"`")
        })?;
        url.push_str(before);
        let in_path = url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
        match in_path {
            false if !is_host_part(value) => {
                return Err(format!("the setting `{name}` cannot be part of a host name"));
            }
            true if !is_segment(value) => {
                return Err(format!("the setting `{name}` cannot be a segment of a path"));
            }
            _ => url.push_str(value),
        }
        rest = after;
    }
    url.push_str(rest);
    Ok(url)
}

fn is_host_part(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    !value.is_empty()
        && value.chars().all(plain)
        && !value.starts_with(['.', '-'])
        && !value.ends_with(['.', '-'])
        && !value.contains("..")
}

/// Of the characters that are the same in every spelling of a path. One that is no dot
/// at either end makes no dot segment, whatever stands beside it.
fn is_segment(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:".contains(c);
    !value.is_empty()
        && value.chars().all(plain)
        && !value.starts_with('.')
        && !value.ends_with('.')
}

/// Adds the manifest's base path to a URL that has no path of its own.
fn with_base(url: &str, base: &str) -> String {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    if after_scheme.contains('/') { url.to_owned() } else { format!("{url}{base}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_with_a_path_replaces_the_base() {
        assert_eq!(with_base("http://10.0.0.7:8000", "/v1"), "http://10.0.0.7:8000/v1");
        assert_eq!(
            with_base("https://api.groq.com/openai/v1", "/v1"),
            "https://api.groq.com/openai/v1"
        );
        assert_eq!(with_base("https://api.deepseek.com/", "/v1"), "https://api.deepseek.com/");
    }

    const SIGNED: &str = "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n\
        [endpoints.api]\norigin = \"https://bedrock-runtime.{region}.amazonaws.com\"\n\
        allow = [\"POST /chat\"]\n\
        auth = { scheme = \"aws-sigv4\", service = \"bedrock\", region = \"{region}\" }\n\
        [settings.region]\ndescription = \"r\"\n";

    fn signed(provider: &str) -> ProviderSpec {
        let inspection = Inspection {
            // As if it were part of the binary.
            digest: Digest::of(hotcell_bundle::ADAPTERS[0].component()),
            size: 0,
            manifest: Manifest::parse(SIGNED).unwrap(),
            imports: vec![],
            exports: vec![],
            dependencies: None,
        };
        let text = format!("[providers.a]\nadapter = 'a'\n{provider}");
        let config = Config::parse(&text, std::path::Path::new("hotcell.toml")).unwrap();
        resolve("a", &config, None, &inspection, &Vec::new).unwrap().spec
    }

    #[test]
    fn a_request_is_signed_for_the_region_of_its_endpoint() {
        let spec = signed("settings.region = 'eu-west-3'\n");
        let endpoint = &spec.endpoints["api"];
        assert_eq!(endpoint.url, "https://bedrock-runtime.eu-west-3.amazonaws.com");
        let Auth::AwsSigv4 { region, .. } = &endpoint.auth else { panic!("{:?}", endpoint.auth) };
        assert_eq!(region, "eu-west-3");
    }

    #[test]
    fn the_parts_of_a_key_come_from_one_place() {
        let region = "settings.region = 'eu-west-3'\n";
        let sources = |more: &str| signed(&format!("{region}{more}")).secrets;
        let names = |more: &str| sources(more).into_keys().collect::<Vec<_>>();
        let all = ["aws-access-key-id", "aws-secret-access-key", "aws-session-token"];
        assert_eq!(names(""), all);
        // A session token of the environment's belongs to another key.
        let own = "secrets.aws-access-key-id = 'env:A'\nsecrets.aws-secret-access-key = 'env:B'\n";
        assert_eq!(names(own), all[..2]);
    }

    #[test]
    fn a_place_that_the_configuration_names_gets_nothing_by_convention() {
        let named = |line: &str| signed(&format!("settings.region = 'eu-west-3'\n{line}"));
        assert!(named("").identity.is_some());
        for line in
            ["endpoints.api = 'https://e.example'\n", "identity-origin = 'https://e.example'\n"]
        {
            let spec = named(line);
            assert_eq!((spec.secrets.len(), spec.identity), (0, None), "{line}");
        }
        assert!(!is_bundled(&Digest::of(hotcell_bundle::HOSTILE.component())));
    }

    #[test]
    fn a_setting_cannot_become_more_than_a_part_of_a_host() {
        let fill = |value: &str| {
            let settings = BTreeMap::from([("resource".to_owned(), value.to_owned())]);
            fill("https://{resource}.openai.azure.com", &settings)
        };
        assert_eq!(fill("my-res").unwrap(), "https://my-res.openai.azure.com");
        for bad in ["", "evil.example/", "a@b", "a:1", "a#", "a?", "..", ".a", "a-", "a b", "ä"] {
            assert!(fill(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_setting_in_a_path_is_one_segment_of_it() {
        let fill = |value: &str| {
            let settings = BTreeMap::from([("project".to_owned(), value.to_owned())]);
            fill(&with_base("https://a.example", "/v1/projects/{project}/models"), &settings)
        };
        for good in ["my-project", "example.com:my-project", "a_b~1"] {
            let url = format!("https://a.example/v1/projects/{good}/models");
            assert_eq!(fill(good).unwrap(), url);
        }
        for bad in
            ["", ".", "..", "a/b", "../other", "a%2fb", "a?b", "a#b", "a\\b", "a b", "{x}", "ä"]
        {
            assert!(fill(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
