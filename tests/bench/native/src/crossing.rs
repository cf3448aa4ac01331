//! The vocabulary of `wit/types.wit` is generated twice, for the runner and for adapters. Here a
//! value of the one becomes the same value of the other; texts and bytes stay where they are. What
//! is generated differently some day does not compile.

use hotcell::types as runner;
use hotcell_sdk as sdk;

/// Becomes the same of the other side.
pub(crate) trait Cross<T> {
    fn cross(self) -> T;
}

impl<T: Cross<U>, U> Cross<Option<U>> for Option<T> {
    fn cross(self) -> Option<U> {
        self.map(T::cross)
    }
}

impl<T: Cross<U>, U> Cross<Vec<U>> for Vec<T> {
    fn cross(self) -> Vec<U> {
        self.into_iter().map(T::cross).collect()
    }
}

macro_rules! plain {
    ($($type:ty),+) => {$(
        impl Cross<$type> for $type {
            fn cross(self) -> $type {
                self
            }
        }
    )+};
}

macro_rules! records {
    ($($name:ident { $($field:ident),+ })+) => {$(
        impl Cross<sdk::$name> for runner::$name {
            fn cross(self) -> sdk::$name {
                let Self { $($field),+ } = self;
                sdk::$name { $($field: $field.cross()),+ }
            }
        }

        impl Cross<runner::$name> for sdk::$name {
            fn cross(self) -> runner::$name {
                let Self { $($field),+ } = self;
                runner::$name { $($field: $field.cross()),+ }
            }
        }
    )+};
}

macro_rules! variants {
    ($($name:ident { $($variant:ident $(($value:ident))?),+ })+) => {$(
        impl Cross<sdk::$name> for runner::$name {
            fn cross(self) -> sdk::$name {
                match self {
                    $(Self::$variant $(($value))? => sdk::$name::$variant $(($value.cross()))?),+
                }
            }
        }

        impl Cross<runner::$name> for sdk::$name {
            fn cross(self) -> runner::$name {
                match self {
                    $(Self::$variant $(($value))? => runner::$name::$variant $(($value.cross()))?),+
                }
            }
        }
    )+};
}

plain! { bool, f64, i64, u8, u16, u32, u64, String }

records! {
    Native { dialect, value }
    ChatRequest {
        model, messages, tools, tool_choice, parallel_tool_calls, output, sampling, reasoning,
        stream, extra
    }
    Message { role, parts, name, extra }
    TextPart { text, cache, extra }
    MediaPart { kind, mime, source, name, cache, extra }
    ReasoningPart { id, text, signature, redacted, extra }
    ToolCall { id, name, arguments, signature, extra }
    ToolResult { call_id, name, content, is_error, cache, extra }
    FunctionTool { name, description, parameters, strict, cache, extra }
    JsonSchema { name, description, schema, strict }
    Sampling {
        max_output_tokens, temperature, top_p, top_k, seed, presence_penalty, frequency_penalty,
        stop, choices, logprobs
    }
    ReasoningOptions { effort, budget_tokens, include_text }
    Started { id, model, created, extra }
    Delta { choice, index, text }
    ToolCallStarted { choice, index, id, name, signature, extra }
    MediaEvent { choice, index, part }
    NativeAt { choice, index, value }
    Finished { choice, reason, raw, extra }
    Usage { input, output, cache_read, cache_write, reasoning, raw }
    Failure { kind, message, status, code, param, request_id, retry_after_ms, raw }
}

variants! {
    Role { System, Developer, User, Assistant, Tool }
    Part {
        Text(part), Media(part), Reasoning(part), ToolCall(call), ToolResult(result),
        Refusal(text), Native(native)
    }
    MediaKind { Image, Audio, Video, Document }
    MediaSource { Url(url), Bytes(bytes), FileId(id) }
    ToolResultPart { Text(text), Media(part), Native(native) }
    CacheHint { Short, Long }
    Tool { Function(tool), Native(native) }
    ToolChoice { Auto, None, Required, Function(name), Native(native) }
    OutputFormat { Text, JsonObject, JsonSchema(schema) }
    Event {
        Started(started), Warning(text), Text(delta), Reasoning(delta), Refusal(delta),
        Signature(delta), RedactedReasoning(delta), ToolCallStarted(call),
        ToolCallArguments(delta), Media(media), Citation(at), Logprobs(at), Native(at),
        Usage(usage), Finished(finished)
    }
    FinishReason { Stop, Length, ToolCalls, ContentFilter, Refusal, Pause, Other }
    FailureKind {
        InvalidRequest, Unsupported, Authentication, Permission, NotFound, TooLarge, RateLimited,
        QuotaExhausted, ContentFiltered, Overloaded, ProviderError, Unreachable, TimedOut, Denied,
        MalformedResponse, Cancelled, Internal
    }
}
