//! The list of models (<https://platform.openai.com/docs/api-reference/models>).

use crate::json::{self, Members};
use hotcell::types::Model;

/// Writes a list of models.
pub fn write_models(models: &[Model]) -> Vec<u8> {
    let mut out = b"{\"object\":\"list\",\"data\":[".to_vec();
    for model in models {
        json::comma(&mut out);
        write(model, &mut out);
    }
    out.extend_from_slice(b"]}");
    out
}

/// Writes one model. What a provider of this dialect says beside it is kept.
pub fn write_model(model: &Model) -> Vec<u8> {
    let mut out = Vec::new();
    write(model, &mut out);
    out
}

fn write(model: &Model, out: &mut Vec<u8>) {
    out.push(b'{');
    json::text("id", &model.id, out);
    json::text("object", "model", out);
    json::count("created", model.created.unwrap_or(0), out);
    json::text("owned_by", model.owned_by.as_deref().unwrap_or("system"), out);
    let raw = model.raw.as_deref().and_then(Members::of);
    if let Some(raw) = raw.filter(|raw| raw.text("object").as_deref() == Some("model")) {
        raw.without(&["id", "object", "created", "owned_by"]).write(out);
    }
    out.push(b'}');
}
