//! `hotcell adapter key` and `sign`: what an author does, with a key of their own.

use super::adapter::{read, read_file};
use crate::arguments::{KeyArguments, SignArguments};
use crate::problem::{Problem, why};
use crate::render::capabilities::Source;
use crate::render::text::visible_line;
use crate::terminal::Terminal;
use hotcell::signature::sign::{NewKeys, SignError, SigningKey};
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A key has some hundred bytes.
const KEY_BYTES: u64 = 16 * 1024;

pub(crate) fn key(arguments: &KeyArguments, terminal: &Terminal) -> Result<(), Problem> {
    let mut public_file = arguments.file.clone().into_os_string();
    public_file.push(".pub");
    let public_file = PathBuf::from(public_file);
    for file in [&arguments.file, &public_file] {
        if file.exists() {
            let shown = file.display();
            return Err(Problem::usage(format!("`{shown}` is there already"))
                .with_help("a key that is written over is lost: choose another name"));
        }
    }
    let password = match (&arguments.password_file, arguments.no_password) {
        (_, true) => None,
        (Some(file), _) => Some(first_line(file)?),
        (None, _) => Some(new_password(terminal)?),
    };
    let keys = NewKeys::generate(password).map_err(|error| Problem::usage(error.to_string()))?;
    write_new(&arguments.file, &keys.secret, 0o600)?;
    write_new(&public_file, &keys.public, 0o644)?;
    let public = keys.public.lines().nth(1).unwrap_or_default();
    if arguments.json {
        return terminal.print_json(&json!({
            "file": arguments.file,
            "public-file": public_file,
            "minisign": public,
        }));
    }
    terminal.print(&format!(
        "{}: keep it, and what protects it\n\nWhoever wants to know your adapters writes into \
         hotcell.toml:\n\n[signatures.publishers.NAME]\nadapters = [\"ADAPTER\"]\n\
         minisign = \"{public}\"\n",
        arguments.file.display(),
    ))
}

pub(crate) fn sign(arguments: &SignArguments, terminal: &Terminal) -> Result<(), Problem> {
    let component = read_file(&arguments.component)?;
    // Nobody signs what no runner would read.
    let adapter = read(Source::File(arguments.component.clone()), &component)?;
    let identity = &adapter.inspection.manifest.adapter;
    let digest = adapter.inspection.digest;
    let key = signing_key(arguments, terminal)?;
    let comment = format!("hotcell adapter {} {} {digest}", identity.name, identity.version);
    let failed = |error: SignError| Problem::usage(error.to_string());
    let signature = key.sign(&component, &visible_line(&comment)).map_err(failed)?;
    let file = signature.kind.beside(&arguments.component);
    std::fs::write(&file, &signature.bytes).map_err(|error| unwritable(&file, &error))?;
    let (kind, public) = key.public().map_err(failed)?;
    if arguments.json {
        return terminal.print_json(&json!({
            "component": arguments.component,
            "digest": digest,
            "signature": file,
            kind: public,
        }));
    }
    terminal.print(&format!("{}: signed by {kind}:{public}\n", file.display()))
}

fn signing_key(arguments: &SignArguments, terminal: &Terminal) -> Result<SigningKey, Problem> {
    let file = &arguments.key;
    let shown = file.display();
    let text = read_text(file)?;
    let given = arguments.password_file.as_deref().map(first_line).transpose()?;
    let asked_for = given.is_some();
    let parsed = match SigningKey::parse(&text, given) {
        Err(SignError::Protected) if terminal.can_ask && !asked_for => {
            SigningKey::parse(&text, Some(ask(&format!("Password of {shown}: "))?))
        }
        parsed => parsed,
    };
    parsed.map_err(|error| {
        let problem = Problem::usage(format!("`{shown}`: {error}"));
        match error {
            SignError::Protected => problem.with_help("give it with `--password-file FILE`"),
            _ => problem,
        }
    })
}

fn new_password(terminal: &Terminal) -> Result<String, Problem> {
    if !terminal.can_ask {
        return Err(Problem::usage("nobody can be asked for a password here")
            .with_help("give one with `--password-file FILE`, or say `--no-password`"));
    }
    let password = ask("A password for the key: ")?;
    match password.is_empty() || ask("Again: ")? != password {
        true => Err(Problem::usage("no key was made: that is not the same, or nothing")
            .with_help("`--no-password` makes one without")),
        false => Ok(password),
    }
}

fn ask(prompt: &str) -> Result<String, Problem> {
    Ok(rpassword::prompt_password(prompt)?)
}

fn first_line(file: &Path) -> Result<String, Problem> {
    let text = read_text(file)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(Problem::usage(format!("`{}` has no password", file.display()))),
    }
}

fn read_text(file: &Path) -> Result<String, Problem> {
    let mut text = String::new();
    let read = File::open(file).and_then(|opened| opened.take(KEY_BYTES).read_to_string(&mut text));
    read.map_err(|error| {
        Problem::usage(format!("`{}` cannot be read: {}", file.display(), why(&error)))
    })?;
    Ok(text)
}

fn write_new(file: &Path, text: &str, mode: u32) -> Result<(), Problem> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let opened = options.open(file);
    opened
        .and_then(|mut new| new.write_all(text.as_bytes()))
        .map_err(|error| unwritable(file, &error))
}

fn unwritable(file: &Path, error: &io::Error) -> Problem {
    Problem::usage(format!("`{}` cannot be written: {}", file.display(), why(error)))
}
