use super::runner;
use crate::arguments::{GlobalArguments, ProvidersArguments};
use crate::problem::Problem;
use crate::render::paint::{BAD, DIM, GOOD, WARN};
use crate::render::problem::page;
use crate::render::table::{Table, cell};
use crate::render::text::Span;
use crate::terminal::Terminal;
use hotcell::egress::Presence;
use hotcell::{IdentityInfo, Origin, ProviderInfo, SecretInfo};
use serde_json::json;

pub(crate) fn run(
    arguments: &ProvidersArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let runner = runner(global)?;
    let mut listing = runner.providers();
    let total = listing.len();
    if !arguments.all {
        listing.retain(|provider| provider.origin == Origin::Configured || has_key(provider));
    }
    if arguments.json {
        return terminal.print_json(&json!({ "providers": listing }));
    }
    let mut table = Table::new(&["PROVIDER", "ADAPTER", "KEY", "", "ENDPOINT"]);
    for provider in &listing {
        let (source, state) = key(provider);
        // What is not said is https.
        let short = |url: &String| url.strip_prefix("https://").unwrap_or(url).to_owned();
        let urls: Vec<String> = provider.endpoints.values().map(short).collect();
        table.row(vec![
            cell(provider.name.as_str()),
            Span::styled(provider.adapter.as_str(), DIM),
            cell(source),
            state,
            Span::styled(urls.join(" "), DIM),
        ]);
    }
    if !table.is_empty() {
        terminal.print(&table.render(terminal.width(), terminal.paint))?;
    }
    for problem in listing.iter().filter_map(|provider| provider.problem.clone()) {
        let problem = Problem::Setup(problem);
        terminal.note(&page(&problem, terminal.error_width(), terminal.error_paint));
    }
    let hidden = total - listing.len();
    if hidden > 0 {
        let text = match listing.len() {
            0 => format!(
                "Nothing is configured, and no key is set. {hidden} providers are known: --all \
                 lists them, each with the variable of its key.\n"
            ),
            _ => format!("{hidden} more are known; --all lists them.\n"),
        };
        terminal.note(&terminal.error_paint.dim(&text));
    }
    Ok(())
}

/// Whether it has everything that it needs.
pub(crate) fn is_ready(provider: &ProviderInfo) -> bool {
    let has_identity = |identity: &IdentityInfo| identity.presence != Presence::Absent;
    provider.problem.is_none()
        && (has_key(provider)
            || provider.origin == Origin::Configured
                && provider.identity.iter().all(has_identity)
                && provider.secrets.iter().all(|secret| secret.present || secret.optional))
}

fn has_key(provider: &ProviderInfo) -> bool {
    match &provider.identity {
        Some(identity) => identity.presence == Presence::There,
        None => provider.secrets.iter().any(|secret| secret.present),
    }
}

/// Where the keys come from, and whether they are there.
fn key(provider: &ProviderInfo) -> (String, Span) {
    let identity = provider.identity.as_ref();
    // What an identity does not need, and is not there, is of no interest.
    let secrets = provider.secrets.iter().filter(|it| it.present || identity.is_none());
    let secrets = secrets.filter_map(|secret| secret.source.as_ref()).map(ToString::to_string);
    let whose = identity.and_then(|identity| identity.source.as_ref()).map(ToString::to_string);
    let sources: Vec<String> = whose.into_iter().chain(secrets).collect();
    let presence = identity.map(|identity| identity.presence);
    let missing = |secret: &SecretInfo| !secret.present && !secret.optional;
    let state = if provider.problem.is_some() {
        Span::styled("unusable", BAD)
    } else if provider.secrets.iter().any(missing) || presence == Some(Presence::Absent) {
        Span::styled("missing", WARN)
    } else if has_key(provider) {
        Span::styled("there", GOOD)
    } else if presence == Some(Presence::Unknown) {
        Span::styled("asked of the machine", DIM)
    } else {
        Span::styled("not needed", DIM)
    };
    let source = match sources.len() {
        0 if provider.problem.is_some() => String::new(),
        0 if provider.secrets.iter().any(missing) || identity.is_some() => {
            "not configured".to_owned()
        }
        0 => "none".to_owned(),
        _ => sources.join(", "),
    };
    (source, state)
}
