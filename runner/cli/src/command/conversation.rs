//! The interactive mode: a conversation, turn by turn.

use super::chat::{cost, usage_line};
use super::confine::confine;
use super::providers::is_ready;
use super::view::View;
use super::watch::watch;
use super::{runtime, with_key_help};
use crate::arguments::{ChatArguments, GlobalArguments};
use crate::attachment;
use crate::problem::Problem;
use crate::prompt_line::{PromptLine, Typed};
use crate::render;
use crate::request;
use crate::terminal::Terminal;
use hotcell::Runner;
use hotcell::confinement::{Measure, Outcome};
use hotcell::egress::SecretSource;
use hotcell::types::{ChatRequest, Message, Part, Role};
use std::path::PathBuf;
use tokio::runtime::Runtime;

/// What can be typed besides a prompt, and what it does.
pub(crate) const COMMANDS: [(&str, &str); 7] = [
    ("/help", "show this"),
    ("/model [NAME]", "show or change the model"),
    ("/system [TEXT]", "show or change the instructions; `-` removes them"),
    ("/file PATH", "attach a file to the next prompt"),
    ("/clear", "forget the conversation so far"),
    ("/usage", "say after each answer what it took, or no longer"),
    ("/exit", "leave (so does Ctrl-D)"),
];

/// Why a provider cannot be asked in a conversation that has begun.
const CONFINED_PROVIDER: &str = "its key was not read before this process confined itself; begin \
    with `hotcell chat -m`, or with `--confinement off`";

/// Why a file cannot be read in a conversation that has begun.
const CONFINED_FILE: &str = "this process has confined itself to files of the folder that it began \
    in, and to none where that is your home; attach others with `hotcell chat -f`, or begin with \
    `--confinement off`";

/// Talks until the user leaves.
pub(crate) fn run(
    arguments: &ChatArguments,
    global: &GlobalArguments,
    request: ChatRequest,
    model: String,
    runner: Runner,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let mut line = PromptLine::open(terminal)?;
    let prepared = prepare(&runner, &model, &line)?;
    let mut conversation = Conversation {
        arguments: arguments.clone(),
        terminal,
        runner,
        runtime: runtime()?,
        prepared,
        model,
        request,
        attached: Vec::new(),
        with_usage: arguments.output.usage || global.verbose > 0,
    };
    conversation.say(&format!("{} · /help says what you can type", conversation.model))?;
    let result = loop {
        match line.read() {
            Ok(Typed::Nothing) => {}
            Ok(Typed::Leave) => break Ok(()),
            Ok(Typed::Command(command)) => match conversation.command(&command) {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(problem) => break Err(problem),
            },
            Ok(Typed::Prompt(text)) => {
                if let Err(problem) = conversation.turn(text) {
                    break Err(problem);
                }
            }
            Err(problem) => break Err(problem),
        }
    };
    conversation.runtime.shutdown_background();
    result
}

/// Confines the conversation to what can come up in it: the providers whose keys are read
/// without a program, the history, and files of the folder that it began in, which can be
/// attached. Where all of home is in that folder, it holds what is nobody else's business:
/// then files are attached with `-f` only. Gives the providers that can be asked.
fn prepare(
    runner: &Runner,
    model: &str,
    line: &PromptLine,
) -> Result<Option<Vec<String>>, Problem> {
    let mut providers: Vec<String> =
        model.split_once('/').map(|(it, _)| it.into()).into_iter().collect();
    for known in runner.providers_at_rest() {
        let mut sources = known.secrets.iter().filter_map(|secret| secret.source.as_ref());
        let needs_program = sources.any(SecretSource::is_program);
        if is_ready(&known) && !needs_program && !providers.contains(&known.name) {
            providers.push(known.name);
        }
    }
    // Another model of theirs may need another adapter.
    let asked = providers.iter().map(|provider| (provider.as_str(), None));
    let report = confine(runner, asked, |mut needed| {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        if let Ok(here) = std::env::current_dir()
            && !home.is_some_and(|home| home.starts_with(&here))
        {
            needed = needed.read(here);
        }
        match line.folder() {
            Some(folder) => needed.write(folder),
            None => needed,
        }
    })?;
    let is_active = |measure| report.outcome(measure) == Some(&Outcome::Active);
    let is_confined = is_active(Measure::Files) || is_active(Measure::SystemCalls);
    Ok(is_confined.then_some(providers))
}

struct Conversation<'a> {
    arguments: ChatArguments,
    terminal: &'a Terminal,
    runner: Runner,
    runtime: Runtime,
    /// The providers that can be asked, where the process has confined itself.
    prepared: Option<Vec<String>>,
    model: String,
    /// Everything said so far.
    request: ChatRequest,
    /// What goes with the next prompt.
    attached: Vec<Part>,
    with_usage: bool,
}

