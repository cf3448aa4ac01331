//! What the provider's policy says about content.

use crate::asked::{answer, extra, float, post_json, rest, usage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_openai_chat::json::{Json, Members, list};
use hotcell_sdk::{
    Category, Content, Failure, MediaKind, MediaPart, MediaSource, ModerationRequest,
    ModerationResponse, Verdict,
};

pub(crate) fn moderate(request: &ModerationRequest) -> Result<ModerationResponse, Failure> {
    let own = extra(request.extra.as_ref())?;
    let mut json = Json::default();
    json.open(b'{');
    if !own.has("model") {
        json.name("model").text(&request.model);
    }
    if !own.has("input") {
        json.name("input");
        input(&request.inputs, &mut json)?;
    }
    own.pairs().for_each(|(name, value)| json.name(name).raw(value));
    json.close(b'}');
    let body = post_json("/moderations", json)?.text()?;
    let members = answer(&body)?;
    let results = members.get("results").and_then(list);
    let results = results.ok_or_else(|| Failure::malformed("the answer has no results"))?;
    Ok(ModerationResponse {
        id: members.text("id").map(|id| id.into_owned()),
        model: members.text("model").map(|model| model.into_owned()),
        verdicts: results.into_iter().map(verdict).collect::<Result<_, _>>()?,
        usage: usage(&members),
        extra: rest(&members, &["id", "model", "results", "usage"]),
    })
}

/// Texts are judged one by one. With an image among them all are judged together, which
/// is what a list of parts means.
fn input(inputs: &[Content], json: &mut Json) -> Result<(), Failure> {
    if let [Content::Text(text)] = inputs {
        json.text(text);
        return Ok(());
    }
    let parts = inputs.iter().any(|input| matches!(input, Content::Media(_)));
    json.open(b'[');
    for input in inputs {
        match input {
            Content::Text(text) if parts => {
                json.open(b'{').name("type").text("text");
                json.name("text").text(text);
                json.close(b'}');
            }
            Content::Text(text) => json.text(text),
            Content::Media(media) => {
                json.open(b'{').name("type").text("image_url");
                json.name("image_url").open(b'{').name("url").text(&address(media)?);
                json.close(b'}');
                json.close(b'}');
            }
        }
    }
    json.close(b']');
    Ok(())
}

fn address(media: &MediaPart) -> Result<String, Failure> {
    match (media.kind, &media.source) {
        (MediaKind::Image, MediaSource::Url(url)) => Ok(url.clone()),
        (MediaKind::Image, MediaSource::Bytes(bytes)) => {
            let mime = media.mime.as_deref().unwrap_or("image/png");
            Ok(format!("data:{mime};base64,{}", STANDARD.encode(bytes)))
        }
        _ => Err(Failure::unsupported(
            "only texts and images, by their address or bytes, are judged in this protocol",
        )),
    }
}

fn verdict(raw: &str) -> Result<Verdict, Failure> {
    let members = Members::of(raw).unwrap_or_default();
    // Without a clear word nothing is called harmless.
    let flagged = match members.get("flagged") {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(Failure::malformed("a result does not say whether it is flagged")),
    };
    let named = members.inner("categories").unwrap_or_default();
    let scores = members.inner("category_scores").unwrap_or_default();
    let category = |name: &str| Category {
        name: name.to_owned(),
        flagged: named.get(name) == Some("true"),
        score: float(scores.get(name)),
    };
    let alone = scores.pairs().filter(|(name, _)| !named.has(name));
    let names = named.pairs().chain(alone).map(|(name, _)| name);
    Ok(Verdict {
        flagged,
        categories: names.map(category).collect(),
        extra: rest(&members, &["flagged", "categories", "category_scores"]),
    })
}
