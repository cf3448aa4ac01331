//! Providers and their keys: whether each can be had, and who else can have it. No value is
//! kept or shown.

use super::access::{examine_readers, examine_writers};
use super::finding::{Area, Examination};
use hotcell::egress::{Presence, SecretSource};
use hotcell::{Config, IdentityInfo, Origin, ProviderInfo, Runner, SecretInfo};

const AREA: Area = Area::Keys;

/// `run` is whether commands and the keyring's program may be run.
pub(super) fn examine(config: &Config, run: bool, examination: &mut Examination) {
    let default = config.default_model.as_deref().and_then(|model| model.split_once('/'));
    let default = default.map(|(provider, _)| provider);
    // The folders of records are another examination's, and not made by this one.
    let without = Config { audit: None, transcripts: None, ..config.clone() };
    let runner = match Runner::builder().config(without).build() {
        Ok(runner) => runner,
        Err(error) => {
            examination.error(AREA, error.to_string(), "correct it in the configuration");
            return;
        }
    };
    let (mut providers, mut there) = (0, 0);
    for provider in runner.providers_at_rest() {
        let is_meant =
            provider.origin == Origin::Configured || Some(provider.name.as_str()) == default;
        let has_identity =
            provider.identity.as_ref().is_some_and(|it| it.presence == Presence::There);
        if !is_meant && !has_identity && !provider.secrets.iter().any(|secret| secret.present) {
            continue;
        }
        providers += 1;
        if let Some(problem) = &provider.problem {
            let remedy = format!("correct [providers.{}] in the configuration", provider.name);
            examination.error(AREA, problem.to_string(), remedy);
            continue;
        }
        let is_default = Some(provider.name.as_str()) == default;
        addresses(&provider, examination);
        if let Some(info) = &provider.identity {
            there += usize::from(identity(&provider.name, info, is_default, examination));
        }
        let secrets = provider.secrets.iter();
        there += secrets.filter(|it| secret(&provider, it, is_default, run, examination)).count();
    }
    let plural = |number: usize| if number == 1 { "" } else { "s" };
    let what =
        format!("{there} key{} for {providers} provider{}", plural(there), plural(providers));
    examination.note_examined(AREA, what);
}

/// Variables of other programs that move a provider: nobody follows them here, with a key.
fn addresses(provider: &ProviderInfo, examination: &mut Examination) {
    let sources = provider.secrets.iter().filter_map(|secret| secret.source.as_ref());
    let names = sources.filter_map(|source| match source {
        SecretSource::Env(names) => names.iter().next()?.strip_suffix("_API_KEY"),
        _ => None,
    });
    let host = |url: &str| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default().to_ascii_lowercase()
    };
    for stem in names {
        for variable in ["_API_BASE", "_BASE_URL"].map(|end| format!("{stem}{end}")) {
            let named = host(&std::env::var(&variable).unwrap_or_default());
            if named.is_empty() || provider.endpoints.values().any(|url| host(url) == named) {
                continue;
            }
            let what = format!(
                "{variable} is set, and requests to {} do not go there: a key follows no variable",
                provider.name
            );
            let remedy = format!(
                "say where it is with `endpoints` under [providers.{}], and whose key goes there \
                 with `secrets`",
                provider.name
            );
            examination.note(AREA, what, remedy);
        }
    }
}

/// Whether there is an identity, as far as that can be told without the network.
fn identity(
    provider: &str,
    info: &IdentityInfo,
    is_default: bool,
    examination: &mut Examination,
) -> bool {
    let Some(source) = &info.source else {
        let remedy = format!("add `identity = \"{}\"` to [providers.{provider}]", info.scheme);
        let what = format!("nothing says whose tokens are sent to {provider}");
        examination.error(AREA, what, remedy);
        return false;
    };
    for file in source.files() {
        let what = format!("which holds the identity of {provider}");
        examine_readers(&file, &what, AREA, examination);
        let why = "who writes it decides whose account is used";
        examine_writers(&file, why, AREA, examination);
    }
    match info.presence {
        Presence::There => return true,
        Presence::Unknown => examination.note(
            AREA,
            format!("{provider} asks the machine's cloud who it is, which was not done now"),
            format!("name another source as `identity` of [providers.{provider}] elsewhere"),
        ),
        Presence::Absent => {
            let what = format!("{provider} has no identity: there is nothing at {source}");
            let remedy = format!("correct `identity` of [providers.{provider}]");
            match is_default {
                true => examination.error(AREA, what, remedy),
                false => examination.warn(AREA, what, remedy),
            }
        }
    }
    false
}

/// Whether a secret can be had.
fn secret(
    provider: &ProviderInfo,
    secret: &SecretInfo,
    is_default: bool,
    run: bool,
    examination: &mut Examination,
) -> bool {
    let (name, of) = (&secret.name, &provider.name);
    let Some(source) = &secret.source else {
        if !secret.optional {
            let remedy = format!("add `secrets.{name} = \"env:…\"` to [providers.{of}]");
            examination.error(AREA, format!("{of} has no source for its `{name}`"), remedy);
        }
        return false;
    };
    if let SecretSource::File(file) = source {
        examine_readers(file, &format!("which holds the `{name}` of {of}"), AREA, examination);
        let why = "who writes it decides whose account is used";
        examine_writers(file, why, AREA, examination);
    }
    if source.is_program() && !run {
        let what = format!("the `{name}` of {of} comes from a program, which was not run");
        examination.note(AREA, what, "`hotcell doctor --run-programs` tries it");
        return false;
    }
    let Err(error) = source.check() else { return true };
    if secret.optional {
        return false;
    }
    let what = format!("{of} has no `{name}`: {error}");
    let remedy = match source {
        SecretSource::Env(variables) => {
            format!("set {variables}, or name another source under [providers.{of}]")
        }
        _ => format!("correct `secrets.{name}` under [providers.{of}]"),
    };
    // Providers that are not used every day may be without their keys.
    match is_default {
        true => examination.error(AREA, what, remedy),
        false => examination.warn(AREA, what, remedy),
    }
    false
}
