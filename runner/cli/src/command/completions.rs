use crate::arguments::{Arguments, CompletionsArguments};
use crate::problem::Problem;
use crate::terminal::Terminal;
use clap::CommandFactory;

pub(crate) fn run(arguments: &CompletionsArguments, terminal: &Terminal) -> Result<(), Problem> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "hotcell", &mut script);
    terminal.print(&String::from_utf8_lossy(&script))
}
