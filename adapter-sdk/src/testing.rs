//! Runs an adapter natively against a scripted endpoint.
//!
//! ```
//! use hotcell_sdk::testing::{Cut, Script};
//! # use hotcell_sdk::{Chat, ChatRequest, Completion, Endpoint, Event, Failure, finished, text};
//! # struct Echo;
//! # struct Answer(Option<String>);
//! # impl Chat for Echo {
//! #     type Completion = Answer;
//! #     fn complete(_: ChatRequest) -> Result<Answer, Failure> {
//! #         let response = Endpoint::named("api")?.post("/echo").send()?.checked()?;
//! #         Ok(Answer(Some(response.text()?)))
//! #     }
//! # }
//! # impl Completion for Answer {
//! #     fn next(&mut self) -> Result<Option<Vec<Event>>, Failure> {
//! #         Ok(self.0.take().map(|answer| vec![text(0, 0, answer), finished(0, "stop")]))
//! #     }
//! # }
//! let mut script = Script::new();
//! script.setting("region", "eu").answer(200, "text/plain", "hello").cut(Cut::EveryByte);
//! let run = script.chat::<Echo>(ChatRequest::user("hi"));
//! assert_eq!(run.text(), "hello");
//! assert_eq!(run.requests[0].path, "/echo");
//! ```

mod conversation;
mod cut;
mod grants;
pub mod live;
mod run;
mod script;
pub(crate) mod wall;

pub use conversation::{continued, conversation};
pub use cut::Cut;
pub use run::Run;
pub use script::{Script, Sent};
