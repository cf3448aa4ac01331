//! Images from a prompt, and from other images.

use crate::asked::{answer, bytes, extra, invalid, post, post_json, refuse_stream, rest, usage};
use crate::form::Form;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hotcell_openai_chat::json::{Json, Members, count, list};
use hotcell_sdk::{
    Failure, Image, ImageRequest, ImageResponse, MediaKind, MediaPart, MediaSource, Response,
};

pub(crate) fn generate(request: &ImageRequest) -> Result<ImageResponse, Failure> {
    // DALL·E gives addresses that expire unless told otherwise, and has one format; its
    // successors give bytes and mind being told.
    let dalle = request.model.rsplit('/').next().unwrap_or_default().starts_with("dall-e");
    let format = request.format.as_deref();
    if dalle && format.is_some_and(|format| format != "png") {
        return Err(Failure::unsupported("this model has images as PNG only"));
    }
    let own = extra(request.extra.as_ref())?;
    refuse_stream(&own, "an image")?;
    let format = format.filter(|_| !dalle);
    let response = match request.sources.is_empty() {
        true if request.mask.is_some() => {
            return Err(invalid("a mask is for an image to start from, and there is none"));
        }
        true => from_prompt(request, dalle, format, &own)?,
        false => from_images(request, dalle, format, &own)?,
    };
    read(&response, format)
}

fn from_prompt(
    request: &ImageRequest,
    dalle: bool,
    format: Option<&str>,
    own: &Members<'_>,
) -> Result<Response, Failure> {
    let mut json = Json::default();
    json.open(b'{');
    let texts = [
        ("model", Some(request.model.as_str())),
        ("prompt", Some(request.prompt.as_str())),
        ("size", request.size.as_deref()),
        ("quality", request.quality.as_deref()),
        ("output_format", format),
        ("response_format", dalle.then_some("b64_json")),
    ];
    for (name, text) in texts {
        if let Some(text) = text.filter(|_| !own.has(name)) {
            json.name(name).text(text);
        }
    }
    if let Some(count) = request.count.filter(|_| !own.has("n")) {
        json.name("n").raw(&count.to_string());
    }
    own.pairs().for_each(|(name, value)| json.name(name).raw(value));
    json.close(b'}');
    post_json("/images/generations", json)
}

fn from_images(
    request: &ImageRequest,
    dalle: bool,
    format: Option<&str>,
    own: &Members<'_>,
) -> Result<Response, Failure> {
    let mut form = Form::default();
    form.maybe("model", Some(&request.model), own);
    form.maybe("prompt", Some(&request.prompt), own);
    let name = if request.sources.len() > 1 { "image[]" } else { "image" };
    let sources = request.sources.iter().map(|source| (name, source));
    for (name, media) in sources.chain(request.mask.iter().map(|mask| ("mask", mask))) {
        if media.kind != MediaKind::Image {
            return Err(Failure::unsupported("only images can be started from"));
        }
        let bytes = bytes(media)?;
        let mime = media.mime.as_deref().unwrap_or_else(|| told_by(bytes));
        let file = media
            .name
            .clone()
            .unwrap_or_else(|| format!("image.{}", mime.split('/').next_back().unwrap_or("png")));
        form.file(name, &file, mime, bytes);
    }
    form.maybe("n", request.count.map(|count| count.to_string()), own);
    form.maybe("size", request.size.as_ref(), own);
    form.maybe("quality", request.quality.as_ref(), own);
    form.maybe("output_format", format, own);
    form.maybe("response_format", dalle.then_some("b64_json"), own);
    form.extra(own);
    let (kind, body) = form.finish();
    post("/images/edits", &kind, body)
}

fn read(response: &Response, asked: Option<&str>) -> Result<ImageResponse, Failure> {
    let body = response.text()?;
    let members = answer(&body)?;
    let data = members.get("data").and_then(list);
    let data = data.ok_or_else(|| Failure::malformed("the answer has no images"))?;
    let format = members.text("output_format");
    let format = format.as_deref().or(asked).unwrap_or("png");
    let mime = match format {
        "svg" => "image/svg+xml".to_owned(),
        "jpg" => "image/jpeg".to_owned(),
        format => format!("image/{format}"),
    };
    let images = data.into_iter().map(|raw| {
        let image = Members::of(raw).unwrap_or_default();
        let (mime, source) = match (image.text("b64_json"), image.text("url")) {
            (Some(data), _) => {
                let bytes = STANDARD.decode(data.as_ref());
                let bytes = bytes.map_err(|_| Failure::malformed("an image is not base64"))?;
                (Some(mime.clone()), MediaSource::Bytes(bytes))
            }
            (None, Some(url)) => (None, MediaSource::Url(url.into_owned())),
            (None, None) => return Err(Failure::malformed("an image has no content")),
        };
        let extra = rest(&image, &["b64_json", "url", "revised_prompt"]);
        let (kind, name, cache) = (MediaKind::Image, None, None);
        let part = MediaPart { kind, mime, source, name, cache, extra };
        let prompt = image.text("revised_prompt").map(|prompt| prompt.into_owned());
        Ok(Image { part, prompt })
    });
    Ok(ImageResponse {
        images: images.collect::<Result<_, Failure>>()?,
        created: count(members.get("created")),
        usage: usage(&members),
        extra: rest(&members, &["created", "data", "usage"]),
    })
}

/// What the first bytes say, where nobody else does.
fn told_by(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        _ => "image/png",
    }
}
