//! Tools, and which of them must or may be called.

use crate::DIALECT;
use crate::block::write_cache_point;
use crate::family::Family;
use crate::json::{List, Members, Object, only, quoted};
use crate::translation::{Translation, invalid, is_ours, json};
use hotcell_sdk::{ChatRequest, Failure, FunctionTool, Part, Tool, ToolChoice};

/// What a function takes that takes nothing.
const NOTHING: &str = r#"{"type":"object","properties":{}}"#;
/// How a call is forbidden where the tools have to be named all the same.
pub(crate) const NO_CALLS: &str = "Answer without calling any tool.";

/// What is offered.
pub(crate) enum Offer<'a> {
    Nothing,
    /// The tools of the request, and the choice among them.
    Tools,
    /// Tools that must not be called. The provider demands them where the conversation
    /// has calls: those of the request, or else their names, as the calls have them.
    Forbidden(Vec<&'a str>),
}

impl<'a> Offer<'a> {
    pub(crate) fn of(request: &'a ChatRequest, translation: &mut Translation) -> Self {
        let none = matches!(request.tool_choice, Some(ToolChoice::None));
        if translation.exact || !request.tools.is_empty() && !none {
            return Self::Tools;
        }
        let parts = request.messages.iter().flat_map(|message| &message.parts);
        let has_calls =
            parts.clone().any(|part| matches!(part, Part::ToolCall(_) | Part::ToolResult(_)));
        if has_calls {
            translation.warn(
                "that no tool may be called is said in words: the protocol has no other way where \
                 the conversation has calls"
                    .to_owned(),
            );
            let mut names: Vec<&str> = Vec::new();
            for part in parts {
                if let Part::ToolCall(call) = part
                    && !names.contains(&call.name.as_str())
                {
                    names.push(&call.name);
                }
            }
            return Self::Forbidden(names);
        }
        if !request.tools.is_empty() {
            translation.warn(
                "the tools were left out, since none may be called: the protocol has no other way"
                    .to_owned(),
            );
        }
        Self::Nothing
    }
}

/// Writes `toolConfig`.
pub(crate) fn write(
    request: &ChatRequest,
    offer: &Offer<'_>,
    object: &mut Object<'_, '_>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let choice = match offer {
        Offer::Nothing => return Ok(()),
        Offer::Tools => choice(request, translation)?,
        Offer::Forbidden(_) => None,
    };
    if matches!(offer, Offer::Tools) && request.tools.is_empty() && choice.is_none() {
        return Ok(());
    }
    let Some(out) = object.member("toolConfig") else { return Ok(()) };
    let mut config = Object::open(out, Members::default());
    if let Some(out) = config.member("tools") {
        let mut list = List::open(out);
        for tool in &request.tools {
            match tool {
                Tool::Function(function) => write_function(function, &mut list, translation)?,
                Tool::Native(native) if is_ours(native) => {
                    list.element().extend_from_slice(json(&native.value, "a tool")?.as_bytes());
                }
                Tool::Native(native) => {
                    return Err(Failure::unsupported(format!(
                        "a tool of {} cannot be offered in {DIALECT}",
                        native.dialect
                    )));
                }
            }
        }
        if let Offer::Forbidden(names) = offer
            && request.tools.is_empty()
        {
            // Results alone name no tool.
            let one = ["unknown"];
            for name in if names.is_empty() { &one } else { &names[..] } {
                only(list.element(), "toolSpec", |out| {
                    let mut spec = Object::open(out, Members::default());
                    spec.text("name", translation.names.taken(name));
                    spec.raw("inputSchema", &format!("{{\"json\":{NOTHING}}}"));
                    spec.close();
                    Ok(())
                })?;
            }
        }
        list.close();
    }
    if let Some(choice) = choice {
        config.raw("toolChoice", &choice);
    }
    config.close();
    Ok(())
}

