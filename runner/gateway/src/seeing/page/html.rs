//! What the page says, for a person.

use super::inventory::Adapter;
use super::status::{Denials, Place, Provider, Request, Spend, Status};
use maud::{DOCTYPE, Markup, html};

/// Seconds after which a browser loads it anew.
const REFRESH: u32 = 5;

pub(super) fn page(status: &Status, still: bool) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if !still { meta http-equiv="refresh" content=(REFRESH); }
                title { "hotcell" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/status.css";
            }
            body {
                header {
                    h1 { "hotcell" }
                    p {
                        (status.version) " · up " (span(status.uptime_s))
                        @if let Some(memory) = status.memory { " · " (bytes(memory)) }
                        " · "
                        @if still { a href="/" { "follow" } } @else { a href="/?still" { "hold still" } }
                    }
                }
                (tiles(status))
                main {
                    (live(status.now.requests, &status.live))
                    (places(&status.models))
                    (providers(&status.providers))
                    (spend(&status.spend))
                    (denials(status.denials.as_ref()))
                    (audit(status))
                    (adapters(&status.adapters))
                }
                footer {
                    a href="/status.json" { "status.json" }
                    " · " a href="/metrics" { "metrics" }
                    " · " a href="/audit.json" { "audit.json" }
                }
            }
        }
    };
    page.into_string()
}

fn tiles(status: &Status) -> Markup {
    let (now, total) = (&status.now, &status.total);
    let denied = status.denials.as_ref().map(|denials| denials.total);
    html! {
        dl.tiles {
            (tile("Under way", &count(now.requests as u64), &format!("of {} places", now.places)))
            (tile("Streaming", &count(now.streaming as u64), &format!("{} waiting", now.waiting)))
            (tile("Requests", &count(total.requests), &format!("{} failed", count(total.failures))))
            (tile("Tokens", &count(total.input + total.output), &format!("{} in, {} out", count(total.input), count(total.output))))
            (tile("Spend", &dollars(total.cost), &match total.unpriced {
                0 => "since it began".to_owned(),
                unpriced => format!("{} without a price", count(unpriced)),
            }))
            (tile("Denials", &denied.map_or("–".to_owned(), count), match denied {
                Some(_) => "of what adapters asked for",
                None => "nobody watches the audit",
            }))
        }
    }
}

fn tile(name: &str, value: &str, about: &str) -> Markup {
    html! { div { dt { (name) } dd { strong { (value) } " " span { (about) } } } }
}

fn live(all: usize, listed: &[Request]) -> Markup {
    let rows = html! {
        @for it in listed {
            tr {
                td { (it.endpoint) }
                td { (it.model) }
                td { (it.deployment) }
                td { span class={ "state " (it.phase) } { (it.phase) } }
                td.number { (it.attempts) }
                td.number { (milliseconds(it.ms)) }
            }
        }
    };
    let heads = ["Endpoint", "Model", "Deployment", "Phase", "#Attempts", "#For"];
    html! {
        (table("Requests under way", &heads, listed.len(), rows, "Nobody is asking for anything."))
        @if all > listed.len() { p.note { "and " (count((all - listed.len()) as u64)) " younger ones" } }
    }
}

fn places(all: &[Place]) -> Markup {
    let rows = html! {
        @for it in all {
            tr {
                td { (it.model) }
                td { (it.deployment) }
                td {
                    span class={ "state " (it.state) } { (it.state) }
                    @if let Some(left) = it.cooling_ms { " " (milliseconds(left)) }
                }
                td.number { (it.busy) }
                td.number { @if let Some(ms) = it.latency_ms { (milliseconds(ms)) } @else { "–" } }
                td.number { (count(it.attempts)) }
                td.number { (count(it.failures)) }
                td.number { (count(it.cool_downs)) }
            }
        }
    };
    let heads =
        ["Model", "Deployment", "State", "#Busy", "#Begins in", "#Asked", "#Failed", "#Left alone"];
    let none = "No model is configured: clients ask for any provider/model.";
    table("Models", &heads, all.len(), rows, none)
}

fn providers(all: &[Provider]) -> Markup {
    let rows = html! {
        @for it in all {
            tr {
                td { (it.name) @if it.adapter != it.name { " " span.about { (it.adapter) } } }
                td {
                    @if let Some(problem) = &it.problem {
                        span.state.failed { "cannot be asked" } " " span.about { (problem) }
                    } @else if it.ready {
                        span.state.ready { "ready" }
                    } @else {
                        span.state { "lacks its key" }
                    }
                }
                td.number { (count(it.sums.requests)) }
                td.number { (count(it.sums.failures)) }
                td.number { (count(it.broken)) }
                td.number { (bytes(it.bytes_sent)) " / " (bytes(it.bytes_received)) }
                td.number { (dollars(it.sums.cost)) }
            }
        }
    };
    let heads =
        ["Provider", "State", "#Requests", "#Failed", "#Broke off", "#Sent / received", "#Spend"];
    table("Providers", &heads, all.len(), rows, "No provider has what it needs.")
}

