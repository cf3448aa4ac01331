use super::{Operator, limits, limits_line, part, state_of};
use crate::arguments::{
    GlobalArguments, IdArguments, KeysArguments, KeysCommand, VirtualKeyArguments,
};
use crate::problem::Problem;
use crate::render::table::{Table, cell};
use crate::render::text::{Span, visible_line};
use crate::terminal::Terminal;
use serde_json::{Map, Value, json};

pub(in crate::command) fn run(
    arguments: &KeysArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let operator = Operator::new(&arguments.state, global)?;
    let at = |id: &str| part(id).map(|id| format!("keys/{id}"));
    match &arguments.command {
        KeysCommand::Create(create) => {
            let key = operator.ask("POST", "keys", members(&create.key))?;
            show_new(&key, create.key.json, terminal)
        }
        KeysCommand::List { team, json } => {
            let team = team.as_deref().map(super::escaped).unwrap_or_default();
            list(&operator.all("keys", &format!("team={team}"))?, *json, terminal)
        }
        KeysCommand::Show(IdArguments { id, json }) => {
            show(&operator.ask("GET", &at(id)?, Map::new())?, *json, terminal)
        }
        KeysCommand::Change(change) => {
            let key = operator.ask("PATCH", &at(&change.id)?, members(&change.key))?;
            show(&key, change.key.json, terminal)
        }
        KeysCommand::Block(IdArguments { id, json }) => {
            show(&operator.ask("PATCH", &at(id)?, blocked(true))?, *json, terminal)
        }
        KeysCommand::Unblock(IdArguments { id, json }) => {
            show(&operator.ask("PATCH", &at(id)?, blocked(false))?, *json, terminal)
        }
        KeysCommand::Rotate(IdArguments { id, json }) => {
            let key = operator.ask("POST", &format!("{}/rotate", at(id)?), Map::new())?;
            show_new(&key, *json, terminal)
        }
        KeysCommand::Delete(IdArguments { id, json }) => {
            let gone = operator.ask("DELETE", &at(id)?, Map::new())?;
            match json {
                true => terminal.print_json(&gone),
                false => terminal.print(&format!("{} is removed\n", visible_line(id))),
            }
        }
    }
}

impl KeysCommand {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Create(create) => create.key.json,
            Self::Change(change) => change.key.json,
            Self::List { json, .. } => *json,
            Self::Show(id)
            | Self::Block(id)
            | Self::Unblock(id)
            | Self::Rotate(id)
            | Self::Delete(id) => id.json,
        }
    }
}

pub(super) fn blocked(is_blocked: bool) -> Map<String, Value> {
    Map::from_iter([("blocked".to_owned(), json!(is_blocked))])
}

fn members(arguments: &VirtualKeyArguments) -> Map<String, Value> {
    let mut members = Map::new();
    let texts = [
        ("alias", &arguments.alias),
        ("team", &arguments.team),
        ("expires-in", &arguments.expires_in),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            members.insert(name.to_owned(), json!(text));
        }
    }
    let limits = limits(&arguments.limits);
    if !limits.is_empty() {
        members.insert("limits".to_owned(), Value::Object(limits));
    }
    members
}

/// The secret alone goes to standard output, so that it can be piped to where it is kept.
fn show_new(key: &Value, json: bool, terminal: &Terminal) -> Result<(), Problem> {
    if json {
        return terminal.print_json(key);
    }
    terminal.print(&format!("{}\n", key["key"].as_str().unwrap_or_default()))?;
    let id = key["id"].as_str().unwrap_or_default();
    terminal.note(&format!("this is {id}; its key is shown this once, and not kept\n"));
    Ok(())
}

fn show(key: &Value, json: bool, terminal: &Terminal) -> Result<(), Problem> {
    list(std::slice::from_ref(key), json, terminal)
}

fn list(keys: &[Value], json: bool, terminal: &Terminal) -> Result<(), Problem> {
    if json {
        return terminal.print_json(&json!({ "keys": keys }));
    }
    let text = |value: &Value| visible_line(value.as_str().unwrap_or_default());
    let mut table = Table::new(&["ID", "ALIAS", "TEAM", "STATE", "EXPIRES", "LIMITS"]);
    for key in keys {
        table.row(vec![
            cell(text(&key["id"])),
            cell(text(&key["alias"])),
            cell(text(&key["team"])),
            cell(state_of(key).to_owned()),
            cell(text(&key["expires"])),
            Span::styled(visible_line(&limits_line(&key["limits"])), crate::render::paint::DIM),
        ]);
    }
    match table.is_empty() {
        true => terminal.print("there are no keys; `hotcell keys create` makes one\n"),
        false => terminal.print(&table.render(terminal.width(), terminal.paint)),
    }
}
