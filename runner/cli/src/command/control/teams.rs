use super::keys::blocked;
use super::{Operator, limits, limits_line, part, state_of};
use crate::arguments::{GlobalArguments, IdArguments, TeamArguments, TeamsArguments, TeamsCommand};
use crate::problem::Problem;
use crate::render::table::{Table, cell};
use crate::render::text::{Span, visible_line};
use crate::terminal::Terminal;
use serde_json::{Map, Value, json};

pub(in crate::command) fn run(
    arguments: &TeamsArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let operator = Operator::new(&arguments.state, global)?;
    let at = |id: &str| part(id).map(|id| format!("teams/{id}"));
    match &arguments.command {
        TeamsCommand::Create(team) => {
            let mut new = members(team);
            new.insert("id".to_owned(), json!(team.id));
            show(&operator.ask("POST", "teams", new)?, team.json, terminal)
        }
        TeamsCommand::List { json } => list(&operator.all("teams", "")?, *json, terminal),
        TeamsCommand::Show(IdArguments { id, json }) => {
            show(&operator.ask("GET", &at(id)?, Map::new())?, *json, terminal)
        }
        TeamsCommand::Change(team) => {
            show(&operator.ask("PATCH", &at(&team.id)?, members(team))?, team.json, terminal)
        }
        TeamsCommand::Block(IdArguments { id, json }) => {
            show(&operator.ask("PATCH", &at(id)?, blocked(true))?, *json, terminal)
        }
        TeamsCommand::Unblock(IdArguments { id, json }) => {
            show(&operator.ask("PATCH", &at(id)?, blocked(false))?, *json, terminal)
        }
        TeamsCommand::Delete(IdArguments { id, json }) => {
            let gone = operator.ask("DELETE", &at(id)?, Map::new())?;
            match json {
                true => terminal.print_json(&gone),
                false => terminal.print(&format!("{} is removed\n", visible_line(id))),
            }
        }
    }
}

impl TeamsCommand {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Create(team) | Self::Change(team) => team.json,
            Self::List { json } => *json,
            Self::Show(id) | Self::Block(id) | Self::Unblock(id) | Self::Delete(id) => id.json,
        }
    }
}

fn members(team: &TeamArguments) -> Map<String, Value> {
    let mut members = Map::new();
    if let Some(alias) = &team.alias {
        members.insert("alias".to_owned(), json!(alias));
    }
    let limits = limits(&team.limits);
    if !limits.is_empty() {
        members.insert("limits".to_owned(), Value::Object(limits));
    }
    members
}

fn show(team: &Value, json: bool, terminal: &Terminal) -> Result<(), Problem> {
    list(std::slice::from_ref(team), json, terminal)
}

fn list(teams: &[Value], json: bool, terminal: &Terminal) -> Result<(), Problem> {
    if json {
        return terminal.print_json(&json!({ "teams": teams }));
    }
    let text = |value: &Value| visible_line(value.as_str().unwrap_or_default());
    let mut table = Table::new(&["TEAM", "ALIAS", "STATE", "LIMITS"]);
    for team in teams {
        table.row(vec![
            cell(text(&team["id"])),
            cell(text(&team["alias"])),
            cell(state_of(team).to_owned()),
            Span::styled(visible_line(&limits_line(&team["limits"])), crate::render::paint::DIM),
        ]);
    }
    match table.is_empty() {
        true => terminal.print("there are no teams; `hotcell teams create NAME` makes one\n"),
        false => terminal.print(&table.render(terminal.width(), terminal.paint)),
    }
}
