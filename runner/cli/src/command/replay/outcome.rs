//! What came of a transcript, in words and as JSON.

use crate::render::text::{cut, visible_line};
use crate::terminal::Terminal;
use hotcell::manifest::Digest;
use hotcell::{Difference, Replayed};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A transcript that was looked at.
pub(super) struct Seen<'a> {
    pub(super) file: &'a Path,
    pub(super) request_id: String,
    pub(super) adapter: String,
    /// The component's.
    pub(super) digest: Digest,
    pub(super) outcome: Outcome,
}

/// What came of it. Where there is an outline alone, `hashed` says whether it has hashes of
/// the content.
pub(super) enum Outcome {
    /// It was replayed.
    Replayed(Replayed),
    /// Its content was not kept, and its structure is fine.
    Checked { hashed: bool },
    /// Its content was not kept, and it cannot have happened like that.
    Flawed { hashed: bool, flaw: String },
    /// It is the outline of this transcript.
    Same { hashed: bool, file: PathBuf },
    /// It is not: where it differs from which, if there is one of that request at all.
    Other { hashed: bool, other: Option<(PathBuf, String)> },
}

const NOT_KEPT: &str = "content not kept: structure checked, not replayed";

impl Outcome {
    pub(super) fn is_verified(&self) -> bool {
        matches!(self, Self::Replayed(replayed) if replayed.is_verified())
    }

    pub(super) fn is_replayed(&self) -> bool {
        matches!(self, Self::Replayed(_))
    }

    pub(super) fn is_finding(&self) -> bool {
        match self {
            Self::Replayed(replayed) => !replayed.is_verified(),
            Self::Checked { .. } | Self::Same { .. } => false,
            Self::Flawed { .. } | Self::Other { .. } => true,
        }
    }

    /// What is wrong, in a sentence.
    pub(super) fn finding(&self) -> &'static str {
        match self {
            Self::Flawed { .. } => "what is written cannot have happened",
            Self::Other { .. } => "it is not the outline of that transcript",
            _ => "what happens is not what is written",
        }
    }

    fn status(&self) -> &'static str {
        match self {
            Self::Replayed(replayed) if replayed.is_verified() => "verified",
            Self::Replayed(_) => "differs",
            Self::Checked { .. } => "structure-checked",
            Self::Flawed { .. } => "flawed",
            Self::Same { hashed: true, .. } => "same",
            Self::Same { hashed: false, .. } => "same-structure",
            Self::Other { .. } => "other",
        }
    }
}

impl Seen<'_> {
    pub(super) fn document(&self) -> Value {
        let Self { file, request_id, digest, outcome, .. } = self;
        let mut document = json!({
            "file": file,
            "request-id": request_id,
            "digest": digest,
            "status": outcome.status(),
            "verified": outcome.is_verified(),
        });
        let content = |hashed: &bool| if *hashed { "hash" } else { "drop" };
        let (kept, more) = match outcome {
            Outcome::Replayed(Replayed { sent, yielded, .. }) => {
                ("keep", json!({ "sent": sent, "yielded": yielded }))
            }
            Outcome::Checked { hashed } => (content(hashed), json!({ "note": NOT_KEPT })),
            Outcome::Flawed { hashed, flaw } => (content(hashed), json!({ "flaw": flaw })),
            Outcome::Same { hashed, file } => (content(hashed), json!({ "against": file })),
            Outcome::Other { hashed, other } => {
                let (file, place) = other.as_ref().map(|(file, place)| (file, place)).unzip();
                (content(hashed), json!({ "against": file, "differs-in": place }))
            }
        };
        document["content"] = kept.into();
        if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
            document.extend(more);
        }
        document
    }

    pub(super) fn page(&self, terminal: &Terminal) -> String {
        let paint = terminal.paint;
        let shown = |file: &Path| visible_line(&file.display().to_string());
        let file = shown(self.file);
        match &self.outcome {
            Outcome::Replayed(replayed) if replayed.is_verified() => {
                let about = format!("{} {}", visible_line(&self.adapter), self.digest);
                format!("{}  {file}  {}\n", paint.good("verified"), paint.dim(&about))
            }
            Outcome::Replayed(replayed) => {
                format!("{}   {file}\n{}", paint.bad("differs"), differences(replayed))
            }
            Outcome::Checked { .. } => {
                format!("{}   {file}  {}\n", paint.strong("outline"), paint.dim(NOT_KEPT))
            }
            Outcome::Flawed { flaw, .. } => {
                format!("{}    {file}\n  {}\n", paint.bad("flawed"), visible_line(flaw))
            }
            Outcome::Same { hashed, file: whole } => {
                let how = match hashed {
                    true => "to the last bit",
                    false => "but for its content, which was dropped",
                };
                let about = format!("the outline of {}, {how}", shown(whole));
                format!("{}      {file}  {}\n", paint.good("same"), paint.dim(&about))
            }
            Outcome::Other { other: Some((whole, place)), .. } => format!(
                "{}     {file}\n  differs from {} in {}\n",
                paint.bad("other"),
                shown(whole),
                visible_line(place)
            ),
            Outcome::Other { other: None, .. } => format!(
                "{}     {file}\n  there is no transcript of {} to hold it against\n",
                paint.bad("other"),
                visible_line(&self.request_id)
            ),
        }
    }
}

fn differences(replayed: &Replayed) -> String {
    let mut text = String::new();
    for (what, difference) in [("sent", &replayed.sent), ("yielded", &replayed.yielded)] {
        let Some(Difference { at, recorded, replayed }) = difference else { continue };
        let (old, new) = around(recorded.as_deref(), replayed.as_deref());
        text.push_str(&format!("  {what}, {at}\n    written  {old}\n    happens  {new}\n"));
    }
    text
}

/// Both texts from a little before the place at which they differ.
fn around(recorded: Option<&str>, replayed: Option<&str>) -> (String, String) {
    const BEFORE: usize = 30;
    const WIDTH: usize = 100;
    let (old, new) = (recorded.unwrap_or_default(), replayed.unwrap_or_default());
    let same = old.chars().zip(new.chars()).take_while(|(one, other)| one == other).count();
    let from = same.saturating_sub(BEFORE);
    let shown = |text: Option<&str>| match text {
        None => "nothing".to_owned(),
        Some(text) => {
            let lead = if from > 0 { "…" } else { "" };
            let rest: String = text.chars().skip(from).collect();
            cut(&visible_line(&format!("{lead}{rest}")), WIDTH)
        }
    };
    (shown(recorded), shown(replayed))
}
