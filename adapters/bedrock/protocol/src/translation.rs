//! What happens to a request on its way into this dialect.

use crate::DIALECT;
use crate::family::Family;
use crate::json::Members;
use crate::naming::Names;
use hotcell_sdk::{ChatRequest, Failure, FailureKind, Native, Part, Tool, ToolChoice};

/// How a model is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Operation {
    #[default]
    Converse,
    /// InvokeModel in the words of Nova, which are nearly those of Converse
    /// (<https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html>).
    InvokeNova,
}

/// How literally a request is taken, what of it is spelled anew, and what it lost.
#[derive(Default)]
pub(crate) struct Translation {
    /// The client spoke this dialect: it gets what it wrote, and nothing besides.
    pub(crate) exact: bool,
    pub(crate) family: Family,
    pub(crate) operation: Operation,
    pub(crate) warnings: Vec<String>,
    /// Names of tools.
    pub(crate) names: Names,
    /// Ids of calls.
    pub(crate) ids: Names,
    /// The names of documents so far: the provider wants each once.
    pub(crate) documents: Vec<String>,
}

impl Translation {
    pub(crate) fn of(request: &ChatRequest, operation: Operation) -> Self {
        let exact = has_ours(request.extra.as_ref());
        let family = match (operation, Family::of(&request.model)) {
            (Operation::InvokeNova, family) if family != Family::Nova2 => Family::Nova,
            (_, family) => family,
        };
        let (mut names, mut ids) = (Names::default(), Names::default());
        if !exact {
            let parts = request.messages.iter().flat_map(|message| &message.parts);
            ids = Names::of(parts.clone().filter_map(|part| match part {
                Part::ToolCall(call) => Some(call.id.as_str()),
                Part::ToolResult(result) => Some(result.call_id.as_str()),
                _ => None,
            }));
            let called = parts.filter_map(|part| match part {
                Part::ToolCall(call) => Some(call.name.as_str()),
                _ => None,
            });
            let offered = request.tools.iter().filter_map(|tool| match tool {
                Tool::Function(function) => Some(function.name.as_str()),
                Tool::Native(_) => None,
            });
            let chosen = match &request.tool_choice {
                Some(ToolChoice::Function(name)) => Some(name.as_str()),
                _ => None,
            };
            names = Names::of(offered.chain(called).chain(chosen));
        }
        Self { exact, family, operation, names, ids, ..Self::default() }
    }

    /// Whether the request has to be brought into the words that Nova is invoked with.
    pub(crate) fn invokes(&self) -> bool {
        self.operation == Operation::InvokeNova && !self.exact
    }

    /// Something has no word in this dialect.
    #[inline(never)]
    pub(crate) fn left_out(&mut self, what: &str) {
        self.warn(format!("{what} was left out: {DIALECT} has no word for it"));
    }

    /// Something has no word for this model.
    #[inline(never)]
    pub(crate) fn not_here(&mut self, what: &str) {
        let why = match self.family {
            Family::Unknown => {
                "it is not known to take it; the setting `family` can tell whose it is"
            }
            _ => "it does not take it",
        };
        self.warn(format!("{what} was left out for this model: {why}"));
    }

    /// A sentence for a person, once.
    #[inline(never)]
    pub(crate) fn warn(&mut self, sentence: String) {
        if !self.warnings.contains(&sentence) {
            self.warnings.push(sentence);
        }
    }

    /// The members of an `extra`. Of another dialect none can be carried over.
    #[inline(never)]
    pub(crate) fn members<'a>(
        &mut self,
        extra: Option<&'a Native>,
    ) -> Result<Members<'a>, Failure> {
        let Some(native) = extra else { return Ok(Members::default()) };
        let members: Members<'a> = serde_json::from_str(&native.value).map_err(|error| {
            invalid(format!("`extra` of {} is not a JSON object: {error}", native.dialect))
        })?;
        if is_ours(native) {
            return Ok(members);
        }
        for (name, _) in members.0.iter().filter(|(name, value)| !is_said(name, value)) {
            self.left_out(&format!("`{name}` of {}", native.dialect));
        }
        Ok(Members::default())
    }
}

/// Members of other dialects that only spell what a typed field says as well, or that
/// say nothing.
fn is_said(name: &str, value: &str) -> bool {
    matches!(value, "null" | "[]" | "{}")
        || value == "false" && name == "stream"
        || matches!(
            name,
            "max_completion_tokens"
                | "max_tokens"
                | "output_config"
                | "output_format"
                | "reasoning"
                | "reasoning_content"
                | "reasoning_effort"
                | "stop"
                | "stream_options"
                | "thinking"
        )
}

pub(crate) fn is_ours(native: &Native) -> bool {
    native.dialect == DIALECT
}

/// Whether the part was written by a client of this dialect.
pub(crate) fn has_ours(extra: Option<&Native>) -> bool {
    extra.is_some_and(is_ours)
}

/// JSON text that came with the request, without the space around it.
pub(crate) fn json<'a>(text: &'a str, what: &str) -> Result<&'a str, Failure> {
    let value: &serde_json::value::RawValue = serde_json::from_str(text)
        .map_err(|error| invalid(format!("{what} is not JSON: {error}")))?;
    Ok(value.get())
}

pub(crate) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::InvalidRequest, message)
}
