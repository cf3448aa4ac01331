//! What the catalogue knows of models.

use crate::arguments::ModelsArguments;
use crate::problem::Problem;
use crate::render::table::{Table, cell};
use crate::terminal::Terminal;
use hotcell::catalogue::{self, ModelFacts};
use serde_json::{Value, json};

pub(crate) fn run(arguments: &ModelsArguments, terminal: &Terminal) -> Result<(), Problem> {
    let wanted = match &arguments.provider {
        Some(name) => Some(entry(name)?),
        None => None,
    };
    let models: Vec<&ModelFacts> = catalogue::models()
        .iter()
        .filter(|it| wanted.is_none_or(|name| it.provider == name))
        .collect();
    if arguments.json {
        let models: Vec<Value> = models.into_iter().map(document).collect();
        return terminal.print_json(&json!({ "date": catalogue::models_date(), "models": models }));
    }
    if models.is_empty() {
        let name = wanted.unwrap_or_default();
        return Err(Problem::usage(format!("the catalogue knows no model of {name}"))
            .with_help(format!("`hotcell models {name}` asks the provider itself")));
    }
    let head = ["MODEL", "FOR", "CONTEXT", "OUTPUT", "TAKES", "$ IN", "$ OUT", "RETIRES"];
    let mut table = Table::new(&head);
    for facts in models {
        let takes = facts.takes.map(|it| it.names().collect::<Vec<_>>().join(" "));
        table.row(vec![
            cell(format!("{}/{}", facts.provider, facts.id)),
            cell(facts.interface),
            cell(facts.context.map(tokens).unwrap_or_default()),
            cell(facts.output.map(tokens).unwrap_or_default()),
            cell(takes.unwrap_or_default()),
            cell(facts.price.input.map(price).unwrap_or_default()),
            cell(facts.price.output.map(price).unwrap_or_default()),
            cell(facts.retires.unwrap_or_default()),
        ]);
    }
    terminal.print(&table.render(terminal.width(), terminal.paint))?;
    let note = format!(
        "As of {}; prices in US dollars for a million tokens. What is empty is not known.\n",
        catalogue::models_date()
    );
    terminal.note(&terminal.error_paint.dim(&note));
    Ok(())
}

/// The name under which the catalogue has a provider's models.
fn entry(name: &str) -> Result<&'static str, Problem> {
    catalogue::provider(name).map(|entry| entry.name.as_str()).ok_or_else(|| {
        Problem::usage(format!("the catalogue has no provider `{name}`"))
            .with_help("`hotcell providers --all` lists it")
    })
}

fn tokens(count: u64) -> String {
    match count {
        0..1000 => count.to_string(),
        1000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{:.1}M", count as f64 / 1e6),
    }
}

fn price(dollars: f64) -> String {
    let text = format!("{dollars:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn document(facts: &ModelFacts) -> Value {
    let names = |it: Option<catalogue::Modalities>| it.map(|it| it.names().collect::<Vec<_>>());
    json!({
        "provider": facts.provider,
        "model": facts.id,
        "interface": facts.interface,
        "context": facts.context,
        "output": facts.output,
        "takes": names(facts.takes),
        "gives": names(facts.gives),
        "functions": facts.functions,
        "structured": facts.structured,
        "reasoning": facts.reasoning,
        "usd-per-million": {
            "input": facts.price.input,
            "output": facts.price.output,
            "cache-read": facts.price.cache_read,
            "cache-write": facts.price.cache_write,
        },
        "retires": facts.retires,
    })
}
