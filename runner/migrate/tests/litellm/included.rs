//! Files that a configuration includes.

use crate::read_beside;
use hotcell_migrate::Migrated;
use std::path::Path;

const MODELS: &str =
    "model_list:\n- { model_name: b, litellm_params: { model: openai/b, temperature: 1 } }\n";

fn good(text: &str, files: &[(&str, &str)]) -> Migrated {
    read_beside(text, files, &[]).unwrap_or_else(|error| panic!("{error:?}"))
}

fn models(migrated: &Migrated) -> String {
    let models = &migrated.config.gateway.as_ref().unwrap().models;
    models.keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn lists_go_on_and_of_everything_else_the_later_counts() {
    let text = "include: [./models/more.yaml, last.yaml]\n\
                model_list:\n- { model_name: a, litellm_params: { model: openai/a } }\n\
                router_settings: { num_retries: 1, cooldown_time: 7 }\n";
    let more = format!("include: [deep.yaml, ../config.yaml]\n{MODELS}");
    let deep = "model_list:\n- { model_name: c, litellm_params: { model: openai/c } }\n";
    let files = [
        ("models/more.yaml", more.as_str()),
        ("models/deep.yaml", deep),
        ("last.yaml", "router_settings: { num_retries: 5 }\n"),
        ("config.yaml", text),
    ];
    let migrated = good(text, &files);
    assert_eq!(models(&migrated), "a b c");
    let model = &migrated.config.gateway.as_ref().unwrap().models["a"];
    assert_eq!((model.retries, model.cool_down_ms), (Some(5), None));
    assert_eq!(model.deployments.len(), 1, "a file that includes itself is one");
    let included = ["models/more.yaml", "last.yaml", "models/deep.yaml"];
    assert_eq!(migrated.included, included.map(Path::new));
}

#[test]
fn what_is_said_has_the_file_and_the_line_of_it() {
    let text = "include:\n- more.yaml\nlitellm_settings: { drop_params: true }\n";
    let more = format!(
        "# models\n{MODELS}- model_name: k\n  litellm_params:\n    model: groq/k\n    api_key: gsk_hunter\n"
    );
    let migrated = good(text, &[("more.yaml", &more)]);
    let places: Vec<_> =
        migrated.notes.iter().map(|note| (note.file.as_deref(), note.line)).collect();
    let file = Some(Path::new("more.yaml"));
    assert_eq!(places, [(None, 3), (file, 3), (file, 7)], "{:?}", migrated.notes);
    let literal = &migrated.literals[0];
    assert_eq!((literal.file.as_deref(), literal.line), (file, 7));
}

#[test]
fn what_is_wrong_has_the_file_and_the_line_of_it() {
    let wrong = |text: &str, more: &str| {
        let error = read_beside(text, &[("more.yaml", more)], &[]).unwrap_err();
        let file = error.file.map(|file| file.display().to_string()).unwrap_or_default();
        format!("{file}:{}: {}", error.line, error.message)
    };
    let text = "a: 1\ninclude: [more.yaml]\n";
    assert_eq!(
        wrong(text, "model_list: {}\n"),
        "more.yaml:1: `model_list` has to be a list, and is a table"
    );
    assert!(
        wrong(text, "x: [\n").starts_with("more.yaml:2: is not YAML"),
        "{}",
        wrong(text, "x: [\n")
    );
    let absent = wrong("a: 1\ninclude:\n- other.yaml\n", "");
    assert_eq!(absent, ":3: other.yaml: is not there");
    let nested = wrong(text, "\ninclude: [other.yaml]\n");
    assert_eq!(nested, "more.yaml:2: other.yaml: is not there");
    assert!(wrong("include: more.yaml\n", "").starts_with(":1: `include` has to be a list"));
}

#[test]
fn a_file_is_read_once_and_there_is_an_end_to_files() {
    let migrated = good("include: [more.yaml, ./more.yaml]\n", &[("more.yaml", MODELS)]);
    assert_eq!(migrated.included.len(), 1);
    let names: Vec<String> = (0..120).map(|n| format!("{n}.yaml")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), "a: b\n")).collect();
    let text = format!("include: [{}]\n", names.join(", "));
    let error = read_beside(&text, &files, &[]).unwrap_err();
    assert!(error.message.contains("100 files"), "{error}");
}