fn write_function(
    tool: &FunctionTool,
    list: &mut List<'_>,
    translation: &mut Translation,
) -> Result<(), Failure> {
    let extra = translation.members(tool.extra.as_ref())?;
    let exact = translation.exact;
    let strict = match tool.strict {
        Some(true) if !exact && !translation.family.has_strict_tools() => {
            translation.not_here("the strictness of a tool");
            None
        }
        // What is not said is not strict.
        Some(false) if !exact => None,
        strict => strict,
    };
    only(list.element(), "toolSpec", |out| {
        let mut spec = Object::open(out, extra);
        spec.text("name", translation.names.taken(&tool.name));
        // The provider refuses an empty one.
        if let Some(description) = tool.description.as_ref().filter(|it| exact || !it.is_empty()) {
            spec.text("description", description);
        }
        let schema = match &tool.parameters {
            Some(schema) => Some(json(schema, "the parameters of a tool")?),
            None if exact => None,
            None => Some(NOTHING),
        };
        if let Some(schema) = schema
            && let Some(out) = spec.member("inputSchema")
        {
            only(out, "json", |out| write_schema(schema, exact, out))?;
        }
        if let Some(strict) = strict {
            spec.raw("strict", if strict { "true" } else { "false" });
        }
        spec.close();
        Ok(())
    })?;
    match tool.cache {
        Some(_) if !exact && !translation.family.caches_more() => {
            translation.not_here("a cache point behind a tool");
        }
        Some(hint) => write_cache_point(hint, list, translation),
        None => {}
    }
    Ok(())
}

/// The provider demands what other protocols take for granted: that the parameters are an
/// object.
fn write_schema(schema: &str, exact: bool, out: &mut Vec<u8>) -> Result<(), Failure> {
    if exact {
        out.extend_from_slice(schema.as_bytes());
        return Ok(());
    }
    let members: Members<'_> = serde_json::from_str(schema)
        .map_err(|error| invalid(format!("the parameters of a tool: {error}")))?;
    let typed = members.get("type").is_some();
    let mut object = Object::open(out, members);
    if !typed {
        object.text("type", "object");
    }
    object.close();
    Ok(())
}

/// The member `toolChoice`.
fn choice(request: &ChatRequest, translation: &mut Translation) -> Result<Option<String>, Failure> {
    if parallel(request, translation).is_some() {
        // It is all said in Claude's own words.
        return Ok(None);
    }
    Ok(match &request.tool_choice {
        // A client of this dialect has no word for the second.
        None | Some(ToolChoice::None) => None,
        Some(ToolChoice::Auto) => Some(r#"{"auto":{}}"#.to_owned()),
        Some(ToolChoice::Required) => Some(r#"{"any":{}}"#.to_owned()),
        Some(ToolChoice::Function(name)) => {
            let name = quoted(translation.names.taken(name));
            Some(format!("{{\"tool\":{{\"name\":{name}}}}}"))
        }
        Some(ToolChoice::Native(native)) if is_ours(native) => {
            Some(json(&native.value, "the tool choice")?.to_owned())
        }
        Some(ToolChoice::Native(native)) => {
            return Err(Failure::unsupported(format!(
                "a tool choice of {} cannot be said in {DIALECT}",
                native.dialect
            )));
        }
    })
}

/// That only one call may come at once has no word in the protocol. Claude has one, within
/// its choice of tools, which then stands among the fields of its own: none where nothing
/// has to be said so.
pub(crate) fn parallel(request: &ChatRequest, translation: &mut Translation) -> Option<String> {
    let asked = request.parallel_tool_calls == Some(false) && !request.tools.is_empty();
    if !asked || translation.exact {
        return None;
    }
    if translation.family != Family::Claude {
        translation.not_here("that only one tool may be called at once");
        return None;
    }
    let (kind, name) = match &request.tool_choice {
        None | Some(ToolChoice::Auto) => ("auto", None),
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Function(name)) => ("tool", Some(name)),
        Some(ToolChoice::None | ToolChoice::Native(_)) => return None,
    };
    let mut out = Vec::new();
    let mut choice = Object::open(&mut out, Members::default());
    choice.text("type", kind);
    if let Some(name) = name {
        choice.text("name", translation.names.taken(name));
    }
    choice.raw("disable_parallel_tool_use", "true");
    choice.close();
    String::from_utf8(out).ok()
}
