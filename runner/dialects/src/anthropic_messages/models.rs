//! The list of models (<https://docs.anthropic.com/en/api/models-list>), and how large a
//! request is (<https://docs.anthropic.com/en/api/messages-count-tokens>).

use super::word;
use crate::json::{self, Members};
use hotcell::types::{Model, TokenCount};

/// Writes a list of models, all on one page.
pub fn write_models(models: &[Model]) -> Vec<u8> {
    let mut out = b"{\"data\":[".to_vec();
    for model in models {
        json::comma(&mut out);
        write(model, &mut out);
    }
    out.extend_from_slice(b"],\"has_more\":false");
    for (name, model) in [("first_id", models.first()), ("last_id", models.last())] {
        json::name(name, &mut out);
        match model {
            Some(model) => json::string(&model.id, &mut out),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
    out
}

/// Writes one model. What a provider of this dialect says beside it is kept.
pub fn write_model(model: &Model) -> Vec<u8> {
    let mut out = Vec::new();
    write(model, &mut out);
    out
}

/// Writes how large a request is.
pub fn write_count(count: &TokenCount) -> Vec<u8> {
    let mut out = vec![b'{'];
    json::count("input_tokens", count.input, &mut out);
    let rest = word::own(count.extra.as_ref()).unwrap_or_default();
    rest.without(&["input_tokens"]).write(&mut out);
    out.push(b'}');
    out
}

fn write(model: &Model, out: &mut Vec<u8>) {
    let raw = model.raw.as_deref().and_then(Members::of);
    let raw = raw.filter(|raw| raw.text("type").as_deref() == Some("model")).unwrap_or_default();
    out.push(b'{');
    json::text("type", "model", out);
    json::text("id", &model.id, out);
    json::text("display_name", model.name.as_deref().unwrap_or(&model.id), out);
    match raw.get("created_at") {
        Some(time) => json::raw("created_at", time, out),
        None => json::text("created_at", &time(model.created.unwrap_or(0)), out),
    }
    raw.without(&["type", "id", "display_name", "created_at"]).write(out);
    out.push(b'}');
}

/// Seconds since 1970 as RFC 3339 writes them.
fn time(seconds: u64) -> String {
    // The last second of the year 9999: the form has four digits.
    let seconds = seconds.min(253_402_300_799);
    let (days, clock) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March, so that the leap day is the last of its year; eras have 400.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = match month {
        0..10 => (era * 400 + year, month + 3),
        _ => (era * 400 + year + 1, month - 9),
    };
    let (hour, minute, second) = (clock / 3600, clock % 3600 / 60, clock % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_written_as_rfc_3339_does() {
        for (seconds, written) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_739_923_200, "2025-02-19T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (u64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(time(seconds), written);
        }
    }
}
