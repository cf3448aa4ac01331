//! Which of several ways of authenticating a provider takes.

use crate::config::ProviderConfig;
use hotcell_egress::{IdentitySource, Presence, SecretSource};
use hotcell_manifest::{Alternatives, Auth, Manifest, SecretDeclaration, Variables};
use std::collections::{BTreeMap, BTreeSet};

/// The secrets that a manifest declares, and those of the schemes that it offers.
pub(crate) fn secrets(manifest: &Manifest) -> BTreeMap<String, SecretDeclaration> {
    let mut all = manifest.secrets.clone();
    let offered = manifest.endpoints.values().flat_map(|endpoint| &endpoint.auth);
    for own in offered.flat_map(Auth::own_secrets) {
        let declaration = SecretDeclaration {
            description: own.description.to_owned(),
            env: Variables::from(own.variable),
            // Whether it is needed depends on the identity.
            optional: true,
        };
        all.insert(own.name.to_owned(), declaration);
    }
    all
}

/// What is known when one of several ways of authenticating has to be taken.
pub(crate) struct Choice<'a> {
    pub(crate) provider: &'a ProviderConfig,
    /// Where its secrets come from, configured or by convention.
    pub(crate) sources: &'a BTreeMap<String, SecretSource>,
    /// Whether an identity that is found on the machine may be used.
    pub(crate) ambient: bool,
}

impl Choice<'_> {
    /// The scheme that the configuration names, be it by its identity.
    fn named(&self) -> Option<&str> {
        let by_identity = self.provider.identity.as_ref().map(IdentitySource::scheme);
        self.provider.auth.as_deref().or(by_identity)
    }

    /// Whether some endpoint offers what the configuration names.
    pub(crate) fn is_offered(&self, manifest: &Manifest) -> Result<(), String> {
        let Some(scheme) = self.named() else { return Ok(()) };
        let all = || manifest.endpoints.values().flat_map(|endpoint| &endpoint.auth);
        if let Some(identity) = &self.provider.identity
            && identity.scheme() != scheme
        {
            return Err(format!("`identity = \"{identity}\"` is none for `auth = \"{scheme}\"`"));
        }
        if all().any(|auth| auth.scheme() == scheme) {
            return Ok(());
        }
        let offered: BTreeSet<&str> = all().map(Auth::scheme).collect();
        Err(format!(
            "the adapter `{}` does not authenticate by `{scheme}`; it can by: {}",
            manifest.adapter.name,
            offered.into_iter().collect::<Vec<_>>().join(", ")
        ))
    }

    /// The one that the configuration names; otherwise the first that has a source there;
    /// otherwise the first that finds what it needs in its usual place; otherwise the first,
    /// whose request tells what there is to choose from.
    pub(crate) fn taken<'b>(&self, offered: &'b Alternatives) -> &'b Auth {
        let named = self.named().and_then(|scheme| offered.named(scheme));
        let configured = || offered.iter().find(|auth| self.is_configured(auth));
        let present = || offered.iter().find(|auth| self.is_present(auth));
        named.or_else(configured).or_else(present).unwrap_or_else(|| offered.first())
    }

    fn is_configured(&self, auth: &Auth) -> bool {
        let has = |name: &&str| self.provider.secrets.contains_key(*name);
        let declared = auth.declared_secrets();
        match declared.is_empty() {
            true => auth.own_secrets().iter().any(|own| has(&own.name)),
            false => declared.iter().all(has),
        }
    }

    fn is_present(&self, auth: &Auth) -> bool {
        let source = |name: &&str| self.sources.get(*name);
        let there = |name| source(name).is_some_and(|it| it.present().unwrap_or(true));
        if let Some(ambient) = IdentitySource::ambient(auth) {
            return self.ambient && ambient.presence() == Presence::There;
        }
        auth.declared_secrets().iter().all(there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[adapter]\nname = \"a\"\nversion = \"1.0.0\"\ndialect = \"d\"\n\
        [endpoints.api]\nallow = [\"POST /chat\"]\nauth = [\
        { scheme = \"header\", name = \"api-key\", secret = \"key\" },\
        { scheme = \"oauth2-client-credentials\", origin = \"https://a.example\", path = \"/t\",\
          client-id = \"id\", client-secret = \"secret\" },\
        { scheme = \"google\" }]\n\
        [secrets.key]\ndescription = \"k\"\n[secrets.id]\ndescription = \"i\"\n\
        [secrets.secret]\ndescription = \"s\"\n";

    /// What is taken, with these lines of a provider, where these files are there by convention.
    fn taken(lines: &str, there: &[&str]) -> Result<&'static str, String> {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let provider: ProviderConfig = toml::from_str(lines).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hunter22").unwrap();
        let conventional =
            there.iter().map(|name| ((*name).to_owned(), SecretSource::File(file.path().into())));
        let mut sources = provider.secrets.clone();
        sources.extend(conventional);
        let choice = Choice { provider: &provider, sources: &sources, ambient: false };
        choice.is_offered(&manifest)?;
        Ok(choice.taken(&manifest.endpoints["api"].auth).scheme())
    }

    #[test]
    fn the_order_is_named_configured_present_first() {
        let client = "secrets.id = \"env:A\"\nsecrets.secret = \"env:B\"\n";
        let oauth2 = "oauth2-client-credentials";
        for (lines, there, expected) in [
            ("", &[][..], "header"),
            ("", &["id", "secret"], oauth2),
            ("", &["id"], "header"),
            ("", &["key", "id", "secret"], "header"),
            (client, &["key"], oauth2),
            ("identity = \"google-metadata\"\n", &["key"], "google"),
            ("auth = \"google\"\n", &["key"], "google"),
            (&format!("auth = \"header\"\n{client}"), &[], "header"),
        ] {
            assert_eq!(taken(lines, there), Ok(expected), "{lines:?} {there:?}");
        }
    }

    #[test]
    fn what_is_not_offered_is_an_error_that_tells_what_is() {
        for lines in [
            "auth = \"entra\"",
            "identity = \"entra-managed\"",
            "auth = \"header\"\nidentity = \"google\"",
        ] {
            assert!(taken(lines, &[]).is_err(), "{lines}");
        }
        let error = taken("auth = \"entra\"", &[]).unwrap_err();
        assert!(error.contains("google, header, oauth2-client-credentials"), "{error}");
    }

    #[test]
    fn the_secrets_of_a_scheme_need_no_declaration() {
        let text = MANIFEST.replace("\"google\"", "\"entra\", scope = \"s\"");
        let all = secrets(&Manifest::parse(&text).unwrap());
        let own = &all["entra-client-secret"];
        assert_eq!((own.env.to_string().as_str(), own.optional), ("AZURE_CLIENT_SECRET", true));
    }
}
