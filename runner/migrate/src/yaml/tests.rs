use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<Node, ReadError> {
    super::read(text, &mut 0)
}

fn wrong(text: &str) -> ReadError {
    match read(text) {
        Ok(_) => panic!("{text:.60} is accepted"),
        Err(error) => error,
    }
}

fn at<'a>(node: &'a Node, path: &[&str]) -> &'a Node {
    path.iter().fold(node, |node, key| node.table("a test").unwrap().get(key).unwrap())
}

#[test]
fn values_have_their_lines_and_stay_text() {
    let node = read("# one\na: 20_000\nb:\n  c: 'no'\n  d: no\nlist:\n- x\n- ~\n").unwrap();
    assert_eq!((at(&node, &["a"]).line, at(&node, &["a"]).text("a").unwrap()), (2, "20_000"));
    assert_eq!(at(&node, &["b", "c"]).line, 4);
    assert_eq!(at(&node, &["b", "d"]).truth(), Some(false));
    let list = at(&node, &["list"]).list("list").unwrap();
    assert_eq!(list.len(), 2);
    assert!(matches!(list[1].value, Value::Null));
    assert!(read("").is_ok_and(|node| node.is_off()));
    assert!(read("\u{feff}a: b").is_ok());
}

#[test]
fn anchors_and_merges_are_what_they_stand_for() {
    let text = "base: &base\n  a: 1\n  b: 2\nmore: &more { c: 3, a: 9 }\n\
                one:\n  <<: *base\n  b: 5\ntwo:\n  b: 6\n  <<: [*base, *more]\n";
    let node = read(text).unwrap();
    let said = |path: &[&str]| at(&node, path).text("a test").unwrap().to_owned();
    assert_eq!([said(&["one", "a"]), said(&["one", "b"])], ["1", "5"]);
    assert_eq!([said(&["two", "a"]), said(&["two", "b"]), said(&["two", "c"])], ["1", "6", "3"]);
}

#[test]
fn hostile_documents_are_refused_with_a_line() {
    let table = [
        ("a: 1\nb: 2\na: 3\n", 3, "twice, first in line 1"),
        ("a: !!python/object/apply:os.system ['id']\n", 1, "tag"),
        ("a: !secret x\n", 1, "tag"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: [1, 2\n", 2, "not YAML"),
        ("a:\n\t- b\n", 2, "not YAML"),
        ("a: *nobody\n", 1, "not YAML"),
        ("a: &a [ *a ]\n", 1, "stands for something that it is in"),
        ("? [a]\n: b\n", 1, "key has to be a text"),
        ("a: 1\n<<: 7\n", 2, "takes over the entries"),
    ];
    for (text, line, part) in table {
        let error = wrong(text);
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
    }
}

#[test]
fn what_aliases_repeat_is_counted() {
    let mut text = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..=12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("b{level}: &a{level} [{}]\n", before.trim_end_matches(", ")));
    }
    assert!(wrong(&text).message.contains("aliases"));
    let merges =
        "a: &a { b: c }\n".to_owned() + &format!("d: {{ <<: [{}] }}\n", "*a, ".repeat(NODES));
    assert!(wrong(&merges).message.contains("values"));
}

#[test]
fn depth_and_size_have_an_end() {
    assert!(wrong(&"[".repeat(DEPTH + 1)).message.contains("levels"));
    // The parser has a bound of its own, for what it has to look ahead through.
    assert!(!wrong(&"[".repeat(100_000)).message.is_empty());
    let mut steps = String::new();
    for depth in 0..=DEPTH {
        steps.push_str(&format!("{}a:\n", " ".repeat(depth)));
    }
    assert!(wrong(&steps).message.contains("levels"));
    assert!(wrong(&"a".repeat(BYTES + 1)).message.contains("larger"));
    // Every key is another one: what is looked up among them is looked up quickly.
    let keys: String = (0..150_000).map(|key| format!("k{key}: 1\n")).collect();
    assert!(read(&keys).is_ok());
}

#[test]
fn numbers_are_those_of_the_older_yaml() {
    for (text, expected) in [
        ("20_000", Some(20_000.0)),
        ("0.5", Some(0.5)),
        ("1e3", Some(1000.0)),
        (".5", Some(0.5)),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("ten", None),
        ("", None),
    ] {
        assert_eq!(number(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_the_text_there_is_an_answer(text in "([a-c&*<!|>'\"{}\\[\\],:#?%@`~ \t\n-]|os.environ/A|---|<<: ){0,80}") {
        let _ = read(&text);
    }

    #[test]
    fn whatever_the_characters_there_is_an_answer(text in any::<String>()) {
        let _ = read(&text);
    }
}
