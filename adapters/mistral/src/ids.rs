//! Ids of calls. Models until 2025 insist on nine letters and digits.

use hotcell_sdk::{ChatRequest, Part};
use std::collections::BTreeMap;

/// Gives every id that is none of Mistral's another one: by its place among them, so that
/// it stays the same as a conversation goes on, and never that of another call.
pub(crate) fn rename(request: &mut ChatRequest) {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut count = 0_u32;
    let mut given = Vec::new();
    each(request, |id| {
        if is_mistrals(id) {
            given.push(id.clone());
        }
    });
    each(request, |id| {
        if is_mistrals(id) {
            return;
        }
        let name = names.entry(id.clone()).or_insert_with(|| {
            loop {
                let name = format!("call{count:05}");
                count = count.wrapping_add(1);
                if !given.contains(&name) {
                    return name;
                }
            }
        });
        id.clone_from(name);
    });
}

fn each(request: &mut ChatRequest, mut visit: impl FnMut(&mut String)) {
    for part in request.messages.iter_mut().flat_map(|message| &mut message.parts) {
        match part {
            Part::ToolCall(call) => visit(&mut call.id),
            Part::ToolResult(result) => visit(&mut result.call_id),
            _ => {}
        }
    }
}

fn is_mistrals(id: &str) -> bool {
    id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
