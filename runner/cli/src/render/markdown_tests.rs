use super::*;

fn plain(markdown: &str) -> String {
    render(markdown, 30, Paint::PLAIN).join("\n")
}

#[test]
fn every_kind_of_block_has_its_form() {
    let table: &[(&str, &str)] = &[
        ("# A\n\ntext", "# A\n\ntext"),
        ("one *two* **three** `four` ~~five~~", "one *two* **three** `four`\n~~five~~"),
        ("- a\n- b\n  - c\n", "• a\n• b\n  • c"),
        ("3. a\n4. b\n", "3. a\n4. b"),
        ("- a\n\n- b\n", "• a\n\n• b"),
        ("- [x] done\n- [ ] not", "• [x] done\n• [ ] not"),
        ("> said\n> by", "▏ said by"),
        ("```rust\nfn f() {\n\tx\n}\n```", "  rust\n  fn f() {\n      x\n  }"),
        ("a\n\n---\n\nb", "a\n\n──────────────────────────────\n\nb"),
        ("[docs](https://a.example/)", "docs (https://a.example/)"),
        ("<https://a.example/>", "https://a.example/"),
        ("| a | b |\n| - | -: |\n| x | 10 |", "a   b\n─────\nx  10"),
        ("a<br>b", "a<br>b"),
        ("line  \nbreak", "line\nbreak"),
    ];
    for (markdown, expected) in table {
        assert_eq!(plain(markdown), *expected, "{markdown:?}");
    }
}

#[test]
fn long_lines_are_wrapped_and_hang_under_their_mark() {
    assert_eq!(
        plain("- one two three four five six seven"),
        "• one two three four five six\n  seven"
    );
    let wide = "| name | what |\n| --- | --- |\n| a | one two three four five six seven eight |";
    assert!(plain(wide).lines().all(|line| columns(line) <= 30), "{}", plain(wide));
}

#[test]
fn code_is_not_wrapped() {
    let long = "x".repeat(60);
    assert_eq!(plain(&format!("```\n{long}\n```")), format!("  {long}"));
}

#[test]
fn what_could_steer_the_terminal_does_not_get_there() {
    for markdown in ["\u{1b}[2Jhello", "`\u{1b}]0;x\u{7}`", "```\n\u{9b}31m\n```"] {
        assert!(!plain(markdown).contains(['\u{1b}', '\u{7}', '\u{9b}']), "{markdown:?}");
    }
    // Entities are decoded by the parser, after the text was made safe.
    assert!(!plain("a &#27;[2J b").contains('\u{1b}'));
}

#[test]
fn the_last_block_is_never_settled() {
    assert_eq!(settled("one"), 0);
    assert_eq!(settled("one\n\ntwo\n"), 5);
    assert_eq!(settled("| a | b |\n| - | - |\n|"), 0);
    assert_eq!(settled("# a\n- b\n- c\n"), 4);
    assert_eq!(settled("```\nfn\n\nmain"), 0);
    assert_eq!(settled("a\n\n---\n"), 3);
}

#[test]
fn colours_stand_for_the_marks() {
    let lines = render("**a** `b`", 30, Paint::COLOURED).concat();
    assert_eq!(lines, "\u{1b}[1ma\u{1b}[0m \u{1b}[36mb\u{1b}[0m");
}
