//! The configuration: whether it can be read, and who else can write it.

use super::access::examine_writers;
use super::finding::{Area, Examination};
use crate::arguments::GlobalArguments;
use crate::problem::Problem;
use hotcell::{Config, Lock};
use std::path::Path;

const AREA: Area = Area::Configuration;

/// The configuration in force, where it can be read.
pub(super) fn examine(global: &GlobalArguments, examination: &mut Examination) -> Option<Config> {
    let files = match &global.config {
        Some(file) => vec![file.clone()],
        None => Config::default_files().into_iter().filter(|file| file.exists()).collect(),
    };
    for file in &files {
        examine_writers(file, "it says where keys are sent", AREA, examination);
        let lock = Lock::beside(file);
        examine_writers(&lock, "it says what adapters may do", AREA, examination);
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        examine_writers(
            folder,
            "who can write there can replace the configuration",
            AREA,
            examination,
        );
    }
    match super::super::configuration(global) {
        Ok(config) => {
            let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            let what = match names.is_empty() {
                true => "none, which is fine: the catalogue's providers can be used".to_owned(),
                false => names.join(", "),
            };
            examination.note_examined(AREA, what);
            Some(config)
        }
        Err(problem) => {
            let remedy =
                "what depends on it was not examined; `hotcell config check` shows the place";
            let what = match problem {
                Problem::Setup(error) => error.to_string(),
                _ => "it cannot be read".to_owned(),
            };
            examination.error(AREA, what, remedy);
            None
        }
    }
}
