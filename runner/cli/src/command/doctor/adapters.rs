//! The adapters that somebody agreed to: whether each is there, and still the same.

use super::access::examine_writers;
use super::finding::{Area, Examination};
use hotcell::{Config, Store, StoreError};

const AREA: Area = Area::Adapters;

pub(super) fn examine(config: &Config, examination: &mut Examination) {
    let Some(store) = Store::of_the_user() else {
        let remedy = "set HOME or XDG_DATA_HOME";
        examination.warn(AREA, "there is no folder to keep adapters in", remedy);
        return;
    };
    let why = "who can write there can remove what you agreed to";
    examine_writers(store.directory(), why, AREA, examination);
    for (name, granted) in &config.lock.adapters {
        let Err(error) = store.get(&granted.digest) else { continue };
        let remedy = match error {
            StoreError::Changed { .. } => {
                "find out who wrote there before you trust it again".to_owned()
            }
            _ => format!("get it again with `hotcell adapter trust {name} FILE`"),
        };
        examination.error(AREA, format!("adapter `{name}`: {error}"), remedy);
    }
    let agreed = config.lock.adapters.len();
    let what = match agreed {
        0 => "the bundled ones".to_owned(),
        1 => "the bundled ones, and one that was agreed to".to_owned(),
        agreed => format!("the bundled ones, and {agreed} that were agreed to"),
    };
    examination.note_examined(AREA, what);
}
