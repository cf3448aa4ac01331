use super::{Operator, amounts, dollars, part};
use crate::arguments::{GlobalArguments, SpendingArguments};
use crate::problem::Problem;
use crate::render::table::{Table, cell};
use crate::render::text::visible_line;
use crate::terminal::Terminal;
use serde_json::{Map, Value, json};

pub(in crate::command) fn run(
    arguments: &SpendingArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let operator = Operator::new(&arguments.state, global)?;
    let change = amounts(&arguments.budget);
    let found = match &arguments.id {
        None if !change.is_empty() => {
            return Err(Problem::usage("nobody is named whose budget that is")
                .with_help("name a key's id or a team, which `hotcell keys list` lists"));
        }
        None => {
            let mut all = operator.all("budgets/teams", "")?;
            all.extend(operator.all("budgets/keys", "")?);
            all
        }
        Some(id) => {
            let kind = if id.starts_with("key-") { "keys" } else { "teams" };
            let path = format!("budgets/{kind}/{}", part(id)?);
            vec![match change.is_empty() {
                true => operator.ask("GET", &path, Map::new())?,
                false => operator.ask("PATCH", &path, change)?,
            }]
        }
    };
    if arguments.json {
        return terminal.print_json(&json!({ "budgets": found }));
    }
    let mut table = Table::new(&["WHOSE", "SPAN", "LIMIT", "SPENT", "LEFT", "RENEWS"]);
    let text = |value: &Value| visible_line(value.as_str().unwrap_or_default());
    for of in &found {
        for budget in of["budgets"].as_array().into_iter().flatten() {
            table.row(vec![
                cell(text(&of["id"])),
                cell(text(&budget["window"])),
                cell(dollars(&budget["limit"])),
                cell(dollars(&budget["spent"])),
                cell(dollars(&budget["left"])),
                cell(text(&budget["renews"])),
            ]);
        }
    }
    match table.is_empty() {
        true => terminal.print("there is no budget\n"),
        false => terminal.print(&table.render(terminal.width(), terminal.paint)),
    }
}
