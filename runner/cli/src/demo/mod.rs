//! `hotcell demo`.
use crate::arguments::DemoArguments;
use crate::problem::Problem;
use crate::terminal::Terminal;

pub(crate) fn run(_arguments: &DemoArguments, _terminal: &Terminal) -> Result<(), Problem> {
    Ok(())
}
