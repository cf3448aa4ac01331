//! Answers of the size that providers' have: some hundred bytes as a whole, one to
//! three hundred for a chunk.

mod aws;
mod others;

pub(crate) use aws::{bedrock, sagemaker_chat, sagemaker_generate};
pub(crate) use others::{cohere, gemini, ollama, replicate, responses, vectors};

use crate::provider::Answer;

const WORDS: [&str; 8] = [" glass", " lead", " arm", " window", " glove", " lamp", " door", " key"];

/// A chat completion of OpenAI's; a stream where `chunks` says of how many words.
pub(crate) fn openai(chunks: Option<usize>) -> Answer {
    let usage = "{\"prompt_tokens\":21,\"completion_tokens\":34,\"total_tokens\":55,\
         \"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},\
         \"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,\
         \"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}";
    let head = |object: &str| {
        format!(
            "\"id\":\"chatcmpl-B9f2Kx7QmWn4TzRs6LdYpAe1\",\"object\":\"{object}\",\
             \"created\":1760000000,\"model\":\"test-model\",\"service_tier\":\"default\",\
             \"system_fingerprint\":\"fp_0a1b2c3d4e\""
        )
    };
    let Some(chunks) = chunks else {
        let message = format!(
            "{{{},\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{}\",\
             \"refusal\":null,\"annotations\":[]}},\"logprobs\":null,\"finish_reason\":\"stop\"}}],\
             \"usage\":{usage}}}",
            head("chat.completion"),
            text(),
        );
        return whole(message);
    };
    let event = |choices: &str, usage: &str| {
        let head = head("chat.completion.chunk");
        format!("data: {{{head},\"choices\":[{choices}],\"usage\":{usage}}}\n\n")
    };
    let choice = |delta: &str, finish: &str| {
        let choice = format!(
            "{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}"
        );
        event(&choice, "null")
    };
    let first = choice("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null");
    let word = |word| choice(&format!("{{\"content\":\"{word}\"}}"), "null");
    let last = [choice("{}", "\"stop\""), event("", usage), "data: [DONE]\n\n".to_owned()];
    stream([first].into_iter().chain(words(chunks).map(word)).chain(last))
}

/// A message of Anthropic's; a stream where `chunks` says of how many words.
pub(crate) fn anthropic(chunks: Option<usize>) -> Answer {
    let message = |content: &str, stop: &str, output: u32| {
        format!(
            "{{\"id\":\"msg_01TrVbNq8ZsXcD4FgHjKlPwY\",\"type\":\"message\",\"role\":\"assistant\",\
             \"model\":\"test-model\",\"content\":[{content}],\"stop_reason\":{stop},\
             \"stop_sequence\":null,\"usage\":{{\"input_tokens\":21,\"cache_creation_input_tokens\":0,\
             \"cache_read_input_tokens\":0,\"output_tokens\":{output},\"service_tier\":\"standard\"}}}}"
        )
    };
    let block = |text: &str| format!("{{\"type\":\"text\",\"text\":\"{text}\"}}");
    let Some(chunks) = chunks else {
        return whole(message(&block(&text()), "\"end_turn\"", 34));
    };
    let event = |name: &str, members: &str| {
        format!("event: {name}\ndata: {{\"type\":\"{name}\",{members}}}\n\n")
    };
    let started = message("", "null", 1);
    let first = [
        event("message_start", &format!("\"message\":{started}")),
        event("content_block_start", &format!("\"index\":0,\"content_block\":{}", block(""))),
    ];
    let word = |word| {
        let delta =
            format!("\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{word}\"}}");
        event("content_block_delta", &delta)
    };
    let last = [
        event("content_block_stop", "\"index\":0"),
        event(
            "message_delta",
            "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\
             \"usage\":{\"output_tokens\":34}",
        ),
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".to_owned(),
    ];
    stream(first.into_iter().chain(words(chunks).map(word)).chain(last))
}

fn text() -> String {
    words(32).collect()
}

fn words(count: usize) -> impl Iterator<Item = &'static str> {
    WORDS.into_iter().cycle().take(count)
}

fn whole(body: String) -> Answer {
    Answer { content_type: "application/json", pieces: vec![body.into_bytes()] }
}

fn stream(events: impl Iterator<Item = String>) -> Answer {
    let pieces = events.map(String::into_bytes).collect();
    Answer { content_type: "text/event-stream", pieces }
}
