use super::{block_on, ending, new_file, runner_for, runtime, standard_input, with_key_help};
use crate::arguments::{GlobalArguments, SpeakArguments};
use crate::problem::Problem;
use crate::terminal::Terminal;
use hotcell::types::SpeechRequest;
use hotcell::{Interface, Runner};
use std::io::Write;

pub(crate) fn run(
    arguments: &SpeakArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let text = match arguments.text.is_empty() {
        true => standard_input(terminal)?,
        false => arguments.text.join(" "),
    };
    if text.trim().is_empty() {
        return Err(Problem::usage("there is nothing to say")
            .with_help("give a text as an argument, or through a pipe"));
    }
    if arguments.output.is_none() && terminal.is_terminal {
        return Err(Problem::usage("a terminal cannot show sound")
            .with_help("say where it goes: `-o FILE`, or a pipe"));
    }
    let mut request = SpeechRequest::text(text);
    request.voice.clone_from(&arguments.voice);
    request.instructions.clone_from(&arguments.instructions);
    request.format =
        arguments.format.clone().or_else(|| arguments.output.as_deref().and_then(ending));
    request.speed = arguments.speed;
    let file = arguments.output.as_deref().map(new_file).transpose()?;
    let mut into: Box<dyn Write> = match &file {
        Some(file) => Box::new(file),
        None => Box::new(std::io::stdout().lock()),
    };
    let spoken = runner_for(global, &arguments.model, Interface::Speech).and_then(|runner| {
        let work = speak(&runner, &arguments.model, request, &mut into);
        block_on(runtime()?, work).map_err(|problem| with_key_help(problem, &runner))
    });
    drop(into);
    if let (Err(_), Some(file), Some(place)) = (&spoken, &file, &arguments.output) {
        // Half a sound is none. The process may be past removing its file.
        let _ = file.set_len(0);
        let _ = std::fs::remove_file(place);
    }
    spoken
}

async fn speak(
    runner: &Runner,
    model: &str,
    request: SpeechRequest,
    into: &mut dyn Write,
) -> Result<(), Problem> {
    let mut sound = runner.speak(model, request).await?;
    while let Some(bytes) = sound.next().await? {
        into.write_all(&bytes)?;
        into.flush()?;
    }
    Ok(())
}
