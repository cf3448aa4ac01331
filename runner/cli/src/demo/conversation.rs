//! The first scene: a conversation with a tool call, through one adapter.

use super::screen::Screen;
use super::stage::Stage;
use crate::problem::Problem;
use hotcell::bundle;
use hotcell::types::{
    ChatRequest, Event, FunctionTool, Message, ReasoningOptions, Role, Tool, ToolCall,
};
use hotcell::{Collected, Runner};
use serde::Serialize;
use serde_json::{Value, json};

const QUESTION: &str = "What is the weather in Oslo?";
const RESULT: &str = "4 °C, light rain";
/// What the provider of the demo answers in the end.
pub(super) const ANSWER: &str = "It is 4 °C in Oslo, with light rain. Take an umbrella.";

/// A conversation that was held.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Conversation {
    adapter: &'static str,
    digest: &'static str,
    component_bytes: usize,
    question: &'static str,
    thoughts: Option<String>,
    calls: Vec<Value>,
    result: &'static str,
    answer: String,
    /// Events of the whole conversation, as they crossed the wall.
    events: usize,
    cells: usize,
}

/// Holds the conversation.
pub(super) async fn play(
    stage: &Stage,
    screen: &Screen<'_>,
    provider: &str,
    model: &str,
) -> Result<Conversation, Problem> {
    let adapter = bundle::adapter(provider)
        .ok_or_else(|| super::failed(format!("the adapter {provider} is not bundled")))?;
    if provider == "openai" {
        screen.title(1, "A conversation through the openai adapter")?;
    } else {
        screen.title(3, &format!("The same through the {provider} adapter"))?;
        screen.paragraph("Another protocol is another component, in a cell of its own.")?;
    }
    screen.blank()?;
    screen.pause(250).await;

    let mut request = ChatRequest::user(QUESTION);
    request.tools.push(Tool::Function(weather()));
    if provider == "anthropic" {
        request.reasoning = Some(ReasoningOptions {
            effort: None,
            budget_tokens: Some(1024),
            include_text: Some(true),
        });
        request.sampling.max_output_tokens = Some(4096);
    }
    let name = format!("{provider}/{model}");
    screen.says("you", QUESTION)?;
    let (first, first_events) = ask(&stage.runner, &name, &request, screen).await?;
    let choice = first.choices.into_iter().next().unwrap_or_default();
    let calls: Vec<ToolCall> = choice.tool_calls().cloned().collect();
    let thoughts = Some(choice.reasoning()).filter(|text| !text.is_empty());
    request.messages.push(Message::new(Role::Assistant, choice.parts));
    for call in &calls {
        screen.says("model", &format!("calls {} {}", call.name, call.arguments))?;
        screen.pause(300).await;
        screen.says("tool", RESULT)?;
        request.messages.push(Message::tool_result(call.id.as_str(), RESULT));
    }
    let (second, second_events) = ask(&stage.runner, &name, &request, screen).await?;
    screen.blank()?;
    screen.paragraph(&format!(
        "2 requests, 2 fresh cells, {} events. Nothing is left of either cell.",
        first_events + second_events,
    ))?;
    screen.pause(300).await;

    let answer = second.choices.first().map(hotcell::Choice::text).unwrap_or_default();
    let call = |call: &ToolCall| json!({ "name": call.name, "arguments": call.arguments });
    Ok(Conversation {
        adapter: adapter.name,
        digest: adapter.digest,
        component_bytes: adapter.size,
        question: QUESTION,
        thoughts,
        calls: calls.iter().map(call).collect(),
        result: RESULT,
        answer,
        events: first_events + second_events,
        cells: 2,
    })
}

/// One request; its text is shown as it comes. Gives the answer and how many events
/// it was made of.
async fn ask(
    runner: &Runner,
    model: &str,
    request: &ChatRequest,
    screen: &Screen<'_>,
) -> Result<(Collected, usize), Problem> {
    let mut answer = runner.chat(model, request.clone()).await?;
    let mut collected = Collected::default();
    let mut events = 0;
    let mut speaker = "";
    while let Some(event) = answer.next().await? {
        events += 1;
        let said = match &event {
            Event::Reasoning(delta) => Some(("thinks", &delta.text)),
            Event::Text(delta) => Some(("model", &delta.text)),
            _ => None,
        };
        if let Some((who, text)) = said.filter(|(_, text)| !text.is_empty()) {
            if speaker != who {
                if !speaker.is_empty() {
                    screen.blank()?;
                }
                screen.begins(who)?;
                speaker = who;
            }
            screen.print(&crate::render::text::visible(text))?;
        }
        collected.push(event);
    }
    if !speaker.is_empty() {
        screen.blank()?;
    }
    collected.finish();
    Ok((collected, events))
}

/// The tool of every demo.
pub(super) fn weather() -> FunctionTool {
    let parameters = json!({
        "type": "object",
        "properties": { "city": { "type": "string" } },
        "required": ["city"],
    });
    FunctionTool {
        name: "weather".to_owned(),
        description: Some("The weather in a city".to_owned()),
        parameters: Some(parameters.to_string()),
        strict: None,
        cache: None,
        extra: None,
    }
}
