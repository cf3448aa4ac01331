//! Who signed what runs, from an author's key to a caller's refusal.

use crate::context::{Context, Screen, assert_screen};
use crate::grants::{ask, world};
use serde_json::Value;

const VERSION: (&str, &str) = ("version = \"0.1.0\"", "version = \"0.1.1\"");

/// A publisher `acme` for the adapters `theirs` and `acme-*`, whose key is in `acme.key`.
/// Somebody else has a key too.
pub(crate) fn signed_world() -> Context {
    let context = world();
    let acme = key(&context, "acme.key");
    key(&context, "mallory.key");
    policy(
        &context,
        &format!(
            "[signatures.publishers.acme]\nadapters = ['theirs', 'acme-*']\nminisign = '{acme}'\n"
        ),
    );
    context
}

fn key(context: &Context, file: &str) -> String {
    let made = context.run(&["adapter", "key", file, "--no-password", "--json"]).good().json();
    made["minisign"].as_str().unwrap().to_owned()
}

pub(crate) fn policy(context: &Context, text: &str) {
    let file = context.project().join("hotcell.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let (before, _) = config.split_once("[signatures").unwrap_or((&config, ""));
    std::fs::write(&file, format!("{before}\n{text}")).unwrap();
}

pub(crate) fn sign(context: &Context, file: &str, key: &str) -> Screen {
    context.run(&["adapter", "sign", file, "--key", key])
}

fn add(context: &Context) -> Screen {
    context.run(&["adapter", "add", "first.wasm", "--name", "theirs", "--yes"])
}

/// What the audit log says last.
fn last_record(context: &Context) -> Value {
    let log = std::fs::read_to_string(context.project().join("a.jsonl")).unwrap();
    serde_json::from_str(log.lines().last().unwrap()).unwrap()
}

#[test]
fn what_its_publisher_signed_is_granted_and_runs() {
    let context = signed_world();
    sign(&context, "first.wasm", "acme.key").good();
    add(&context).good();
    let lock = std::fs::read_to_string(context.project().join("hotcell.lock")).unwrap();
    assert!(lock.contains("[adapters.theirs.signed-by]\npublisher = \"acme\""), "{lock}");
    assert_eq!(ask(&context).good().out, "You said: hi\n");
    let inspected = context.run(&["adapter", "inspect", "theirs", "--json"]).good().json();
    assert_eq!(inspected["signed"]["signer"]["publisher"], "acme");
}

#[test]
fn what_nobody_or_somebody_else_signed_is_not_granted() {
    let context = signed_world();
    let mut pages = String::new();
    let mut refused = |title: &str, screen: Screen| {
        assert_eq!(screen.code, Some(5), "{title}: {screen:?}");
        pages.push_str(&format!("=== {title}\n{}\n", screen.page()));
    };
    refused("not signed", add(&context));
    sign(&context, "first.wasm", "mallory.key").good();
    refused("by somebody else", add(&context));
    context.packed("other.wasm", &[VERSION]);
    sign(&context, "other.wasm", "acme.key").good();
    let (from, to) = ("other.wasm.minisig", "first.wasm.minisig");
    std::fs::copy(context.project().join(from), context.project().join(to)).unwrap();
    refused("of another version", add(&context));
    policy(&context, "[signatures]\nunsigned = 'refuse'\n");
    refused("by nobody that is named", add(&context));
    assert_screen!(context, "signatures_refused", pages);
    assert!(!context.project().join("hotcell.lock").exists());
    assert!(!context.home().join(".local").exists());
}

#[test]
fn a_signature_is_checked_at_every_load() {
    let context = signed_world();
    sign(&context, "first.wasm", "acme.key").good();
    add(&context).good();
    // It is compiled by now, and the next load finds it in the cache.
    ask(&context).good();
    let store = context.home().join(".local/share/hotcell/adapters");
    let signature = std::fs::read_dir(&store).unwrap().map(|file| file.unwrap().path());
    let signature = signature.into_iter().find(|file| file.extension().unwrap() == "minisig");
    let signature = signature.unwrap();
    let theirs = std::fs::read_to_string(&signature).unwrap();
    let refused = |title: &str| {
        let screen = ask(&context);
        assert_eq!(screen.code, Some(5), "{title}: {screen:?}");
        let record = last_record(&context);
        assert_eq!((&record["decision"], &record["rule"]), (&"denied".into(), &"signature".into()));
        assert!(record["digest"].as_str().unwrap().starts_with("sha256:"), "{record}");
        screen.err
    };
    std::fs::remove_file(&signature).unwrap();
    assert!(refused("removed").contains("it is not signed, and has to be by `acme`"));
    std::fs::write(&signature, theirs.replace("trusted comment: ", "trusted comment: not "))
        .unwrap();
    assert!(refused("edited").contains("not of these bytes"));
    std::fs::write(&signature, [b'x'; 8000]).unwrap();
    refused("too long");
    sign(&context, "first.wasm", "mallory.key").good();
    std::fs::copy(context.project().join("first.wasm.minisig"), &signature).unwrap();
    assert!(refused("somebody else's").contains("it is by another key"));
    assert_eq!(context.mock.take_requests().len(), 1);
    std::fs::write(&signature, theirs).unwrap();
    ask(&context).good();
}

#[test]
fn who_signed_once_signs_for_ever() {
    let context = signed_world();
    sign(&context, "first.wasm", "acme.key").good();
    add(&context).good();
    // Nobody is named any more, or somebody else of the same name.
    policy(&context, "");
    let screen = ask(&context);
    assert_eq!(screen.code, Some(5), "{screen:?}");
    assert!(screen.err.contains("it was granted as signed by `acme`"), "{screen:?}");
    let other = key(&context, "other.key");
    policy(
        &context,
        &format!("[signatures.publishers.acme]\nadapters = ['theirs']\nminisign = '{other}'\n"),
    );
    assert_eq!(ask(&context).code, Some(5));
    // A change of hands is said out loud.
    context.packed("next.wasm", &[VERSION]);
    sign(&context, "next.wasm", "other.key").good();
    let screen = context.run(&["adapter", "trust", "theirs", "next.wasm"]);
    assert_eq!(screen.code, Some(2));
    assert!(screen.err.contains("signed by `acme`, minisign:RW"), "{screen:?}");
    context.run(&["adapter", "trust", "theirs", "next.wasm", "--yes"]).good();
    ask(&context).good();
}

#[test]
fn an_adapter_of_the_configuration_has_to_be_signed_too() {
    let context = signed_world();
    let packed = context.run(&["adapter", "inspect", "first.wasm", "--json"]).good().json();
    let table = format!("[adapters.theirs]\npath = 'first.wasm'\ndigest = {}\n", packed["digest"]);
    let file = context.project().join("hotcell.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("[signatures", &format!("{table}\n[signatures"))).unwrap();
    let screen = ask(&context);
    assert_eq!(screen.code, Some(5), "{screen:?}");
    assert_eq!(last_record(&context)["rule"], "signature");
    sign(&context, "first.wasm", "acme.key").good();
    ask(&context).good();
}

#[cfg(unix)]
#[test]
fn a_secret_key_is_its_owners_and_never_written_over() {
    use std::os::unix::fs::PermissionsExt;
    let context = signed_world();
    let key = context.project().join("acme.key");
    let before = std::fs::read(&key).unwrap();
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let again = context.run(&["adapter", "key", "acme.key", "--no-password"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert_eq!(std::fs::read(&key).unwrap(), before);
    // One with a password.
    context.file("password", "open sesame\n");
    let made = context.run(&["adapter", "key", "safe.key", "--password-file", "password"]).good();
    assert!(made.out.contains("[signatures.publishers."), "{made:?}");
    let without = sign(&context, "first.wasm", "safe.key");
    assert_eq!(without.code, Some(2));
    let sign_with = |password: &str| {
        let key = ["adapter", "sign", "first.wasm", "--key", "safe.key"];
        context.run(&[&key[..], &["--password-file", password]].concat())
    };
    context.file("wrong", "open barley\n");
    let wrong = sign_with("wrong");
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    sign_with("password").good();
    // Only adapters are signed, and only with keys.
    let no_adapter = sign(&context, "hotcell.toml", "acme.key");
    let no_key = sign(&context, "first.wasm", "acme.key.pub");
    let nobody = context.run(&["adapter", "key", "another.key"]);
    let pages = [
        ("exists", again),
        ("protected", without),
        ("wrong password", wrong),
        ("no adapter", no_adapter),
        ("no key", no_key),
        ("nobody to ask", nobody),
    ]
    .map(|(title, screen)| format!("=== {title}\n{}\n", screen.page()));
    assert_screen!(context, "signatures_keys", pages.concat());
}

/// Other programs have files of such names too.
#[test]
fn what_lies_beside_an_adapter_is_of_no_concern_where_nobody_has_to_sign() {
    let context = world();
    context.file("first.wasm.sig", [b'x'; 8000]);
    let inspect = |name: &str| context.run(&["adapter", "inspect", name]);
    assert!(inspect("first.wasm").good().out.contains("by nobody"));
    add(&context).good();
    inspect("theirs").good();
    ask(&context).good();
}
