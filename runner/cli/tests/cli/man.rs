use crate::context::Context;
use std::collections::BTreeSet;

#[test]
fn each_command_has_a_page_and_no_page_is_of_what_is_hidden() {
    let context = Context::empty();
    let folder = context.home().join("man/man1");
    context.run(&["man", folder.to_str().unwrap()]).good();
    let pages = std::fs::read_dir(&folder).unwrap();
    let pages: BTreeSet<String> =
        pages.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    for name in ["hotcell.1", "hotcell-chat.1", "hotcell-serve.1", "hotcell-adapter-inspect.1"] {
        assert!(pages.contains(name), "{pages:?}");
    }
    assert!(!pages.contains("hotcell-man.1"), "{pages:?}");
    for name in pages {
        let page = std::fs::read_to_string(folder.join(&name)).unwrap();
        let title = name.strip_suffix(".1").unwrap();
        assert!(page.contains(&format!(".TH {title} 1")), "{name}");
        // What begins with a dot that nobody meant would vanish.
        for line in page.lines().filter(|line| line.starts_with(['.', '\''])) {
            let word = line.split([' ', '\\']).next().unwrap();
            let known = [
                ".ie", ".el", ".TH", ".SH", ".SS", ".PP", ".TP", ".RS", ".RE", ".br", ".IP", ".nf",
                ".fi",
            ];
            assert!(known.contains(&word), "{name}: {line}");
        }
    }
}
