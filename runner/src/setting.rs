//! The values of a provider's settings, and what of them can lead to somebody else.

use crate::config::ProviderConfig;
use crate::provider::fill;
use hotcell_catalogue::Provider as Definition;
use hotcell_egress::IdentitySource;
use hotcell_manifest::{Auth, Manifest, Setting, Variables};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// The values of a provider's settings.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Settings {
    pub(crate) values: BTreeMap<String, String>,
    /// Those that somebody said, be it in the configuration or by a variable.
    said: BTreeMap<String, String>,
}

/// What settings are put together from.
pub(crate) struct Sources<'a> {
    pub(crate) provider: &'a ProviderConfig,
    pub(crate) definition: Option<&'a Definition>,
    pub(crate) manifest: &'a Manifest,
    /// Tells the value of an environment variable, if it has one.
    pub(crate) environment: &'a dyn Fn(&str) -> Option<String>,
}

/// A variable of the process's environment, if it says something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Sources<'_> {
    /// Configuration over catalogue over environment over manifest. The environment is asked
    /// for what the catalogue names, and never for what a manifest would like to know.
    pub(crate) fn settings(&self) -> Result<Settings, String> {
        let mut settings = Settings::default();
        let region = region_setting(self.manifest);
        for (key, declared) in &self.manifest.settings {
            let said = match self.provider.settings.get(key) {
                Some(configured) => Some(configured.clone()),
                None if self.defined(key).is_some() => None,
                None => self.told(key, region == Some(key.as_str()))?,
            };
            let value = said.clone().or_else(|| self.defined(key).cloned());
            let Some(value) = value.or_else(|| declared.default.clone()) else { continue };
            is_allowed(key, declared, &value)?;
            settings.said.extend(said.map(|said| (key.clone(), said)));
            settings.values.insert(key.clone(), value);
        }
        Ok(settings)
    }

    fn defined(&self, key: &str) -> Option<&String> {
        self.definition.and_then(|entry| entry.settings.get(key))
    }

    /// What the environment says of a setting.
    fn told(&self, key: &str, is_region: bool) -> Result<Option<String>, String> {
        // What the machine is told of a region is told to every program of AWS's.
        let machine = || IdentitySource::aws_region(self.provider.identity.as_ref());
        let machine = || is_region.then(machine).flatten();
        // An identity that is named may bring a region of its own.
        let own = self.provider.identity.is_some().then(machine).flatten();
        match own {
            Some(region) => Ok(Some(region)),
            None => Ok(self.by_variable(key)?.or_else(machine)),
        }
    }

    /// Where the environment says that an endpoint is, for an entry of the catalogue that
    /// lets it.
    pub(crate) fn place(&self, endpoint: &str) -> Result<Option<String>, String> {
        let variables = self.definition.and_then(|entry| entry.places.get(endpoint));
        let Some(variables) = variables else { return Ok(None) };
        let Some((name, url)) = self.first(variables) else { return Ok(None) };
        // A password in it would be shown in every listing.
        let is_plain = url.starts_with("http://") || url.starts_with("https://");
        if !is_plain || url.contains('@') {
            return Err(format!("{name} holds no plain URL, such as http://10.0.0.7:8000"));
        }
        // A slash at the end says nothing, where in a configuration it says that the base path
        // is none.
        Ok(Some(url.trim_end_matches('/').to_owned()))
    }

    fn first<'b>(&self, variables: &'b Variables) -> Option<(&'b str, String)> {
        let value = |name: &str| Ok::<_, Infallible>((self.environment)(name));
        let Ok(found) = variables.find(value);
        found
    }

    fn by_variable(&self, key: &str) -> Result<Option<String>, String> {
        let Some(entry) = self.definition else { return Ok(None) };
        let Some(variables) = entry.variables.get(key) else { return Ok(None) };
        let Some((name, value)) = self.first(variables) else { return Ok(None) };
        if !value.contains("://") {
            return Ok(Some(value));
        }
        let mut places = entry.endpoints.values();
        if let Some(part) = places.clone().find_map(|place| part(&value, place, key)) {
            return Ok(Some(part));
        }
        // Whoever says where the provider is has no need of this.
        if !self.provider.endpoints.is_empty() {
            return Ok(None);
        }
        // The value is not repeated: a URL may have a password in it.
        Err(format!(
            "{name} holds a URL that is not like {}: configure `endpoints` and `secrets`, so that \
             the key goes where you say",
            places
                .next()
                .map_or("an endpoint of this provider", |place| place.trim_end_matches('/'))
        ))
    }
}

fn is_allowed(key: &str, declared: &Setting, value: &String) -> Result<(), String> {
    if declared.values.is_empty() || declared.values.contains(value) {
        return Ok(());
    }
    Err(format!(
        "the setting `{key}` cannot be `{value}`; it can be: {}",
        declared.values.join(", ")
    ))
}

