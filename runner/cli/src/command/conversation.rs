//! The interactive mode: a conversation, turn by turn.

use super::chat::usage_line;
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
use hotcell::types::{ChatRequest, Message, Part, Role};
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
    let mut conversation = Conversation {
        arguments: arguments.clone(),
        terminal,
        runner,
        runtime: runtime()?,
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

struct Conversation<'a> {
    arguments: ChatArguments,
    terminal: &'a Terminal,
    runner: Runner,
    runtime: Runtime,
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
                    self.terminal.note(&usage_line(&watched, self.terminal));
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
                    &problem,
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
