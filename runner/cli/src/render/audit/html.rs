//! An audit as a page to print and sign: one file, without scripts and with nothing to
//! fetch, which its own policy forbids besides.

use super::Block;
use super::content::{TITLE, blocks, made};
use hotcell::audit::{Finding, Report};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("audit.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub(crate) fn html(report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="content-security-policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "hotcell " (report.hotcell) };
                title { (TITLE) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (TITLE) }
                    p.made { (made(report)) }
                }
                main { @for block in blocks(report) { (part(&block)) } }
            }
        }
    };
    page.into_string() + "\n"
}

fn part(block: &Block<'_>) -> Markup {
    html! {
        @match block {
            Block::Section(title) => h2 { (title) },
            Block::Entry(name, about) => h3 { (name) " " span.about { (about) } },
            Block::Sentence(sentence) => p { (sentence) },
            Block::Facts(facts) => {
                dl {
                    @for (name, lines) in facts {
                        dt { (name) }
                        @for line in lines { dd { (line) } }
                    }
                }
            }
            Block::Findings(findings) => (table(findings)),
            Block::Signature => {
                p.signature { span { "Reviewed by" } span { "On" } }
            }
        }
    }
}

fn table(findings: &[Finding]) -> Markup {
    html! {
        table {
            thead { tr { th { "Severity" } th { "About" } th { "What" } th { "What to do" } } }
            tbody {
                @for finding in findings {
                    tr {
                        td { span class={ "severity " (finding.severity) } { (finding.severity) } }
                        td { (finding.subject) }
                        td { (finding.message) br; code { (finding.code) } }
                        td { (finding.remedy) }
                    }
                }
            }
        }
    }
}
