use super::{block_on, runner_for, runtime, with_key_help};
use crate::arguments::{GlobalArguments, TimingChoice, TranscribeArguments};
use crate::attachment;
use crate::command::watch::waiting;
use crate::problem::Problem;
use crate::render::document;
use crate::render::text::visible_line;
use crate::terminal::Terminal;
use hotcell::Interface;
use hotcell::types::{MediaSource, Part, Span, Timing, TranscriptionRequest};
use serde_json::{Value, json};

pub(crate) fn run(
    arguments: &TranscribeArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let name = &arguments.file;
    let Part::Media(media) = attachment::read(name)? else {
        return Err(Problem::usage(format!("`{name}` is a text, and no sound")));
    };
    let MediaSource::Bytes(bytes) = media.source else {
        return Err(Problem::usage(format!("`{name}` is an address"))
            .with_help("fetch the sound first, and name the file"));
    };
    let mut request = TranscriptionRequest::audio(bytes);
    request.mime = media.mime;
    request.name = media.name;
    request.language.clone_from(&arguments.language);
    request.translate = arguments.translate;
    request.prompt.clone_from(&arguments.prompt);
    let timing = |choice: &TimingChoice| match choice {
        TimingChoice::Word => Timing::Word,
        TimingChoice::Segment => Timing::Segment,
    };
    request.timings = arguments.timings.iter().map(timing).collect();
    let runner = runner_for(global, &arguments.model, Interface::Transcription)?;
    let work = async {
        let asked = runner.transcribe(&arguments.model, request);
        Ok(waiting(terminal, &arguments.model, asked).await?)
    };
    let response = block_on(runtime()?, work).map_err(|problem| with_key_help(problem, &runner))?;
    let spans = |spans: &[Span]| {
        let span = |it: &Span| json!({ "start": it.start, "end": it.end, "text": it.text, "speaker": it.speaker });
        spans.iter().map(span).collect::<Vec<Value>>()
    };
    if arguments.json {
        return terminal.print_json(&json!({
            "model": arguments.model,
            "text": response.text,
            "language": response.language,
            "duration": response.duration,
            "words": spans(&response.words),
            "segments": spans(&response.segments),
            "usage": response.usage.as_ref().map(document::usage_object),
        }));
    }
    if arguments.timings.is_empty() {
        let lines = response.text.lines().map(visible_line).collect::<Vec<_>>().join("\n");
        return terminal.print(&format!("{lines}\n"));
    }
    let mut lines = String::new();
    for span in response.segments.iter().chain(&response.words) {
        let Span { text, start, end, .. } = span;
        lines.push_str(&format!("{start:.2}\t{end:.2}\t{}\n", visible_line(text.trim())));
    }
    terminal.print(&lines)
}
