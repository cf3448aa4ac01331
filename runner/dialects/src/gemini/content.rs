//! The instruction and the turns (<https://ai.google.dev/api/caching#Content>).

use super::fields::Fields;
use super::part::{self, Calls};
use crate::DialectError;
use hotcell::types::{Message, Part, Role};
use serde_json::Value;

/// The instruction becomes the first message.
pub(super) fn read_instruction(object: &mut Fields) -> Result<Option<Message>, DialectError> {
    let name = "systemInstruction";
    let spelled = object.spelled(name).into_owned();
    let path = object.at(name);
    let value = match object.value(name) {
        None => return Ok(None),
        Some(Value::Null) => {
            object.put_back(&spelled, Value::Null);
            return Ok(None);
        }
        Some(value) => value,
    };
    let mut content = Fields::new(value.clone(), path)?;
    let (parts, listed) = read_parts(&mut content, &mut Calls::default())?;
    // Whose it is says nothing of an instruction, neither here nor to other dialects.
    if content.take("role", |role| (role == "user").then_some(())).is_some() {
        content.put_back("role", Value::Null);
    }
    if !listed {
        object.put_back(&spelled, value);
    }
    let extra = content.extra().filter(|_| listed);
    Ok(Some(Message { role: Role::System, parts, name: None, extra }))
}

/// The turns. All of them stay as they are beside what is read where one of them is
/// written in a way that the adapter would not choose.
pub(super) fn read_contents(object: &mut Fields) -> Result<Vec<Message>, DialectError> {
    let path = object.at("contents");
    let missing = || DialectError::new(&path, "expected a list, found nothing");
    let contents = object.list("contents")?.ok_or_else(missing)?;
    let mut messages = Vec::with_capacity(contents.len());
    let mut calls = Calls::default();
    let mut usual = true;
    for (index, content) in contents.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let mut content = Fields::new(content.clone(), path)?;
        let word = content.text("role");
        let role = match word.as_deref() {
            Some("model") => Role::Assistant,
            Some("user") => Role::User,
            _ => {
                usual = false;
                Role::User
            }
        };
        let (parts, listed) = read_parts(&mut content, &mut calls)?;
        usual &= listed;
        let only_results = parts.iter().all(|part| matches!(part, Part::ToolResult(_)));
        let role = match role {
            Role::User if only_results && !parts.is_empty() => Role::Tool,
            role => role,
        };
        messages.push(Message { role, parts, name: None, extra: content.extra() });
    }
    if !usual {
        object.put_back("contents", contents.into());
    }
    Ok(messages)
}

/// The parts, and whether they are there at all.
fn read_parts(content: &mut Fields, calls: &mut Calls) -> Result<(Vec<Part>, bool), DialectError> {
    let path = content.at("parts");
    let Some(list) = content.list("parts")? else { return Ok((Vec::new(), false)) };
    let parts = list
        .into_iter()
        .enumerate()
        .map(|(index, part)| part::read(part, format!("{path}[{index}]"), calls))
        .collect::<Result<_, _>>()?;
    Ok((parts, true))
}
