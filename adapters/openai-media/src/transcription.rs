//! Sound into text.

use crate::asked::{
    answer, extra, float, invalid, native, number, post, refuse_stream, rest, usage,
};
use crate::form::Form;
use crate::subtitle;
use hotcell_openai_chat::json::{Members, list, object, string};
use hotcell_sdk::{Failure, Span, Timing, TranscriptionRequest, TranscriptionResponse};

pub(crate) fn transcribe(request: &TranscriptionRequest) -> Result<TranscriptionResponse, Failure> {
    let own = extra(request.extra.as_ref())?;
    refuse_stream(&own, "a transcription")?;
    if request.translate && request.timings.contains(&Timing::Word) {
        return Err(Failure::unsupported("a translation has no times of single words"));
    }
    if request.audio.is_empty() {
        return Err(invalid("there is no sound to transcribe"));
    }
    let format = own.text("response_format").map(|format| format.into_owned());
    let format = format.unwrap_or_else(|| usual_format(request).to_owned());
    let mime = request.mime.as_deref().unwrap_or("application/octet-stream");
    let file = request.name.clone().unwrap_or_else(|| format!("audio.{}", ending(mime)));

    let mut form = Form::default();
    form.file("file", &file, mime, &request.audio);
    form.maybe("model", Some(&request.model), &own);
    form.maybe("response_format", Some(&format), &own);
    form.maybe("prompt", request.prompt.as_ref(), &own);
    form.maybe("temperature", request.temperature.map(number), &own);
    if !request.translate {
        form.maybe("language", request.language.as_ref(), &own);
        let spelled = ["timestamp_granularities", "timestamp_granularities[]"];
        if !spelled.iter().any(|name| own.has(name)) {
            for timing in &request.timings {
                let word = if *timing == Timing::Word { "word" } else { "segment" };
                form.text("timestamp_granularities[]", word);
            }
        }
    }
    form.extra(&own);
    let (kind, body) = form.finish();
    let path = if request.translate { "/audio/translations" } else { "/audio/transcriptions" };
    let body = post(path, &kind, body)?.text()?;
    match body.trim_start().starts_with('{') {
        true => read(&body),
        false => Ok(written(&format, body)),
    }
}

/// What has the times that are asked for, and otherwise what every model has.
fn usual_format(request: &TranscriptionRequest) -> &'static str {
    if request.model.contains("diarize") {
        "diarized_json"
    } else if request.timings.is_empty() {
        "json"
    } else {
        "verbose_json"
    }
}

/// How a file is called whose ending the provider goes by.
fn ending(mime: &str) -> &str {
    match mime.split(';').next().unwrap_or_default().trim() {
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/mp4" | "audio/m4a" | "audio/x-m4a" => "m4a",
        "audio/ogg" => "ogg",
        "audio/webm" | "video/webm" => "webm",
        "audio/flac" | "audio/x-flac" => "flac",
        "video/mp4" => "mp4",
        _ => "wav",
    }
}

fn read(body: &str) -> Result<TranscriptionResponse, Failure> {
    let members = answer(body)?;
    let Some(text) = members.get("text") else {
        return Err(Failure::malformed("the answer has no text"));
    };
    let text = hotcell_openai_chat::json::text(Some(text)).unwrap_or_default().into_owned();
    let spans = |name: &str, said: &str| {
        let spans = members.get(name).and_then(list).unwrap_or_default();
        spans.into_iter().filter_map(|raw| span(raw, said)).collect()
    };
    let modelled = ["text", "language", "duration", "words", "segments"];
    let tokens = usage(&members).filter(|usage| usage.input.or(usage.output).is_some());
    // What is counted in seconds has no word of its own.
    let counted: &[&str] = if tokens.is_some() { &["usage"] } else { &[] };
    Ok(TranscriptionResponse {
        text,
        language: members.text("language").map(|language| language.into_owned()),
        duration: float(members.get("duration").map(|raw| raw.trim_matches('"'))),
        words: spans("words", "word"),
        segments: spans("segments", "text"),
        usage: tokens,
        extra: rest(&members, &[&modelled[..], counted].concat()),
    })
}

fn span(raw: &str, said: &str) -> Option<Span> {
    let members = Members::of(raw)?;
    Some(Span {
        text: members.text(said).unwrap_or_default().into_owned(),
        start: float(members.get("start"))?,
        end: float(members.get("end"))?,
        speaker: members.text("speaker").map(|speaker| speaker.into_owned()),
        raw: Some(raw.to_owned()),
    })
}

/// An answer that is no JSON, as its client asked for it.
fn written(format: &str, body: String) -> TranscriptionResponse {
    let cues = match format {
        "srt" | "vtt" => Some(subtitle::cues(&body)),
        _ => None,
    };
    let (text, segments, extra) = match cues {
        Some(segments) => {
            let texts: Vec<&str> = segments.iter().map(|span| span.text.as_str()).collect();
            let raw = string(&body);
            (texts.join(" "), segments, Some(native(object([(format, raw.as_str())]))))
        }
        None => (body.trim_end_matches(['\r', '\n']).to_owned(), Vec::new(), None),
    };
    let (language, duration, words, usage) = (None, None, Vec::new(), None);
    TranscriptionResponse { text, language, duration, words, segments, usage, extra }
}
