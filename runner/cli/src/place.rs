//! Where a setting stands in a configuration.

use std::path::PathBuf;
use toml::de::DeTable;

/// The file and the line of a setting, by the names of its tables and its own. Where a table has
/// not all of them, it is the last one that is there. Of several files the last counts, as it does
/// for what they say.
pub(crate) fn of(files: &[PathBuf], setting: &[&str]) -> Option<(PathBuf, usize)> {
    let found = files.iter().filter_map(|file| {
        let text = std::fs::read_to_string(file).ok()?;
        Some((line(&text, setting)?, file))
    });
    let ((_, line), file) = found.max_by_key(|((depth, _), _)| *depth)?;
    Some((file.clone(), line))
}

/// How many of these names are there, and the line of the last of them.
fn line(text: &str, setting: &[&str]) -> Option<(usize, usize)> {
    let document = DeTable::parse(text).ok()?;
    let (mut table, mut found) = (Some(document.get_ref()), None);
    for (depth, name) in (1..).zip(setting) {
        let entry = table.and_then(|table| table.iter().find(|(key, _)| key.get_ref() == name));
        let Some((key, value)) = entry else { break };
        found = Some((depth, key.span().start));
        table = value.get_ref().as_table();
    }
    let (depth, start) = found?;
    Some((depth, text.get(..start)?.matches('\n').count() + 1))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_setting_is_found_however_it_is_written() {
        let text = "# x\n[gateway]\nlimits.requests = 1\n\n[gateway.models.\"a.b\"]\n\
                    deployments = []\n[gateway]\n";
        assert_eq!(line(text, &["gateway"]), None, "not TOML: a table stands twice");
        let text = text.trim_end_matches("[gateway]\n");
        for (setting, found) in [
            (&["gateway"][..], Some((1, 2))),
            (&["gateway", "limits", "requests"], Some((3, 3))),
            (&["gateway", "models", "a.b"], Some((3, 5))),
            (&["gateway", "models", "other"], Some((2, 5))),
            (&["gateway", "limits", "requests", "more"], Some((3, 3))),
            (&["providers", "x"], None),
            (&[], None),
        ] {
            assert_eq!(line(text, setting), found, "{setting:?}");
        }
    }
}
