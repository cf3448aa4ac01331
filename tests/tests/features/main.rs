//! What becomes of each feature of a request with each adapter, through the real wall: it is
//! sent, it is sent in another form or left out and a warning says so, or the request is
//! refused with a reason. Nothing is dropped in silence: a request that goes out as if it had not been asked
//! for is a failure here.
//!
//! `docs/providers.md` holds the table. With `HOTCELL_UPDATE_DOCS=1` it is written anew.

mod table;

use hotcell::types::{ChatRequest, FailureKind};
use hotcell::{Allocation, Interface, Runner};
use hotcell_tests::adapters;
use hotcell_tests::feature::{self, Feature, base};
use hotcell_tests::stage::{Script, Stage};
use table::{Outcome, Table};

/// All adapters with one feature each time.
struct Trial {
    stage: Stage,
    runner: Runner,
    _folder: tempfile::TempDir,
}

/// What was sent, or why nothing was.
enum Tried {
    Sent(Vec<u8>),
    Refused(String),
}

impl Trial {
    async fn new() -> Self {
        let stage = Stage::open().await.expect("loopback has a free port");
        // Whoever reads it as an answer finds it wanting, which is not what is looked at. As
        // the answer of a token server it is a good one.
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_owned();
        let token =
            br#"{"access_token":"a-token-for-a-trial","token_type":"Bearer","expires_in":3600}"#;
        stage.play(Script { head, pieces: vec![token.to_vec()] });
        let folder = tempfile::tempdir().expect("there is a folder for what is temporary");
        let config = adapters::configured(&stage.url(), folder.path());
        let runner = Runner::builder()
            .config(config)
            .allocation(Allocation::Pooled(2))
            .cache(Some(folder.path().join("cache")))
            .build()
            .expect("the configuration holds");
        Self { stage, runner, _folder: folder }
    }

    /// Sends a request and gives what arrived.
    async fn send(
        &self,
        adapter: &str,
        request: ChatRequest,
        strict: bool,
    ) -> Result<Tried, String> {
        self.stage.received();
        let runner = if strict { self.runner.strict() } else { self.runner.clone() };
        let error = match runner.chat(&format!("{adapter}/test-model"), request).await {
            Ok(answer) => answer.collect().await.err(),
            Err(error) => Some(error),
        };
        let sent = self.stage.received();
        if let Some(request) = sent.into_iter().next_back() {
            let mut bytes = request.line.into_bytes();
            bytes.extend(request.body);
            return Ok(Tried::Sent(bytes));
        }
        match error {
            Some(error) if error.kind() == FailureKind::Unsupported => {
                Ok(Tried::Refused(error.failure.message))
            }
            Some(error) => Err(format!("it fails otherwise: {error}")),
            None => Err("nothing was sent, and nothing is wrong with that".to_owned()),
        }
    }

    async fn outcome(&self, adapter: &str, feature: &Feature) -> Result<Outcome, String> {
        let with = feature.request();
        let sent = match self.send(adapter, with.clone(), false).await? {
            Tried::Refused(why) => return Ok(Outcome::Refused(why)),
            Tried::Sent(sent) => sent,
        };
        let Tried::Sent(without) = self.send(adapter, feature.without(), false).await? else {
            return Err("what it is compared with is refused".to_owned());
        };
        let is_there = sent != without;
        match self.send(adapter, with, true).await? {
            Tried::Refused(why) if is_there => Ok(Outcome::Emulated(why)),
            Tried::Refused(why) => Ok(Outcome::LeftOut(why)),
            Tried::Sent(_) if is_there => Ok(Outcome::Mapped),
            Tried::Sent(_) if feature.may_need_nothing => Ok(Outcome::Default),
            Tried::Sent(_) => Err("it was dropped in silence".to_owned()),
        }
    }
}

#[tokio::test]
async fn nothing_is_dropped_in_silence_and_the_table_says_what_becomes_of_it() {
    let trial = Trial::new().await;
    let adapters = adapters::with(Interface::Chat);
    let mut table = Table::new(&adapters);
    let mut wrong = Vec::new();
    for feature in feature::all() {
        let mut row = Vec::new();
        for adapter in &adapters {
            match trial.outcome(adapter, &feature).await {
                Ok(outcome) => row.push(outcome),
                Err(why) => wrong.push(format!("{adapter}, {}: {why}", feature.name)),
            }
        }
        table.row(feature.name, row);
    }
    // All that is wrong is told at once.
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    table.holds();
}

/// The plain request is taken by everybody: otherwise the rest says nothing.
#[tokio::test]
async fn a_plain_request_goes_out_with_every_adapter() {
    let trial = Trial::new().await;
    for adapter in adapters::with(Interface::Chat) {
        match trial.send(adapter, base(), true).await {
            Ok(Tried::Sent(_)) => {}
            Ok(Tried::Refused(why)) | Err(why) => panic!("{adapter}: {why}"),
        }
    }
}
