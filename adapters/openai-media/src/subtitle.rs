//! Subtitles, as SubRip (`srt`) and WebVTT (<https://www.w3.org/TR/webvtt1/>) have them.

use hotcell_sdk::{Span, thousandths};

/// The pieces of text and when each is shown. What is no such piece is passed over.
pub(crate) fn cues(text: &str) -> Vec<Span> {
    let mut cues = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((start, end)) = line.split_once("-->") else { continue };
        // Behind the end of a WebVTT cue stands where it is shown.
        let end = end.split_whitespace().next().unwrap_or_default();
        let (Some(start), Some(end)) = (seconds(start.trim()), seconds(end)) else { continue };
        let mut said = String::new();
        for line in lines.by_ref().map(str::trim).take_while(|line| !line.is_empty()) {
            if !said.is_empty() {
                said.push(' ');
            }
            said.push_str(line);
        }
        cues.push(Span { text: said, start, end, speaker: None, raw: None });
    }
    cues
}

/// `01:02:03,500` or `02:03.500`.
fn seconds(time: &str) -> Option<f64> {
    let mut total = 0_u64;
    for piece in time.split(':') {
        let piece = thousandths(&piece.replace(',', "."))?;
        total = total.checked_mul(60)?.checked_add(piece)?;
    }
    Some(total as f64 / 1000.0)
}
