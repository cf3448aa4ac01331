use super::confine::confine;
use super::view::View;
use super::watch::{Watched, watch};
use super::{block_on, conversation, runner, runtime, set_up, split, with_key_help};
use crate::arguments::{ChatArguments, GlobalArguments};
use crate::problem::Problem;
use crate::render::document;
use crate::request;
use crate::terminal::Terminal;
use hotcell::types::{ChatRequest, FailureKind};
use hotcell::{Interface, Runner};
use serde_json::json;

pub(crate) fn run(
    arguments: &ChatArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    // What costs nothing to find out is found out first.
    let mut request = request::request(arguments)?;
    let piped = request::piped(arguments, terminal.can_ask)?;
    let prompt = request::prompt(arguments, piped)?;
    let mut runner = runner(global)?;
    if arguments.strict {
        runner = runner.strict();
    }
    let model = model(arguments, &runner)?;
    let Some(prompt) = prompt else {
        if terminal.can_ask && terminal.is_terminal && !arguments.output.json {
            return conversation::run(arguments, global, request, model, runner, terminal);
        }
        return Err(Problem::usage("there is nothing to ask")
            .with_help("give a prompt: hotcell chat \"…\", a pipe, or a file with -f"));
    };
    request::ask(&mut request, prompt);
    if arguments.count_tokens {
        return count(arguments, &model, request, &runner, terminal);
    }

    confine(&runner, [(&*model, Some(Interface::Chat))], |needed| needed)?;
    let mut view = View::new(&arguments.output, arguments.schema.is_some(), terminal);
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        match watch(&runner, &model, request, &mut view, terminal).await {
            Err(problem) => {
                let problem = with_key_help(problem, &runner);
                Err(with_suggestion(problem, &runner, &model).await)
            }
            watched => watched,
        }
    });
    runtime.shutdown_background();
    let watched = result?;
    if arguments.output.json {
        terminal.print_json(&document::answer(
            &watched.collected,
            &watched.request_id,
            &model,
            cost(&watched, &runner, &model),
        ))?;
    }
    if arguments.output.usage || global.verbose > 0 {
        terminal.note(&usage_line(&watched, cost(&watched, &runner, &model), terminal));
    }
    Ok(())
}

/// Prints how many tokens the request has.
fn count(
    arguments: &ChatArguments,
    model: &str,
    request: ChatRequest,
    runner: &Runner,
    terminal: &Terminal,
) -> Result<(), Problem> {
    set_up(runner, model, Interface::Tokens)?;
    confine(runner, [(model, Some(Interface::Tokens))], |needed| needed)?;
    let work = async { Ok(runner.count_tokens(model, request).await?) };
    let count = block_on(runtime()?, work).map_err(|problem| with_key_help(problem, runner))?;
    if arguments.output.json || arguments.output.events {
        return terminal.print_json(&json!({ "model": model, "input-tokens": count.input }));
    }
    terminal.print(&format!("{}\n", count.input))
}

/// How many tokens it took, what that cost, and how long.
pub(crate) fn usage_line(watched: &Watched, cost: Option<f64>, terminal: &Terminal) -> String {
    let usage = watched.collected.usage.as_ref();
    let line = document::usage(usage, cost, watched.first, watched.total);
    let line = format!("{line} · {}", watched.request_id);
    format!("{}\n", terminal.error_paint.dim(&line))
}

/// What an answer cost, where its price is known.
pub(crate) fn cost(watched: &Watched, runner: &Runner, model: &str) -> Option<f64> {
    runner.cost(model, watched.collected.usage.as_ref()?)
}

/// The model that was named somewhere; its provider is set up.
fn model(arguments: &ChatArguments, runner: &Runner) -> Result<String, Problem> {
    let named = arguments.model.clone().or_else(|| runner.config().default_model.clone());
    let model = named.ok_or_else(|| {
        let ready = runner.providers().into_iter().find(|provider| {
            provider.secrets.iter().any(|secret| secret.present && !secret.optional)
        });
        let help = match ready {
            Some(provider) => format!(
                "there is a key for {0}: `hotcell models {0}` lists its models; then say -m \
                 {0}/MODEL, set HOTCELL_MODEL, or write default-model into the configuration",
                provider.name
            ),
            None => "say -m provider/model, set HOTCELL_MODEL, or write default-model into the \
                     configuration; `hotcell demo` needs no model and no key"
                .to_owned(),
        };
        Problem::usage("no model was named").with_help(help)
    })?;
    split(&model)?;
    set_up(runner, &model, Interface::Chat)?;
    Ok(model)
}

/// Where the provider does not have the model, looks for one of a similar name.
async fn with_suggestion(problem: Problem, runner: &Runner, model: &str) -> Problem {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);
    let Problem::Failure(error) = &problem else { return problem };
    // Only what the provider itself said is about the model.
    if error.kind() != FailureKind::NotFound || error.failure.status.is_none() {
        return problem;
    }
    let Some((provider, model)) = model.split_once('/') else { return problem };
    let listing = tokio::time::timeout(PATIENCE, runner.models(provider)).await;
    let Ok(Ok(models)) = listing else { return problem };
    let names = models.iter().map(|known| known.id.as_str());
    match crate::nearest::nearest(model, names) {
        Some(known) => problem.with_help(format!("did you mean {provider}/{known}?")),
        None => problem,
    }
}
