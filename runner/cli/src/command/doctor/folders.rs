//! The folders that hotcell writes to.

use super::access::{access, examine_readers, examine_writers};
use super::finding::{Area, Examination};
use crate::problem::why;
use hotcell::{Config, LOCK_FILE, inspect_cache};
use std::path::Path;

pub(super) fn examine(config: Option<&Config>, examination: &mut Examination) {
    cache(examination);
    if let Some(config) = config {
        records(config, examination);
    }
}

/// The folder of compiled adapters, which is machine code that is run as it stands.
fn cache(examination: &mut Examination) {
    const AREA: Area = Area::Cache;
    let Some(folder) = hotcell::default_cache() else {
        let remedy = "set HOME or XDG_CACHE_HOME; without it every start compiles";
        examination.warn(AREA, "there is no folder to keep compiled adapters in", remedy);
        return;
    };
    let shown = folder.display();
    if access(&folder).is_none() {
        examination.note_examined(AREA, format!("{shown} is made with the first request"));
        return;
    }
    let kept = match inspect_cache(&folder) {
        Ok(kept) => kept,
        Err(error) => {
            let what = format!("{shown} is not used: {}", why(&error));
            let remedy = format!(
                "make it yours alone: `chmod 700 {shown}`; every start compiles until then"
            );
            examination.error(AREA, what, remedy);
            return;
        }
    };
    let probe = folder.join(format!("doctor.{}", std::process::id()));
    match std::fs::write(&probe, "").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => {}
        Err(error) => {
            let what = format!("{shown} cannot be written: {}", why(&error));
            examination.warn(
                AREA,
                what,
                "make room or give the right; every start compiles until then",
            );
        }
    }
    for spoilt in &kept.spoilt {
        let what = format!("{} is not what was written", spoilt.display());
        let remedy = "it is not used; remove it, and look at the disk if there are more";
        examination.warn(AREA, what, remedy);
    }
    let plural = if kept.whole == 1 { "" } else { "s" };
    examination.note_examined(AREA, format!("{shown}, {} compiled adapter{plural}", kept.whole));
}

/// The audit log, and transcripts.
fn records(config: &Config, examination: &mut Examination) {
    const AREA: Area = Area::Records;
    let mut examined = Vec::new();
    if let Some(audit) = &config.audit {
        let folder = audit.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let shown = folder.display();
        examined.push(audit.file.display().to_string());
        match access(folder) {
            Some(_) => {
                let why = "who can write there can replace the audit log";
                examine_writers(folder, why, AREA, examination);
            }
            None => examination.error(
                AREA,
                format!("the folder of the audit log, {shown}, is not there"),
                format!("`mkdir -p {shown}`: nothing is sent until then"),
            ),
        }
        examine_writers(&audit.file, "a record can be made of anything then", AREA, examination);
        examine_readers(&audit.file, "which tells who was asked and when", AREA, examination);
        if audit.rotate_bytes.is_some()
            && ["hotcell.toml", "config.toml", LOCK_FILE].iter().any(|it| folder.join(it).exists())
        {
            examination.warn(
                AREA,
                format!("the audit log is put aside beside the configuration, in {shown}"),
                "give it a folder of its own: a confined process can still write into that one",
            );
        }
    }
    if let Some(transcripts) = &config.transcripts {
        let folder = &transcripts.directory;
        examined.push(folder.display().to_string());
        examine_writers(
            folder,
            "they are not written to a folder that others can write",
            AREA,
            examination,
        );
        examine_readers(folder, "which holds prompts and answers", AREA, examination);
    }
    if !examined.is_empty() {
        examination.note_examined(AREA, examined.join(", "));
    }
}
