//! What the model thought before, as a client gives it back.

use crate::object::Object;
use crate::opaque::Opaque;
use hotcell::types::{Part, ReasoningPart};
use serde_json::Value;

/// Thoughts, whose own spelling stays: as `thinking_blocks`, signed or in cipher, or as
/// plain text. What another dialect signed says whose it is.
pub(super) fn read(message: &Object) -> Vec<Part> {
    let blocks = message.peek("thinking_blocks").and_then(Value::as_array);
    let blocks: Vec<Part> = blocks.into_iter().flatten().filter_map(read_block).collect();
    if !blocks.is_empty() {
        return blocks;
    }
    let told = ["reasoning_content", "reasoning"].iter().find_map(|member| {
        message.peek(member).and_then(Value::as_str).filter(|text| !text.is_empty())
    });
    told.map(|text| part(text, None, None)).into_iter().collect()
}

fn read_block(block: &Value) -> Option<Part> {
    let text = |name: &str| block.get(name).and_then(Value::as_str);
    match text("type")? {
        "thinking" => {
            let signature = text("signature").filter(|signature| !signature.is_empty());
            let told = text("thinking").unwrap_or_default();
            Some(match signature.and_then(Opaque::read) {
                Some(opaque) => Part::Reasoning(opaque.into_reasoning(told.to_owned())),
                None => part(told, signature, None),
            })
        }
        "redacted_thinking" => Some(match text("data").and_then(Opaque::read) {
            Some(opaque) => Part::Reasoning(opaque.into_reasoning(String::new())),
            None => part("", None, text("data")),
        }),
        _ => None,
    }
}

fn part(text: &str, signature: Option<&str>, redacted: Option<&str>) -> Part {
    Part::Reasoning(ReasoningPart {
        id: None,
        text: text.to_owned(),
        signature: signature.map(str::to_owned),
        redacted: redacted.map(str::to_owned),
        extra: None,
    })
}
