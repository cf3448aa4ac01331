//! Runs an adapter natively against a scripted endpoint.
//!
//! ```ignore
//! let run = Script::new()
//!     .setting("region", "eu")
//!     .answer(Answer::new(200).header("content-type", "text/event-stream").body(bytes).cut(Cut::EveryByte))
//!     .run(|| collect::<OpenAi>(request));
//! ```

pub(crate) mod wall {
    use crate::wall::{Header, LogLevel, Request};
    use crate::Failure;

    #[derive(Debug)]
    pub(crate) struct Endpoint;
    #[derive(Debug)]
    pub(crate) struct Response;

    impl Endpoint {
        pub(crate) fn named(_name: &str) -> Result<Self, Failure> {
            Ok(Self)
        }
        pub(crate) fn send(&self, _request: &Request) -> Result<Response, Failure> {
            Ok(Response)
        }
    }
    impl Response {
        pub(crate) fn status(&self) -> u16 { 200 }
        pub(crate) fn headers(&self) -> Vec<Header> { vec![] }
        pub(crate) fn read(&self, _limit: u32) -> Result<Option<Vec<u8>>, Failure> { Ok(None) }
    }
    /// The value of a plain setting, or the default that the manifest declares.
    pub fn setting(_name: &str) -> Option<String> { None }
    /// Writes one line for the operator.
    pub fn log(_level: LogLevel, _message: &str) {}
}
