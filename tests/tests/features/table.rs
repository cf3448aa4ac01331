//! The table of `docs/providers.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const BEGIN: &str = "<!-- the table, which a test writes and holds true: begin -->\n";
const END: &str = "<!-- the table: end -->\n";

/// What became of a feature.
pub(crate) enum Outcome {
    /// It is sent as the provider's protocol has it.
    Mapped,
    /// It is what the provider does anyway.
    Default,
    /// It is sent in another form, and a warning says so.
    Emulated(String),
    /// It is not sent, and a warning says so.
    LeftOut(String),
    /// The request is refused.
    Refused(String),
}

pub(crate) struct Table {
    adapters: Vec<String>,
    rows: Vec<(String, Vec<&'static str>)>,
    /// What an adapter says, by what it is said of.
    reasons: BTreeMap<String, Vec<(String, String)>>,
}

impl Table {
    pub(crate) fn new(adapters: &[&str]) -> Self {
        let adapters = adapters.iter().map(|name| (*name).to_owned()).collect();
        Self { adapters, rows: Vec::new(), reasons: BTreeMap::new() }
    }

    pub(crate) fn row(&mut self, feature: &str, outcomes: Vec<Outcome>) {
        let mut cells = Vec::new();
        for (adapter, outcome) in self.adapters.iter().zip(outcomes) {
            let (word, reason) = match outcome {
                Outcome::Mapped => ("mapped", None),
                Outcome::Default => ("–", None),
                Outcome::Emulated(why) => ("emulated", Some(why)),
                Outcome::LeftOut(why) => ("left out", Some(why)),
                Outcome::Refused(why) => ("refused", Some(why)),
            };
            cells.push(word);
            if let Some(reason) = reason {
                let reasons = self.reasons.entry(adapter.clone()).or_default();
                reasons.push((feature.to_owned(), reason));
            }
        }
        self.rows.push((feature.to_owned(), cells));
    }

    fn text(&self) -> String {
        let mut text = BEGIN.to_owned();
        let mut line = |line: String| writeln!(text, "{line}").expect("a string takes it");
        line(format!("| | {} |", self.adapters.join(" | ")));
        line(format!("| --- |{}", " --- |".repeat(self.adapters.len())));
        for (feature, cells) in &self.rows {
            line(format!("| {feature} | {} |", cells.join(" | ")));
        }
        line("\n### What adapters say to what they do not have".to_owned());
        for (adapter, reasons) in &self.reasons {
            line(format!("\n**{adapter}**\n"));
            for (feature, reason) in reasons {
                line(format!("- {feature}: {}", reason.replace('\n', " ").replace('<', "&lt;")));
            }
        }
        text.push_str(END);
        text
    }

    /// Holds the table against the one that is written down.
    pub(crate) fn holds(&self) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/providers.md");
        let page = std::fs::read_to_string(&file).expect("docs/providers.md is there");
        let (before, rest) = page.split_once(BEGIN).expect("the table has a beginning");
        let (_, after) = rest.split_once(END).expect("the table has an end");
        let now = format!("{before}{}{after}", self.text());
        if std::env::var_os("HOTCELL_UPDATE_DOCS").is_some() {
            std::fs::write(&file, now).expect("docs/providers.md can be written");
            return;
        }
        assert!(
            now == page,
            "docs/providers.md says something else; HOTCELL_UPDATE_DOCS=1 writes it anew:\n{}",
            self.text()
        );
    }
}
