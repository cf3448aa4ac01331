//! Errors: what happened, where, and what to do next.

use super::Paint;
use super::text::{columns, visible, visible_line, wrap};
use crate::problem::Problem;
use hotcell::types::FailureKind;
use hotcell::{ConfigError, Error, SetupError};
use serde_json::{Value, json};

/// The problem as a person reads it, for standard error. Without a width nothing is
/// wrapped, so that a log has whole sentences.
pub(crate) fn page(problem: &Problem, width: Option<usize>, paint: Paint) -> String {
    let width = width.map_or(usize::MAX, |width| width.clamp(40, 100));
    let mut page = Page { paint, width, text: String::new() };
    page.problem(problem);
    page.text
}

/// The problem as a program reads it.
pub(crate) fn document(problem: &Problem) -> Value {
    let exit = problem.exit_code();
    let error = match problem {
        Problem::Failure(error) => json!({
            "kind": error.consequence().name,
            "message": error.failure.message,
            "provider": error.provider,
            "status": error.failure.status,
            "code": error.failure.code,
            "param": error.failure.param,
            "provider-request-id": error.failure.request_id,
            "retry-after-ms": error.failure.retry_after_ms,
            "request-id": error.request_id,
            "help": help(error),
            "exit-code": exit,
        }),
        Problem::Finding { message, help } => {
            json!({ "kind": "finding", "message": message, "help": help, "exit-code": exit })
        }
        Problem::Usage { message, help } => {
            json!({ "kind": "usage", "message": message, "help": help, "exit-code": exit })
        }
        Problem::Setup(SetupError::Config(ConfigError::Syntax {
            file,
            line,
            column,
            message,
            ..
        })) => json!({
            "kind": "configuration", "message": message,
            "file": file, "line": line, "column": column, "exit-code": exit,
        }),
        Problem::Setup(error) => {
            json!({ "kind": "configuration", "message": error.to_string(), "exit-code": exit })
        }
        Problem::Gateway(error) => {
            json!({ "kind": "configuration", "message": error.to_string(), "exit-code": exit })
        }
        Problem::Placed { file, line, problem } => {
            let mut document = document(problem);
            document["error"]["file"] = json!(file);
            document["error"]["line"] = json!(line);
            return document;
        }
        Problem::Output(error) => {
            json!({ "kind": "output", "message": error.to_string(), "exit-code": exit })
        }
        Problem::Interrupted => {
            json!({ "kind": "interrupted", "message": "interrupted", "exit-code": exit })
        }
        Problem::Told(_) => json!({ "kind": "told", "message": "", "exit-code": exit }),
    };
    json!({ "error": error })
}

struct Page {
    paint: Paint,
    width: usize,
    text: String,
}

impl Page {
    fn problem(&mut self, problem: &Problem) {
        match problem {
            Problem::Usage { message, help } | Problem::Finding { message, help } => {
                self.error(message);
                self.help(help.as_deref());
            }
            Problem::Setup(SetupError::Config(error)) => self.config(error),
            Problem::Setup(error) => self.error(&error.to_string()),
            Problem::Gateway(error) => self.error(&error.to_string()),
            Problem::Placed { file, line, problem } => {
                self.problem(problem);
                self.place(&format!("{}:{line}", file.display()), " ");
            }
            Problem::Failure(error) => self.failure(error),
            Problem::Output(error) => self.error(&format!("the output cannot be written: {error}")),
            Problem::Interrupted | Problem::Told(_) => {}
        }
    }

    /// Where that is.
    fn place(&mut self, place: &str, margin: &str) {
        self.text.push_str(&format!("{margin}{} {}\n", self.paint.dim("-->"), visible_line(place)));
    }

    fn error(&mut self, message: &str) {
        let label = self.paint.bad("error:");
        self.labelled(&label, "error:", &visible(message));
    }

    fn help(&mut self, help: Option<&str>) {
        if let Some(help) = help {
            let label = self.paint.good("help:");
            self.labelled(&label, "help:", &visible(help));
        }
    }

