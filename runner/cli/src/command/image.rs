use super::{block_on, ending, new_file, runner_for, runtime, with_key_help};
use crate::arguments::{GlobalArguments, ImageArguments};
use crate::attachment;
use crate::command::watch::waiting;
use crate::problem::Problem;
use crate::render::document;
use crate::render::text::visible_line;
use crate::terminal::Terminal;
use hotcell::Interface;
use hotcell::types::{ImageRequest, MediaKind, MediaPart, MediaSource, Part};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

pub(crate) fn run(
    arguments: &ImageArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let mut request = ImageRequest::prompt(arguments.prompt.join(" "));
    request.sources = arguments.files.iter().map(|name| image(name)).collect::<Result<_, _>>()?;
    request.mask = arguments.mask.as_deref().map(image).transpose()?;
    request.count = arguments.count;
    request.size.clone_from(&arguments.size);
    request.quality.clone_from(&arguments.quality);
    request.format = arguments.format.clone().or_else(|| ending(&arguments.output));
    // Nothing is asked for that could not be kept, and files are opened before the process
    // gives up opening them.
    let places = places(&arguments.output, arguments.count.unwrap_or(1));
    let mut files = Vec::new();
    for place in &places {
        files.push(new_file(place)?);
    }
    let drawn = draw(arguments, global, terminal, request, &mut files);
    let written = drawn.as_ref().map_or(0, |(written, _)| *written);
    // What nothing came for is not left behind, where the process may still remove it.
    for place in &places[written.min(places.len())..] {
        let _ = std::fs::remove_file(place);
    }
    let (written, urls) = drawn?;
    let places = &places[..written.min(places.len())];
    if arguments.json {
        let files: Vec<Value> = places.iter().map(|place| json!(place)).collect();
        return terminal.print_json(&json!({
            "model": arguments.model,
            "files": files,
            "urls": urls.urls,
            "prompts": urls.prompts,
            "usage": urls.usage,
        }));
    }
    let mut lines = String::new();
    for line in places.iter().map(|place| place.display().to_string()).chain(urls.urls) {
        lines.push_str(&visible_line(&line));
        lines.push('\n');
    }
    terminal.print(&lines)
}

/// What came besides images.
struct Beside {
    urls: Vec<String>,
    prompts: Vec<Option<String>>,
    usage: Option<Value>,
}

/// Asks, and writes the images into the files in their order. Gives how many it wrote.
fn draw(
    arguments: &ImageArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
    request: ImageRequest,
    files: &mut [std::fs::File],
) -> Result<(usize, Beside), Problem> {
    let runner = runner_for(global, &arguments.model, Interface::Images)?;
    let work = async {
        let asked = runner.generate_images(&arguments.model, request);
        Ok(waiting(terminal, &arguments.model, asked).await?)
    };
    let response = block_on(runtime()?, work).map_err(|problem| with_key_help(problem, &runner))?;
    let usage = response.usage.as_ref().map(document::usage_object);
    let mut beside = Beside { urls: Vec::new(), prompts: Vec::new(), usage };
    let mut written = 0;
    for image in response.images {
        beside.prompts.push(image.prompt);
        match image.part.source {
            MediaSource::Bytes(bytes) => {
                let Some(file) = files.get_mut(written) else { continue };
                file.write_all(&bytes)?;
                written += 1;
            }
            MediaSource::Url(url) => beside.urls.push(url),
            MediaSource::FileId(id) => beside.urls.push(id),
        }
    }
    Ok((written, beside))
}

fn image(name: &str) -> Result<MediaPart, Problem> {
    match attachment::read(name)? {
        Part::Media(media) if media.kind == MediaKind::Image => Ok(media),
        _ => Err(Problem::usage(format!("`{name}` is not an image"))),
    }
}

/// Where the images go: to the file that was named, or to numbered ones beside it.
fn places(output: &Path, count: u32) -> Vec<PathBuf> {
    if count < 2 {
        return vec![output.to_owned()];
    }
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    let numbered = |number| match output.extension() {
        Some(ending) => format!("{stem}-{number}.{}", ending.to_string_lossy()),
        None => format!("{stem}-{number}"),
    };
    (1..=count.min(64)).map(|number| output.with_file_name(numbered(number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_images_are_numbered_beside_each_other() {
        let places = |output: &str, count| places(Path::new(output), count);
        assert_eq!(places("a/b.png", 1), [PathBuf::from("a/b.png")]);
        assert_eq!(places("a/b.png", 2), [PathBuf::from("a/b-1.png"), PathBuf::from("a/b-2.png")]);
        assert_eq!(places("b", 2), [PathBuf::from("b-1"), PathBuf::from("b-2")]);
        assert_eq!(places("b", u32::MAX).len(), 64);
    }
}
