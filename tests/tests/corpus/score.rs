//! What became of the exchanges, told in one line per kind.

use crate::dialect::KINDS;
use crate::exchange::{Exchange, Folder};
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// What is judged of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    Response,
    Request,
    /// The answer, written again.
    Answer,
    /// The answer, written in other dialects.
    Abroad,
}

/// What became of one half of one exchange.
pub(crate) struct Judgement {
    /// None for what is no exchange's fault.
    of: Option<(&'static str, Half)>,
    /// Provider and id.
    name: String,
    result: Result<(), String>,
}

impl Judgement {
    pub(crate) fn new(
        kind: &'static str,
        half: Half,
        exchange: &Exchange,
        result: Result<(), String>,
    ) -> Self {
        let name = format!("{} {}", exchange.provider, exchange.id);
        Self { of: Some((kind, half)), name, result }
    }

    /// Something that makes the rest worth nothing.
    pub(crate) fn broken(why: &str) -> Self {
        Self { of: None, name: "the replay itself".to_owned(), result: Err(why.to_owned()) }
    }
}

#[derive(Default)]
struct Score {
    kind: &'static str,
    responses: (usize, usize),
    requests: (usize, usize),
    answers: (usize, usize),
    abroad: (usize, usize),
    passed_over: usize,
}

/// All scores.
pub(crate) struct Scores {
    kinds: Vec<Score>,
    /// Lines of kinds that no adapter speaks.
    others: Vec<(String, usize)>,
    failures: Vec<String>,
}

impl Scores {
    pub(crate) fn new(kinds: &[&'static str]) -> Self {
        let kinds = kinds.iter().map(|kind| Score { kind, ..Score::default() });
        Self { kinds: kinds.collect(), others: Vec::new(), failures: Vec::new() }
    }

    fn of(&mut self, kind: &str) -> Option<&mut Score> {
        self.kinds.iter_mut().find(|score| score.kind == kind)
    }

    /// A line that is no exchange.
    pub(crate) fn malformed(&mut self, kind: &str, why: String) {
        self.failures.push(format!("{kind}: malformed line: {why}"));
    }

    /// An exchange in a dialect that no adapter speaks.
    pub(crate) fn passed_over(&mut self, kind: &str) {
        if let Some(score) = self.of(kind) {
            score.passed_over += 1;
        }
    }

    pub(crate) fn add(&mut self, judged: Vec<Judgement>) {
        for Judgement { of, name, result } in judged {
            let (title, score) = match of {
                None => (String::new(), None),
                Some((kind, half)) => {
                    let score = self.of(kind).map(|score| match half {
                        Half::Response => &mut score.responses,
                        Half::Request => &mut score.requests,
                        Half::Answer => &mut score.answers,
                        Half::Abroad => &mut score.abroad,
                    });
                    (format!("{kind} {half:?} ").to_lowercase(), score)
                }
            };
            if let Some((good, all)) = score {
                *good += usize::from(result.is_ok());
                *all += 1;
            }
            if let Err(why) = result {
                self.failures.push(format!("{title}{name}: {why}"));
            }
        }
        self.failures.sort();
    }

    /// Counts what is in the folders of other kinds.
    pub(crate) fn other_kinds(&mut self, corpus: &Path) {
        let entries = std::fs::read_dir(corpus).into_iter().flatten().flatten();
        for entry in entries {
            let kind = entry.file_name().to_string_lossy().into_owned();
            let lines = Folder::count(&entry.path());
            if lines > 0 && !KINDS.contains(&kind.as_str()) {
                self.others.push((kind, lines));
            }
        }
        self.others.sort();
    }

    /// Prints a line per kind, and writes the failures into a file.
    pub(crate) fn tell(&self, file: &Path) -> ExitCode {
        let mut passed = 0;
        for score in &self.kinds {
            let Score { kind, responses, requests, answers, abroad, passed_over } = score;
            passed += responses.0 + requests.0 + answers.0 + abroad.0;
            println!(
                "corpus {kind}: {} of {} responses, {} of {} requests",
                responses.0, responses.1, requests.0, requests.1
            );
            if abroad.1 > 0 {
                println!("corpus {kind}: {} of {} answers written abroad", abroad.0, abroad.1);
            }
            if answers.1 > 0 {
                println!("corpus {kind}: {} of {} answers written again", answers.0, answers.1);
            }
            if *passed_over > 0 {
                println!(
                    "corpus {kind}: {passed_over} lines skipped: no adapter speaks their dialect"
                );
            }
        }
        if !self.others.is_empty() {
            let others = self.others.iter().map(|(kind, lines)| format!("{kind} {lines}"));
            let others = others.collect::<Vec<_>>().join(", ");
            println!("corpus: other kinds skipped, by lines: {others}");
        }
        let failed = self.failures.len();
        let mut report = String::new();
        for failure in &self.failures {
            // Writing into a string does not fail.
            let _ = writeln!(report, "{failure}");
        }
        match std::fs::write(file, report) {
            Ok(()) if failed > 0 => println!("corpus: the failures are in {}", file.display()),
            Ok(()) => {}
            Err(error) => println!("corpus: {}: {error}", file.display()),
        }
        let (verdict, code) = match failed {
            0 => ("ok", ExitCode::SUCCESS),
            _ => ("FAILED", ExitCode::FAILURE),
        };
        println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
        code
    }
}