    /// Text that hangs beneath its label.
    fn labelled(&mut self, label: &str, bare: &str, text: &str) {
        const MARGIN: usize = 7;
        let lines = wrap(text, self.width.saturating_sub(MARGIN + 1));
        for (number, line) in lines.iter().enumerate() {
            let lead = if number == 0 { label } else { "" };
            let taken = if number == 0 { columns(bare) } else { 0 };
            let space = " ".repeat(MARGIN - taken);
            self.text.push_str(format!("{lead}{space}{line}").trim_end());
            self.text.push('\n');
        }
    }

    fn config(&mut self, error: &ConfigError) {
        let ConfigError::Syntax { file, line, column, message, excerpt } = error else {
            self.error(&error.to_string());
            return;
        };
        self.error(message);
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let bar = self.paint.dim("|");
        self.place(&format!("{}:{line}:{column}", file.display()), &margin);
        if let Some(excerpt) = excerpt {
            // The caret stands under the character, whatever is before it.
            let before: String = excerpt.chars().take(column.saturating_sub(1)).collect();
            let space = " ".repeat(columns(&visible_line(&before.replace(' ', "_"))));
            let excerpt = visible(excerpt).replace('\t', " ");
            self.text.push_str(&format!("{margin} {bar}\n"));
            self.text.push_str(&format!("{} {bar} {excerpt}\n", self.paint.dim(&number)));
            self.text.push_str(&format!("{margin} {bar} {space}{}\n", self.paint.bad("^")));
        }
        self.help(Some("`hotcell config schema` prints what a configuration can hold"));
    }

    fn failure(&mut self, error: &Error) {
        let failure = &error.failure;
        let message = visible(failure.message.trim_end());
        match &error.provider {
            Some(provider) => self.error(&format!("{provider}: {message}")),
            None => self.error(&message),
        }
        let mut details = vec![error.consequence().name.to_owned()];
        details.extend(failure.status.map(|status| format!("status {status}")));
        details.extend(failure.code.as_ref().map(|code| format!("code {code}")));
        details.extend(failure.param.as_ref().map(|param| format!("parameter {param}")));
        details.extend(failure.request_id.as_ref().map(|id| format!("request {id}")));
        let details = visible_line(&details.join(" · "));
        for line in wrap(&details, self.width.saturating_sub(8)) {
            self.text.push_str(&format!("       {}\n", self.paint.dim(&line)));
        }
        self.help(help(error).as_deref());
    }
}

/// What the caller can do about it: what the library knows, or what the kind of
/// failure leaves to do.
fn help(error: &Error) -> Option<String> {
    if let Some(help) = &error.help {
        return Some(help.clone());
    }
    let failure = &error.failure;
    let provider = error.provider.as_deref().unwrap_or("PROVIDER");
    let text = match failure.kind {
        FailureKind::Authentication if failure.status.is_none() => format!(
            "set the variable, or say where the key is with `secrets.NAME = \"env:…\"` under \
             [providers.{provider}]; `hotcell providers` shows what is looked for"
        ),
        FailureKind::Authentication | FailureKind::Permission => {
            "the provider does not take this key; `hotcell providers` says where it comes from"
                .to_owned()
        }
        FailureKind::RateLimited => match failure.retry_after_ms {
            Some(wait) => format!("try again in {} s", wait.div_ceil(1000)),
            None => "try again a little later".to_owned(),
        },
        FailureKind::QuotaExhausted => {
            "the account behind the key has no credit left; see the provider's billing page"
                .to_owned()
        }
        FailureKind::NotFound => format!("`hotcell models {provider}` lists its models"),
        FailureKind::TooLarge => "shorten the prompt, or attach less".to_owned(),
        FailureKind::Denied => {
            "the adapter asked for something that it was not granted; `hotcell adapter inspect` \
             shows its grant, and `-vv` what it asked for"
                .to_owned()
        }
        FailureKind::Unreachable => {
            "check the network and the provider's endpoint: `hotcell providers`".to_owned()
        }
        FailureKind::ProviderError | FailureKind::Overloaded => {
            "the fault is the provider's; try again a little later".to_owned()
        }
        _ => return None,
    };
    Some(text)
}
