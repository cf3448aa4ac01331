//! Drawing the outline of a transcript. Every record is taken apart by its fields, so that
//! one that is added in `wit/` has to be thought of here.

use super::{
    AnswerOutline, CallOutline, EventOutline, ExchangeOutline, FailureOutline, Instead,
    MessageOutline, Outline, PartOutline, Piece, ReadOutline, ResponseOutline,
};
use crate::transcript::content::size;
use crate::transcript::{Answered, Call, Exchange, Read, Response, Sent, Transcript};
use crate::types::{
    ChatRequest, Delta, EmbedRequest, Event, Failure, FailureKind, ImageRequest, Message,
    ModerationRequest, NativeAt, Part, RerankRequest, Usage,
};

pub(super) fn outline(transcript: &Transcript, content: Instead) -> Outline {
    let Transcript {
        version,
        request_id,
        provider,
        adapter,
        digest,
        wasi,
        settings,
        endpoints,
        limits,
        call: asked,
        exchanges,
        answer: answered,
        timing,
    } = transcript;
    Outline {
        version: *version,
        content,
        request_id: request_id.clone(),
        provider: provider.clone(),
        adapter: adapter.clone(),
        digest: *digest,
        wasi: *wasi,
        settings: settings.iter().map(|(name, value)| (name.clone(), length(value))).collect(),
        endpoints: endpoints.clone(),
        limits: limits.clone(),
        call: call(asked),
        exchanges: exchanges.iter().map(exchange).collect(),
        answer: answer(answered),
        timing: timing.clone(),
    }
}

fn call(asked: &Call) -> CallOutline {
    match asked {
        Call::Chat(request) => {
            let ChatRequest { model, messages, tools, stream, .. } = request;
            CallOutline::Chat {
                model: model.clone(),
                messages: messages.iter().map(message).collect(),
                tools: tools.iter().map(size).collect(),
                stream: *stream,
                bytes: size(request),
            }
        }
        Call::Embed(request) => {
            let EmbedRequest { model, inputs, dimensions, .. } = request;
            CallOutline::Embed {
                model: model.clone(),
                inputs: inputs.iter().map(size).collect(),
                dimensions: *dimensions,
                bytes: size(request),
            }
        }
        Call::Models => CallOutline::Models,
        Call::Rerank(request) => {
            let RerankRequest { model, documents, .. } = request;
            CallOutline::Rerank {
                model: model.clone(),
                documents: documents.iter().map(size).collect(),
                bytes: size(request),
            }
        }
        Call::CountTokens(request) => CallOutline::CountTokens {
            model: request.model.clone(),
            messages: request.messages.iter().map(message).collect(),
            bytes: size(request),
        },
        Call::Images(request) => {
            let ImageRequest { model, sources, .. } = request;
            CallOutline::Images {
                model: model.clone(),
                sources: sources.iter().map(size).collect(),
                bytes: size(request),
            }
        }
        Call::Speak(request) => {
            CallOutline::Speak { model: request.model.clone(), bytes: size(request) }
        }
        Call::Transcribe(request) => {
            CallOutline::Transcribe { model: request.model.clone(), bytes: size(request) }
        }
        Call::Moderate(request) => {
            let ModerationRequest { model, inputs, .. } = request;
            CallOutline::Moderate {
                model: model.clone(),
                inputs: inputs.iter().map(size).collect(),
                bytes: size(request),
            }
        }
        Call::Stored(request) => {
            CallOutline::Stored { action: request.action, bytes: size(request) }
        }
        Call::Retell(request) => CallOutline::Retell { bytes: size(request) },
    }
}

fn message(message: &Message) -> MessageOutline {
    let part = |part: &Part| match part {
        Part::Text(text) => PartOutline::Text(length(&text.text)),
        Part::Media(media) => PartOutline::Media(size(media)),
        Part::Reasoning(reasoning) => PartOutline::Reasoning(size(reasoning)),
        Part::ToolCall(call) => PartOutline::ToolCall(size(call)),
        Part::ToolResult(result) => PartOutline::ToolResult(size(result)),
        Part::Refusal(text) => PartOutline::Refusal(length(text)),
        Part::Native(native) => PartOutline::Native(size(native)),
    };
    let Message { role, parts, name: _, extra: _ } = message;
    MessageOutline { role: *role, parts: parts.iter().map(part).collect() }
}