/// What stands in the origin of a URL where a template has a setting; none where the rest is
/// not the same.
fn part(url: &str, template: &str, setting: &str) -> Option<String> {
    let origin = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        Some(format!("{}://{}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase()))
    };
    let (url, template) = (origin(url)?, origin(template)?);
    let (before, after) = template.split_once(&format!("{{{setting}}}"))?;
    let part = url.strip_prefix(before)?.strip_suffix(after)?;
    (!part.is_empty()).then(|| part.to_owned())
}

/// The setting that is the region which requests are signed for.
fn region_setting(manifest: &Manifest) -> Option<&str> {
    let all = manifest.endpoints.values().flat_map(|endpoint| &endpoint.auth);
    let mut regions = all.filter_map(|auth| match auth {
        Auth::AwsSigv4 { region, .. } => region.strip_prefix('{')?.strip_suffix('}'),
        _ => None,
    });
    regions.next()
}

impl Settings {
    /// Whether a setting that somebody said is the end of a host, so that it can be anybody's;
    /// save where the host is within one of these domains.
    pub(crate) fn lead_anywhere(&self, template: &str, domains: &[String]) -> bool {
        let host = host(template);
        let Some((_, end)) = host.rsplit_once('}') else { return false };
        let is_owned = end.strip_prefix('.').is_some_and(|owner| owner.contains('.'));
        !is_owned
            && self.said.keys().any(|name| host.contains(&format!("{{{name}}}")))
            && !self.is_within(host, domains)
    }

    fn is_within(&self, host: &str, domains: &[String]) -> bool {
        // As a part of an origin: a value that is no part of a host is in no domain.
        let Ok(origin) = fill(&format!("https://{host}"), &self.values) else { return false };
        let host = origin.trim_start_matches("https://").to_ascii_lowercase();
        domains.iter().any(|domain| {
            let below = host.strip_suffix(domain.as_str());
            below.and_then(|below| below.strip_suffix('.')).is_some_and(|name| !name.is_empty())
        })
    }
}

fn host(template: &str) -> &str {
    let host = template.split_once("://").map_or(template, |(_, rest)| rest);
    host.split([':', '/']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: &str = "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n";

    /// The settings of an entry of the catalogue, with these lines of configuration and these
    /// variables.
    fn settings(entry: &str, lines: &str, set: &[(&str, &str)]) -> Result<Settings, String> {
        let definition = hotcell_catalogue::provider(entry).unwrap();
        let adapter = hotcell_bundle::adapter(&definition.adapter).unwrap();
        let inspection = hotcell_manifest::inspect(adapter.component()).unwrap();
        let environment = |name: &str| {
            let value = set.iter().find(|(set, _)| *set == name).map(|(_, value)| *value);
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        Sources {
            provider: &toml::from_str(lines).unwrap(),
            definition: Some(definition),
            manifest: &inspection.manifest,
            environment: &environment,
        }
        .settings()
    }

    fn value(entry: &str, key: &str, lines: &str, set: &[(&str, &str)]) -> Option<String> {
        settings(entry, lines, set).unwrap().values.remove(key)
    }

    #[test]
    fn the_first_variable_that_says_something_counts() {
        for (entry, key, set, expected) in [
            ("vertex", "project", &[("GOOGLE_CLOUD_PROJECT", "a")][..], Some("a")),
            (
                "vertex",
                "project",
                &[("GOOGLE_CLOUD_PROJECT", "a"), ("VERTEXAI_PROJECT", "b")],
                Some("b"),
            ),
            (
                "vertex",
                "project",
                &[("GOOGLE_CLOUD_PROJECT", "a"), ("VERTEXAI_PROJECT", "")],
                Some("a"),
            ),
            ("vertex", "project", &[("PROJECT", "a")], None),
            ("vertex", "location", &[("VERTEXAI_LOCATION", "europe-west1")], Some("europe-west1")),
            ("vertex", "location", &[], Some("global")),
            (
                "vertex-anthropic",
                "location",
                &[("VERTEXAI_LOCATION", "us-east5")],
                Some("us-east5"),
            ),
            ("watsonx", "region", &[("WX_REGION", "eu-de")], Some("eu-de")),
            ("bedrock", "region", &[("AWS_REGION_NAME", "us-west-2")], Some("us-west-2")),
        ] {
            assert_eq!(value(entry, key, "", set).as_deref(), expected, "{entry} {key} {set:?}");
        }
        let set = &[("VERTEXAI_PROJECT", "a")];
        let configured = value("vertex", "project", "settings.project = 'mine'", set);
        assert_eq!(configured.as_deref(), Some("mine"));
    }

    #[test]
    fn a_url_gives_what_stands_in_the_place_of_the_setting() {
        for (entry, key, name, url, expected) in [
            ("azure", "resource", "AZURE_API_BASE", "https://mine.openai.azure.com/", "mine"),
            (
                "azure",
                "resource",
                "AZURE_API_BASE",
                "HTTPS://Mine.OpenAI.Azure.com/openai/v1",
                "mine",
            ),
            (
                "azure-ai",
                "resource",
                "AZURE_AI_API_BASE",
                "https://a-b.services.ai.azure.com",
                "a-b",
            ),
            ("watsonx", "region", "WATSONX_URL", "https://eu-gb.ml.cloud.ibm.com", "eu-gb"),
            (
                "databricks",
                "host",
                "DATABRICKS_API_BASE",
                "https://adb-1.2.azuredatabricks.net/serving-endpoints",
                "adb-1.2.azuredatabricks.net",
            ),
        ] {
            let found = value(entry, key, "", &[(name, url)]);
            assert_eq!(found.as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn a_url_of_somewhere_else_is_an_error_and_is_not_repeated() {
        for url in [
            "https://gateway.example/openai",
            "http://mine.openai.azure.com",
            "https://.openai.azure.com",
            "https://mine.openai.azure.com.evil.example",
            "https://evil.example/.openai.azure.com",
            "https://evil.example?.openai.azure.com",
            "https://evil.example#.openai.azure.com",
        ] {
            let error = settings("azure", "", &[("AZURE_API_BASE", url)]).unwrap_err();
            assert!(error.contains("AZURE_API_BASE") && !error.contains("example"), "{error}");
        }
        // Whoever says where it is has said enough.
        let set = &[("AZURE_API_BASE", "https://gateway.example/openai")];
        let lines = "endpoints.api = 'https://other.example'";
        assert_eq!(value("azure", "resource", lines, set), None);
    }

    #[test]
    fn an_address_is_taken_of_what_has_no_key() {
        let place = |entry: &str, set: (&str, &str)| {
            let environment = |name: &str| (name == set.0).then(|| set.1.to_owned());
            let definition = hotcell_catalogue::provider(entry);
            let manifest = hotcell_manifest::Manifest::parse(NAMED).unwrap();
            let provider = &ProviderConfig::default();
            Sources { provider, definition, manifest: &manifest, environment: &environment }
                .place("api")
        };
        let vllm = ("HOSTED_VLLM_API_BASE", "http://10.0.0.7:8000/v1/");
        assert_eq!(place("vllm", vllm).unwrap().unwrap(), "http://10.0.0.7:8000/v1");
        let ollama = ("OLLAMA_API_BASE", "http://10.0.0.7:11434/");
        assert_eq!(place("ollama", ollama).unwrap().unwrap(), "http://10.0.0.7:11434");
        for bad in ["10.0.0.7:11434", "http://ada:hunter22@10.0.0.7", "file:///etc"] {
            let error = place("ollama", ("OLLAMA_API_BASE", bad)).unwrap_err();
            assert!(error.contains("OLLAMA_API_BASE") && !error.contains("hunter"), "{error}");
        }
        for name in ["OPENAI_API_BASE", "OPENAI_BASE_URL"] {
            assert_eq!(place("openai", (name, "https://evil.example")), Ok(None));
        }
    }

    /// An `@` or a `\` would make another host of it: it comes through here, and no URL is
    /// made of it.
    #[test]
    fn what_a_url_hides_is_no_part_of_a_host() {
        for url in ["https://evil.example\\.openai.azure.com", "https://a@evil%2e.openai.azure.com"]
        {
            let values = settings("azure", "", &[("AZURE_API_BASE", url)]).unwrap().values;
            assert!(fill("https://{resource}.openai.azure.com/", &values).is_err(), "{url}");
        }
    }

    #[test]
    fn a_setting_at_the_end_of_a_host_leads_anywhere() {
        let said = |value: &str| {
            let said = BTreeMap::from([("host".to_owned(), value.to_owned())]);
            Settings { values: said.clone(), said }
        };
        let evil = said("evil.example");
        for (template, expected) in [
            ("https://{host}", true),
            ("https://{host}:8443/oidc/v1/token", true),
            ("https://a.{host}", true),
            ("https://{host}.com", true),
            ("https://{host}.openai.azure.com", false),
            ("https://{other}", false),
            ("https://api.example.com", false),
            ("https://api.example.com/v1/projects/{host}/models", false),
            ("https://{other}.example.com/{host}", false),
        ] {
            assert_eq!(evil.lead_anywhere(template, &[]), expected, "{template}");
        }
        let domains = ["good.example".to_owned()];
        for (value, expected) in [
            ("mine.good.example", false),
            ("a.mine.Good.Example", false),
            ("good.example", true),
            (".good.example", true),
            ("evilgood.example", true),
            ("good.example.evil.example", true),
            ("evil.example/.good.example", true),
            ("evil.example#.good.example", true),
            ("evil.example:443/x.good.example", true),
            ("user@mine.good.example", true),
        ] {
            assert_eq!(said(value).lead_anywhere("https://{host}/", &domains), expected, "{value}");
        }
        // What nobody said is the catalogue's or the manifest's own.
        let values = BTreeMap::from([("host".to_owned(), "api.example".to_owned())]);
        let own = Settings { values, said: BTreeMap::new() };
        assert!(!own.lead_anywhere("https://{host}", &[]));
    }
}