impl Conversation<'_> {
    /// One prompt and its answer. What goes wrong with it is shown, and the
    /// conversation goes on without it.
    fn turn(&mut self, text: String) -> Result<(), Problem> {
        let mut parts = self.attached.clone();
        parts.push(Part::plain(text));
        request::ask(&mut self.request, parts);
        let mut view =
            View::new(&self.arguments.output, self.arguments.schema.is_some(), self.terminal);
        let work = watch(&self.runner, &self.model, self.request.clone(), &mut view, self.terminal);
        match self.runtime.block_on(work) {
            Ok(watched) => {
                if self.with_usage {
                    let cost = cost(&watched, &self.runner, &self.model);
                    self.terminal.note(&usage_line(&watched, cost, self.terminal));
                }
                self.attached.clear();
                let first = watched.collected.choices.into_iter().next().unwrap_or_default();
                self.request.messages.push(Message::new(Role::Assistant, first.parts));
            }
            Err(Problem::Output(error)) => return Err(Problem::Output(error)),
            Err(problem) => {
                self.request.messages.pop();
                let text = match with_key_help(problem, &self.runner) {
                    Problem::Interrupted => self.dim("· stopped; this turn is forgotten\n"),
                    problem => render::problem::page(
                        &problem,
                        self.terminal.error_width(),
                        self.terminal.error_paint,
                    ),
                };
                self.terminal.note(&text);
            }
        }
        self.terminal.print("\n")
    }

    /// Does what a line that begins with `/` says; false to leave.
    fn command(&mut self, line: &str) -> Result<bool, Problem> {
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match name {
            "/exit" | "/quit" => return Ok(false),
            "/help" => {
                let facts = COMMANDS.map(|(name, what)| (name, what.to_owned()));
                self.terminal.print(&render::table::facts(&facts, 2, self.terminal.paint))?;
                self.say("a line that ends with \\ goes on in the next; Ctrl-C stops an answer")?;
            }
            "/clear" => {
                self.request.messages.retain(|message| message.role == Role::System);
                self.attached.clear();
                self.say("forgotten")?;
            }
            "/model" if rest.is_empty() => self.say(&self.model.clone())?,
            "/model"
                if rest.split_once('/').is_some_and(|(p, m)| !p.is_empty() && !m.is_empty()) =>
            {
                if !self.can_ask(rest) {
                    return self.say(&format!("{rest}: {CONFINED_PROVIDER}")).map(|()| true);
                }
                self.model = rest.to_owned();
                self.say(&format!("from here on {rest}"))?;
            }
            "/model" => self.say("a model is provider/model, as in openai/gpt-4o-mini")?,
            "/system" => self.system(rest)?,
            "/file" if rest.is_empty() => self.say("/file PATH")?,
            "/file" => match attachment::read(rest) {
                Ok(part) => {
                    self.attached.push(part);
                    self.say(&format!("{rest} goes with the next prompt"))?;
                }
                Err(problem) => self.terminal.note(&render::problem::page(
                    &if self.is_confined_from(rest) {
                        problem.with_help(CONFINED_FILE)
                    } else {
                        problem
                    },
                    self.terminal.error_width(),
                    self.terminal.error_paint,
                )),
            },
            "/usage" => {
                self.with_usage = !self.with_usage;
                self.say(if self.with_usage { "usage is shown" } else { "usage is not shown" })?;
            }
            _ => {
                let known = COMMANDS.iter().filter_map(|(known, _)| known.split(' ').next());
                match crate::nearest::nearest(name, known) {
                    Some(known) => self.say(&format!("there is no {name}; is it {known}?"))?,
                    None => self.say(&format!("there is no {name}; /help lists what there is"))?,
                }
            }
        }
        Ok(true)
    }

    /// Whether the provider of a model was prepared, where that matters. One that does not
    /// exist is told by the request.
    fn can_ask(&self, model: &str) -> bool {
        let provider = model.split('/').next().unwrap_or_default();
        let is_known =
            || self.runner.providers_at_rest().iter().any(|known| known.name == provider);
        match &self.prepared {
            Some(prepared) => prepared.iter().any(|known| known == provider) || !is_known(),
            None => true,
        }
    }

    /// Whether a file may be out of reach because of what this process did to itself.
    fn is_confined_from(&self, file: &str) -> bool {
        let denied = |error: std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
        self.prepared.is_some() && std::fs::File::open(file).is_err_and(denied)
    }

    fn system(&mut self, text: &str) -> Result<(), Problem> {
        let messages = &mut self.request.messages;
        let has = messages.first().is_some_and(|message| message.role == Role::System);
        if text.is_empty() {
            let told = messages.first().filter(|_| has).and_then(|message| message.parts.first());
            let told = match told {
                Some(Part::Text(text)) => text.text.clone(),
                _ => "no instructions".to_owned(),
            };
            return self.say(&told);
        }
        if has {
            messages.remove(0);
        }
        if text == "-" {
            return self.say("the instructions are gone");
        }
        messages.insert(0, Message::system(text));
        self.say("the instructions hold from the next prompt on")
    }

    fn say(&self, text: &str) -> Result<(), Problem> {
        let text = render::text::visible(text);
        self.terminal.print(&format!("{}\n", self.terminal.paint.dim(&text)))
    }

    fn dim(&self, text: &str) -> String {
        self.terminal.error_paint.dim(text)
    }
}
