use super::confine::confine;
use super::{block_on, known_models, runner, runtime, set_up, with_key_help};
use crate::arguments::{GlobalArguments, ModelsArguments};
use crate::problem::Problem;
use crate::render::problem;
use crate::render::table::{Table, cell};
use crate::render::text::{Span, visible_line};
use crate::terminal::Terminal;
use hotcell::types::Model;
use hotcell::{Interface, Runner};
use serde_json::{Value, json};

pub(crate) fn run(
    arguments: &ModelsArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    if arguments.all {
        return known_models::run(arguments, terminal);
    }
    let runner = runner(global)?;
    let providers = match &arguments.provider {
        Some(provider) => {
            set_up(&runner, provider, Interface::Models)?;
            vec![provider.clone()]
        }
        None => ready(&runner)?,
    };
    let asked = providers.iter().map(|provider| (provider.as_str(), Some(Interface::Models)));
    confine(&runner, asked, |needed| needed)?;
    let listing = block_on(runtime()?, async {
        match &arguments.provider {
            Some(provider) => {
                let models = runner.models(provider).await?;
                Ok(models.into_iter().map(|model| (provider.clone(), model)).collect())
            }
            None => everywhere(&runner, providers, terminal).await,
        }
    })
    .map_err(|problem| with_key_help(problem, &runner))?;
    if arguments.json {
        let models: Vec<Value> = listing.iter().map(document).collect();
        return terminal.print_json(&json!({ "models": models }));
    }
    let mut table = Table::new(&["MODEL", "NAME"]);
    for (provider, model) in &listing {
        let full = format!("{provider}/{}", visible_line(&model.id));
        let name = model.name.as_deref().or(model.owned_by.as_deref()).unwrap_or_default();
        table.row(vec![cell(full), Span::styled(visible_line(name), crate::render::paint::DIM)]);
    }
    terminal.print(&table.render(terminal.width(), terminal.paint))
}

/// Every provider that has its key.
fn ready(runner: &Runner) -> Result<Vec<String>, Problem> {
    let ready: Vec<String> = runner
        .providers()
        .into_iter()
        .filter(super::providers::is_ready)
        .map(|provider| provider.name)
        .collect();
    if ready.is_empty() {
        return Err(Problem::usage("no provider has its key").with_help(
            "`hotcell providers --all` lists what can be used, and the variable of each",
        ));
    }
    Ok(ready)
}

/// The models of these providers. One that fails is said, and the others are listed all
/// the same.
async fn everywhere(
    runner: &Runner,
    ready: Vec<String>,
    terminal: &Terminal,
) -> Result<Vec<(String, Model)>, Problem> {
    let mut listing = Vec::new();
    let mut failed = Vec::new();
    for provider in ready {
        match runner.models(&provider).await {
            Ok(models) => {
                listing.extend(models.into_iter().map(|model| (provider.clone(), model)));
            }
            Err(error) => failed.push(Problem::from(error)),
        }
    }
    if listing.is_empty()
        && let Some(problem) = failed.pop()
    {
        return Err(problem);
    }
    for problem in failed {
        terminal.note(&problem::page(&problem, terminal.error_width(), terminal.error_paint));
    }
    Ok(listing)
}

fn document((provider, model): &(String, Model)) -> Value {
    let raw: Option<Value> = model.raw.as_deref().and_then(|raw| serde_json::from_str(raw).ok());
    json!({
        "model": format!("{provider}/{}", model.id),
        "provider": provider,
        "id": model.id,
        "name": model.name,
        "created": model.created,
        "owned-by": model.owned_by,
        "raw": raw,
    })
}
