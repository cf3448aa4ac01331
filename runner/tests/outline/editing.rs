//! Whoever edits a transcript or its outline is found out.

use crate::conversation::recorded;
use hotcell::{Content, Outline, Recorded, Transcript};
use serde_json::{Value, json};

/// One way of editing for each place of a document.
fn edited(value: &Value) -> Vec<Value> {
    let mut all = match value {
        Value::Null => vec![json!(1)],
        Value::Bool(is) => vec![json!(!is)],
        Value::Number(number) => {
            vec![number.as_u64().map_or_else(|| json!(0.125), |number| json!(number + 1))]
        }
        Value::String(text) => {
            let last = if text.ends_with('0') { '1' } else { '0' };
            let kept: String = text.chars().take(text.chars().count().saturating_sub(1)).collect();
            vec![json!(format!("{kept}{last}"))]
        }
        Value::Array(_) | Value::Object(_) => Vec::new(),
    };
    match value {
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let with = |new: Option<Value>| {
                    let mut items = items.clone();
                    drop(items.splice(at..=at, new).collect::<Vec<_>>());
                    Value::Array(items)
                };
                all.extend(edited(item).into_iter().map(|new| with(Some(new))));
                all.push(with(None));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                for new in edited(member) {
                    let mut members = members.clone();
                    members.insert(name.clone(), new);
                    all.push(Value::Object(members));
                }
                let mut members = members.clone();
                members.remove(name);
                all.push(Value::Object(members));
            }
        }
        _ => {}
    }
    all
}

#[tokio::test]
async fn an_outline_that_was_edited_is_not_that_of_its_transcript() {
    let (_folder, whole) = recorded(Content::Keep).await;
    for text in &whole {
        let transcript = Transcript::parse(text).unwrap();
        for content in [Content::Hash, Content::Drop] {
            let outline = Outline::of(&transcript, content).unwrap().unwrap();
            assert_eq!((outline.difference(&transcript), outline.flaw()), (None, None));
            let mut seen = 0;
            for edit in edited(&serde_json::to_value(&outline).unwrap()) {
                let Ok(Recorded::Outline(edit)) = Recorded::parse(edit.to_string().as_bytes())
                else {
                    continue;
                };
                // What may be left out is the same as what is not there.
                let same = *edit == outline;
                assert_eq!(edit.difference(&transcript).is_none(), same, "{edit:?}");
                seen += usize::from(!same);
            }
            assert!(seen > 30, "{seen} edits");
        }
    }
}

#[tokio::test]
async fn a_transcript_that_was_edited_is_not_that_of_its_outline() {
    let (_folder, whole) = recorded(Content::Keep).await;
    let mut seen = 0;
    for text in &whole {
        let transcript = Transcript::parse(text).unwrap();
        let outline = Outline::of(&transcript, Content::Hash).unwrap().unwrap();
        for edit in edited(&serde_json::to_value(&transcript).unwrap()) {
            let Ok(edit) = Transcript::parse(edit.to_string().as_bytes()) else { continue };
            assert_eq!(outline.difference(&edit).is_none(), edit == transcript);
            seen += 1;
        }
    }
    assert!(seen > 500, "{seen} edits");
}
