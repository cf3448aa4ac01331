use super::{Operator, dollars, escaped};
use crate::arguments::{GlobalArguments, UsageArguments, UsageBy};
use crate::problem::Problem;
use crate::render::table::{Table, cell};
use crate::render::text::{Span, visible_line};
use crate::terminal::Terminal;
use serde_json::{Value, json};

pub(in crate::command) fn run(
    arguments: &UsageArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let operator = Operator::new(&arguments.state, global)?;
    let by: Vec<&str> = arguments.by.iter().map(|by| by.name()).collect();
    let mut query = vec![format!("by={}", by.join(","))];
    let texts = [
        ("key", &arguments.key),
        ("team", &arguments.team),
        ("model", &arguments.model),
        ("since", &arguments.since),
        ("until", &arguments.until),
    ];
    for (name, text) in texts {
        query.extend(text.as_deref().map(|text| format!("{name}={}", escaped(text))));
    }
    let sums = operator.all("usage", &query.join("&"))?;
    if arguments.json {
        return terminal.print_json(&json!({ "usage": sums }));
    }
    if sums.is_empty() {
        return terminal.print("nothing was used\n");
    }
    let mut headings: Vec<&str> = arguments.by.iter().map(|by| by.heading()).collect();
    headings.extend(["REQUESTS", "FAILED", "INPUT", "OUTPUT", "COST"]);
    let mut table = Table::new(&headings.into_iter().collect::<Vec<&'static str>>());
    for sum in &sums {
        let names = by.iter().map(|by| cell(visible_line(sum[by].as_str().unwrap_or_default())));
        let mut row: Vec<Span> = names.collect();
        let counts = ["requests", "failures", "input", "output"];
        row.extend(counts.map(|name| cell(sum[name].as_u64().unwrap_or(0).to_string())));
        row.push(cell(cost(sum)));
        table.row(row);
    }
    terminal.print(&table.render(terminal.width(), terminal.paint))
}

/// What it cost, what cost nothing, and what is not certain about that.
fn cost(sum: &Value) -> String {
    let mut text = dollars(&sum["cost"]);
    for (name, why) in [
        ("cached", "answered before"),
        ("unpriced", "without a price"),
        ("estimated", "by the text"),
    ] {
        if let Some(count) = sum[name].as_u64().filter(|count| *count > 0) {
            text.push_str(&format!(" ({count} {why})"));
        }
    }
    text
}

impl UsageBy {
    fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Key => "key",
            Self::Team => "team",
            Self::Model => "model",
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Key => "KEY",
            Self::Team => "TEAM",
            Self::Model => "MODEL",
        }
    }
}
