//! OpenAI's text completions
//! (<https://platform.openai.com/docs/api-reference/completions>).

/// The dialect's name.
pub const DIALECT: &str = "openai-completions";

/// Reads a client's request.
///
/// # Errors
/// Where the request cannot be one of this dialect.
pub fn read_request(_: &[u8]) -> Result<hotcell::types::ChatRequest, crate::DialectError> {
    Err(crate::DialectError::new("", "unwritten"))
}

/// Writes a stream.
#[derive(Debug)]
pub struct StreamWriter;

impl StreamWriter {
    /// Of an answer to this request.
    pub fn new(_: &hotcell::types::ChatRequest, _: crate::About) -> Self {
        Self
    }
}

impl crate::AnswerWriter for StreamWriter {
    fn event(&mut self, _: hotcell::types::Event, _: &mut Vec<u8>) {}
    fn end(&mut self, _: &mut Vec<u8>) {}
    fn fail(&mut self, _: &hotcell::types::Failure, _: &mut Vec<u8>) {}
}

/// Writes a whole answer.
pub fn write_answer(
    _: &hotcell::types::ChatRequest,
    _: crate::About,
    _: Vec<hotcell::types::Event>,
) -> Vec<u8> {
    Vec::new()
}
