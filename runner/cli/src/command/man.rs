use crate::arguments::{Arguments, ManArguments};
use crate::problem::{Problem, why};
use clap::CommandFactory;
use std::io;
use std::path::Path;

pub(crate) fn run(arguments: &ManArguments) -> Result<(), Problem> {
    let folder = &arguments.folder;
    write(folder).map_err(|error| {
        Problem::usage(format!("cannot write to {}: {}", folder.display(), why(&error)))
    })
}

fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Arguments::command(), folder)
}