fn spend(all: &[Spend]) -> Markup {
    let rows = html! {
        @for it in all {
            tr {
                td { (it.model) }
                td { (it.deployment) }
                td.number { (count(it.sums.requests)) }
                td.number { (count(it.sums.input)) }
                td.number { (count(it.sums.output)) }
                td.number { (dollars(it.sums.cost)) @if it.sums.unpriced > 0 { " " span.about { "+ " (count(it.sums.unpriced)) " unpriced" } } }
            }
        }
    };
    let heads = ["Model", "Deployment", "#Requests", "#Tokens in", "#Tokens out", "#Cost"];
    table("Spend", &heads, all.len(), rows, "Nothing was spent yet.")
}

fn denials(denials: Option<&Denials>) -> Markup {
    let listed = denials.map(|it| it.lately.as_slice()).unwrap_or_default();
    let rows = html! {
        @for it in listed {
            tr {
                td { time datetime=(it.time) { (it.time) } }
                td { (it.provider) }
                td { (it.adapter) }
                td { span.state.failed { (it.rule) } }
                td.words { (it.detail) }
                td { code { (it.request) } }
            }
        }
    };
    let heads = ["Time", "Provider", "Adapter", "Rule", "What", "Request"];
    table("Denials", &heads, listed.len(), rows, "No adapter was denied anything.")
}

/// What an auditor would look at.
fn audit(status: &Status) -> Markup {
    html! {
        section {
            h2 { "Audit" }
            p.note { "What every provider may do, and who says so: " a href="/audit.json" { "audit.json" } }
            @if let Some(problem) = &status.audit_problem { p { span.state.failed { (problem) } } }
            ul.findings {
                @for (severity, words) in &status.findings {
                    li { span class={ "state " (severity) } { (severity) } " " (words) }
                }
            }
        }
    }
}

fn adapters(all: &[Adapter]) -> Markup {
    html! {
        section {
            h2 { "Adapters" }
            @if all.is_empty() { p.note { "No adapter is in use." } }
            div.adapters { @for adapter in all { (card(adapter)) } }
        }
    }
}

fn card(adapter: &Adapter) -> Markup {
    let (light, heavy): (Vec<_>, Vec<_>) =
        adapter.capabilities.iter().partition(|it| it.severity == "low");
    html! {
        article {
            h3 { (adapter.name) " " span.about { (adapter.version) } }
            p.about {
                "granted by the " (adapter.granted)
                @if !adapter.providers.is_empty() { " · for " (adapter.providers.join(", ")) }
            }
            @if let Some(digest) = &adapter.digest { p.digest { code { (digest) } } }
            @if let Some(problem) = &adapter.problem { p { span.state.failed { (problem) } } }
            ul { @for it in &heavy { li class=(it.severity) { (it.words) } } }
            @if !light.is_empty() {
                details {
                    summary { "and " (light.len()) " that weigh little" }
                    ul { @for it in &light { li { (it.words) } } }
                }
            }
        }
    }
}

/// A table; a head that begins with `#` is of numbers.
fn table(title: &str, heads: &[&str], rows: usize, body: Markup, none: &str) -> Markup {
    html! {
        section {
            h2 { (title) }
            @if rows == 0 { p.note { (none) } } @else {
                div.scroll tabindex="0" role="region" aria-label=(title) {
                    table {
                        thead { tr {
                            @for head in heads {
                                @match head.strip_prefix('#') {
                                    Some(head) => th.number scope="col" { (head) },
                                    None => th scope="col" { (head) },
                                }
                            }
                        } }
                        tbody { (body) }
                    }
                }
            }
        }
    }
}

/// `1 234 567`
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            // Narrow, and no place to break a line.
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn dollars(amount: f64) -> String {
    match amount {
        0.0 => "$0".to_owned(),
        it if it < 0.01 => format!("${it:.6}"),
        it if it < 100.0 => format!("${it:.4}"),
        it => format!("${it:.2}"),
    }
}

fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn milliseconds(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", ms as f64 / 1e3),
        _ => span(ms / 1000),
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_amounts_are_not_rounded_away() {
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(999), "999");
        assert_eq!(dollars(0.000_037), "$0.000037");
        assert_eq!(milliseconds(61_000), "1 min 1 s");
    }
}
