//! The `hotcell` command line: it reads arguments, calls the library and shows what
//! comes back.

#![deny(unsafe_code)]

// Adapters that are linked in are for a benchmark, and this is the program that people run.
#[cfg(hotcell_native)]
compile_error!("`hotcell_native` is for tests/bench/gateway.sh: hotcell runs adapters in cells");

mod arguments;
mod attachment;
mod command;
mod composition;
mod demo;
mod journal;
mod nearest;
mod place;
mod problem;
mod prompt_line;
mod render;
mod request;
mod terminal;

use arguments::Arguments;
use clap::Parser;
use std::process::ExitCode;
use terminal::Terminal;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where nobody reads it, there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let terminal = Terminal::new(arguments.global.color);
    let at_once = arguments.serves().then_some(terminal.error_paint);
    journal::listen(arguments.global.verbose, at_once);
    let result = command::run(&arguments, &terminal);
    terminal.note_journal();
    let Err(problem) = result else { return ExitCode::SUCCESS };
    if !problem.was_said() {
        terminal.note(&if arguments.wants_json() {
            format!("{}\n", render::problem::document(&problem))
        } else {
            render::problem::page(&problem, terminal.error_width(), terminal.error_paint)
        });
    }
    ExitCode::from(problem.exit_code())
}
