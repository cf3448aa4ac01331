//! An audit as Markdown.

use super::Block;
use super::content::{TITLE, blocks, made};
use hotcell::audit::Report;

pub(crate) fn markdown(report: &Report) -> String {
    let mut page = format!("# {TITLE}\n\n{}\n", plain(&made(report)));
    for block in blocks(report) {
        match block {
            Block::Section(title) => page.push_str(&format!("\n## {title}\n\n")),
            Block::Entry(name, about) => {
                page.push_str(&format!("\n### {} {}\n\n", plain(&name), plain(&about)));
            }
            Block::Sentence(sentence) => page.push_str(&format!("{}\n", plain(&sentence))),
            Block::Facts(facts) => {
                page.push_str("| | |\n| --- | --- |\n");
                for (name, lines) in facts {
                    let lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
                    page.push_str(&format!("| {name} | {} |\n", lines.join("<br>")));
                }
            }
            Block::Findings(findings) => {
                page.push_str(
                    "\n| severity | about | what | what to do |\n| --- | --- | --- | --- |\n",
                );
                for finding in findings {
                    page.push_str(&format!(
                        "| **{}** | {} | {} ({}) | {} |\n",
                        finding.severity,
                        plain(&finding.subject.to_string()),
                        plain(&finding.message),
                        finding.code,
                        plain(&finding.remedy),
                    ));
                }
            }
            Block::Signature => {
                page.push_str("\nReviewed by: ____________________ on: __________\n")
            }
        }
    }
    page
}

/// Text that stays what it is: on one line, with nothing in it that Markdown or HTML reads.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' | '@' => {
                plain.push('\\');
                plain.push(c);
            }
            _ if c.is_control() => plain.push(' '),
            _ => plain.push(c),
        }
    }
    // What looks like a link is made one by many readers.
    plain.replace("://", ":&#8203;//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_text() {
        let hostile = "a|b <img src=x> [x](https://evil.example) `c` *d*\n# e @all";
        assert_eq!(
            plain(hostile),
            "a\\|b &lt;img src=x&gt; \\[x\\](https:&#8203;//evil.example) \\`c\\` \\*d\\* \\# e \\@all"
        );
    }
}