fn exchange(exchange: &Exchange) -> ExchangeOutline {
    let Exchange { request, failure, status, headers: seen, reads } = exchange;
    let Sent { endpoint, method, path, headers: sent, body } = request;
    let failed = failure.as_ref();
    let kind = failed.map(|failure| failure.kind);
    let went_out = status.is_some() || kind.is_some_and(|kind| kind != FailureKind::Denied);
    let headers = |headers: &[(String, String)]| {
        headers.iter().map(|(name, value)| length(name) + length(value)).collect()
    };
    let plain = path.split_once('?').map_or(path.as_str(), |(path, _)| path);
    ExchangeOutline {
        endpoint: endpoint.clone(),
        method: *method,
        path: went_out.then(|| plain.to_owned()),
        path_bytes: length(path),
        headers: headers(sent),
        body: body.0.len() as u64,
        failure: failed.map(of_egress),
        status: *status,
        response_headers: headers(seen),
        reads: reads.iter().map(read).collect(),
    }
}

fn read(read: &Read) -> ReadOutline {
    match read {
        Read::Bytes(bytes) => ReadOutline::Bytes(bytes.0.len() as u64),
        Read::End => ReadOutline::End,
        Read::Failure(failure) => ReadOutline::Failure(of_egress(failure)),
    }
}

/// The code of egress is the name of its rule.
fn of_egress(failed: &Failure) -> FailureOutline {
    FailureOutline { rule: failed.code.clone(), ..failure(failed) }
}

fn failure(failure: &Failure) -> FailureOutline {
    let Failure {
        kind,
        message: _,
        status,
        code: _,
        param: _,
        request_id: _,
        retry_after_ms,
        raw: _,
    } = failure;
    FailureOutline {
        kind: *kind,
        rule: None,
        status: *status,
        retry_after_ms: *retry_after_ms,
        bytes: size(failure),
    }
}

fn answer(answered: &Answered) -> AnswerOutline {
    let Answered { events, response: whole, sound, failure: failed, ended } = answered;
    AnswerOutline {
        events: events.iter().map(event).collect(),
        response: whole.as_ref().map(response),
        sound: sound.iter().map(|bytes| bytes.0.len() as u64).collect(),
        failure: failed.as_ref().map(failure),
        ended: *ended,
    }
}

fn response(response: &Response) -> ResponseOutline {
    match response {
        Response::Vectors(response) => ResponseOutline::Vectors(
            response.vectors.iter().map(|vector| vector.len() as u64).collect(),
        ),
        Response::Models(models) => ResponseOutline::Models(models.iter().map(size).collect()),
        Response::Ranking(response) => ResponseOutline::Ranking(response.ranking.len() as u64),
        Response::Tokens(count) => ResponseOutline::Tokens(count.input),
        Response::Images(response) => {
            ResponseOutline::Images(response.images.iter().map(size).collect())
        }
        Response::Transcription(response) => ResponseOutline::Transcription(size(response)),
        Response::Verdicts(response) => {
            ResponseOutline::Verdicts(response.verdicts.iter().map(size).collect())
        }
        Response::Stored(answer) => ResponseOutline::Stored(size(answer)),
    }
}

fn event(event: &Event) -> EventOutline {
    let delta = |delta: &Delta| Piece {
        choice: delta.choice,
        index: delta.index,
        bytes: length(&delta.text),
    };
    let native =
        |at: &NativeAt| Piece { choice: at.choice, index: at.index, bytes: size(&at.value) };
    match event {
        Event::Started(started) => EventOutline::Started(size(started)),
        Event::Warning(sentence) => EventOutline::Warning(length(sentence)),
        Event::Text(piece) => EventOutline::Text(delta(piece)),
        Event::Reasoning(piece) => EventOutline::Reasoning(delta(piece)),
        Event::Refusal(piece) => EventOutline::Refusal(delta(piece)),
        Event::Signature(piece) => EventOutline::Signature(delta(piece)),
        Event::RedactedReasoning(piece) => EventOutline::RedactedReasoning(delta(piece)),
        Event::ToolCallStarted(call) => EventOutline::ToolCallStarted(Piece {
            choice: call.choice,
            index: call.index,
            bytes: size(call),
        }),
        Event::ToolCallArguments(piece) => EventOutline::ToolCallArguments(delta(piece)),
        Event::Media(media) => EventOutline::Media(Piece {
            choice: media.choice,
            index: media.index,
            bytes: size(&media.part),
        }),
        Event::Citation(at) => EventOutline::Citation(native(at)),
        Event::Logprobs(at) => EventOutline::Logprobs(native(at)),
        Event::Native(at) => EventOutline::Native(native(at)),
        Event::Usage(usage) => {
            let Usage { input, output, cache_read, cache_write, reasoning, raw: _ } = usage;
            EventOutline::Usage {
                input: *input,
                output: *output,
                cache_read: *cache_read,
                cache_write: *cache_write,
                reasoning: *reasoning,
                bytes: size(usage),
            }
        }
        Event::Finished(finished) => EventOutline::Finished {
            choice: finished.choice,
            reason: finished.reason,
            bytes: size(finished),
        },
    }
}

fn length(text: &str) -> u64 {
    text.len() as u64
}
