//! A text that is completed (<https://docs.mistral.ai/api/endpoint/fim>).

use hotcell_sdk::{ChatRequest, Failure, Part, Role, ToolChoice};

/// Takes the texts of the user's out of a request. There are no turns, tools and forms of
/// the answer.
pub(crate) fn prompt(request: &mut ChatRequest) -> Result<String, Failure> {
    let auto = matches!(request.tool_choice, None | Some(ToolChoice::Auto | ToolChoice::None));
    if !request.tools.is_empty() || !auto {
        return Err(Failure::unsupported("tools: a completion of a text calls none"));
    }
    if request.output.is_some() || request.reasoning.is_some() {
        let why = "a completion of a text has no form of its own, and nothing is thought before";
        return Err(Failure::unsupported(why));
    }
    let mut prompt = String::new();
    for message in std::mem::take(&mut request.messages) {
        if message.role != Role::User {
            return Err(Failure::unsupported("a conversation: a completion has no turns"));
        }
        for part in message.parts {
            let Part::Text(text) = part else {
                return Err(Failure::unsupported("a completion is of text only"));
            };
            prompt.push_str(&text.text);
        }
    }
    (request.tool_choice, request.parallel_tool_calls) = (None, None);
    Ok(prompt)
}
