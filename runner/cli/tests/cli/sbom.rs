//! What adapters and the runner are built from, as a user gets it.

use crate::context::{Context, Screen, assert_screen, module};
use crate::schema::{cyclonedx_faults, spdx_faults};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn advisory(id: &str, name: &str, fixed: &str) -> Value {
    json!({
        "id": id,
        "summary": "Reads \u{1b}[2J further",
        "affected": [{
            "package": { "ecosystem": "crates.io", "name": name },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }],
    })
}

#[test]
fn every_bill_is_what_its_schema_says() {
    let context = Context::new();
    context.packed("silent.wasm", &[]);
    context.run(&["adapter", "add", "silent.wasm", "--name", "theirs", "--yes"]).good();
    context.file("advisories.json", advisory("RUSTSEC-2026-0001", "memchr", "99.0.0").to_string());
    for which in ["openai", "theirs", "silent.wasm", "--all"] {
        for format in ["cyclonedx", "spdx"] {
            let arguments = ["sbom", which, "--format", format, "--advisories", "advisories.json"];
            let document = context.run(&arguments).good().json();
            let faults = match format {
                "cyclonedx" => cyclonedx_faults(&document),
                _ => spdx_faults(&document),
            };
            assert_eq!(faults, [""; 0], "{which} {format}");
        }
    }
}

#[test]
fn an_adapters_bill_has_what_its_component_states() {
    let context = Context::empty();
    let stated = context.run(&["adapter", "inspect", "openai", "--json"]).good().json();
    let stated: BTreeSet<String> = stated["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| package["root"].is_null())
        .map(|package| format!("{} {}", package["name"], package["version"]))
        .collect();
    assert!(stated.len() > 5, "{stated:?}");
    let bill = context.run(&["sbom", "openai"]).good().json();
    let components = bill["components"].as_array().unwrap();
    let billed: BTreeSet<String> =
        components.iter().map(|one| format!("{} {}", one["name"], one["version"])).collect();
    assert_eq!(billed, stated);
    let of = |name: &str| components.iter().find(|one| one["name"] == name).unwrap();
    assert_eq!(of("memchr")["licenses"][0]["expression"], "Unlicense OR MIT");
    assert_eq!(of("memchr")["hashes"][0]["content"].as_str().unwrap().len(), 64);
    assert_eq!(of("hotcell-sdk")["licenses"][0]["expression"], "Apache-2.0");
    assert_eq!(of("hotcell-sdk").get("purl"), None);
    let digest = bill["metadata"]["component"]["hashes"][0]["content"].as_str().unwrap();
    assert_eq!(format!("sha256:{digest}"), hotcell::bundle::adapter("openai").unwrap().digest);
}

#[test]
fn the_whole_bill_has_the_runner_and_every_adapter() {
    let context = Context::new();
    context.packed("theirs.wasm", &[("name = \"openai\"", "name = \"theirs\"")]);
    context.run(&["adapter", "add", "theirs.wasm", "--yes"]).good();
    let bill = context.run(&["sbom", "--all"]).good().json();
    let runner = &bill["metadata"]["component"];
    assert_eq!((&runner["name"], &runner["type"]), (&json!("hotcell"), &json!("application")));
    let components = bill["components"].as_array().unwrap();
    let names: BTreeSet<&str> =
        components.iter().map(|one| one["name"].as_str().unwrap()).collect();
    for name in ["anthropic", "openai", "theirs", "hotcell-egress", "wasmtime", "rustls"] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    // What only tests and builds need is not in the program.
    for name in ["proptest", "insta", "jsonschema", "syn", "hotcell-tests"] {
        assert!(!names.contains(name), "{name}");
    }
    let dependencies = bill["dependencies"].as_array().unwrap();
    let needs = |name: &str| {
        let is_it = |one: &&Value| one["ref"].as_str().unwrap().starts_with(name);
        dependencies.iter().find(is_it).unwrap()["dependsOn"].to_string()
    };
    for name in ["anthropic@", "openai@", "theirs@", "/hotcell@"] {
        assert!(needs("hotcell@").contains(name), "{name}");
    }
    let theirs = components.iter().find(|one| one["name"] == "theirs").unwrap();
    assert_eq!(bill["compositions"][0]["dependencies"], json!([theirs["bom-ref"]]));
}

#[test]
fn a_claim_is_called_a_claim() {
    let context = Context::empty();
    let packages = json!([
        { "name": "a", "version": "1.0.0", "source": "local", "root": true, "dependencies": [1, 2] },
        { "name": "memchr", "version": "2.8.3", "source": "crates.io" },
        // Called like one of ours, and none of it.
        { "name": "hotcell-sdk", "version": "0.1.0", "source": "local" },
    ]);
    context.claiming("claims.wasm", &packages);
    context.packed("silent.wasm", &[]);
    let said = |bill: &Value| bill["metadata"]["component"]["properties"][0]["value"].clone();
    let claims = context.run(&["sbom", "claims.wasm"]).good().json();
    assert_eq!(said(&claims), "stated by whoever built the component; not built again");
    let of = |name: &str| {
        claims["components"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()
    };
    assert_eq!(of("hotcell-sdk").get("licenses"), None);
    // A version in a registry is the same for everybody.
    assert_eq!(of("memchr")["licenses"][0]["expression"], "Unlicense OR MIT");
    let silent = context.run(&["sbom", "silent.wasm"]).good().json();
    assert_eq!(said(&silent), "the component does not state what it is built from");
    let own = context.run(&["sbom", "openai"]).good().json();
    assert_eq!(said(&own), "written down when this program was built");
    for (file, words) in [
        ("claims.wasm", "as whoever built it states; `hotcell adapter verify` shows"),
        ("silent.wasm", "it does not state what it is built from"),
    ] {
        let page = context.run(&["adapter", "inspect", file]).good().out;
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains(words), "{page}");
    }
}

#[test]
fn the_same_bill_is_the_same_file_and_its_time_is_one_that_was_given() {
    let context = Context::empty();
    let bill = |format: &str, time: Option<&str>| -> Screen {
        let mut command = context.command(&["sbom", "--all", "-f", format]);
        command.envs(time.map(|time| ("SOURCE_DATE_EPOCH", time)));
        context.run_command(command, b"")
    };
    assert_eq!(bill("cyclonedx", None).good().out, bill("cyclonedx", None).good().out);
    assert!(!bill("cyclonedx", None).out.contains("timestamp"));
    let at = Some("1792152000");
    for format in ["cyclonedx", "spdx"] {
        let out = bill(format, at).good().out;
        assert_eq!(out, bill(format, at).good().out);
        assert!(out.contains("\"2026-10-16T12:00:00Z\""), "{format}");
    }
    for time in ["", "noon", "-1", "1.5", "253402300800", "99999999999999999999"] {
        let screen = bill("spdx", Some(time));
        assert_eq!((screen.code, screen.out.as_str()), (Some(2), ""), "{time}");
        assert!(screen.err.contains("SOURCE_DATE_EPOCH"), "{screen:?}");
    }
    context.run(&["sbom", "openai", "-o", "bill.json"]).good();
    let file = std::fs::read_to_string(context.project().join("bill.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(file, context.run(&["sbom", "openai"]).good().json());
}

#[test]
fn advisories_are_told_where_a_database_is_given() {
    let context = Context::empty();
    std::fs::create_dir(context.project().join("db")).unwrap();
    context.file("db/1.json", advisory("RUSTSEC-2026-0001", "memchr", "99.0.0").to_string());
    context.file("db/2.json", advisory("RUSTSEC-2026-0002", "memchr", "0.1.0").to_string());
    let screen = context.run(&["sbom", "openai", "--advisories", "db"]).good();
    let vulnerabilities = screen.json()["vulnerabilities"].clone();
    assert_eq!(vulnerabilities.as_array().unwrap().len(), 1);
    assert_eq!(vulnerabilities[0]["id"], "RUSTSEC-2026-0001");
    assert!(screen.err.starts_with("RUSTSEC-2026-0001: memchr 2."), "{screen:?}");
    assert!(!screen.err.contains('\u{1b}'), "{screen:?}");
    // Nothing was asked, so nothing is said: not even that there is none.
    assert_eq!(context.run(&["sbom", "openai"]).good().json().get("vulnerabilities"), None);

    context.file("broken.json", "{\"id\": 1}");
    context.file("other.json", "[]");
    let mut pages = String::new();
    for arguments in [
        &["sbom", "openai", "--advisories", "absent"][..],
        &["sbom", "openai", "--advisories", "broken.json"],
        &["sbom", "openai", "--advisories", "other.json"],
        &["sbom", "opena"],
        &["sbom"],
        &["sbom", "openai", "--all"],
    ] {
        let screen = context.run(arguments);
        assert_eq!(screen.code, Some(2), "{screen:?}");
        pages.push_str(&format!("=== {}\n{}\n", arguments.join(" "), screen.page()));
    }
    assert_screen!(context, "sbom_wrong", pages);
}

/// As `cargo auditable build` leaves it: the module has the section.
#[test]
fn a_tree_that_a_module_has_is_its_components() {
    let context = Context::empty();
    let bundled = hotcell::bundle::adapter("openai").unwrap();
    let stated = hotcell::manifest::inspect(bundled.component()).unwrap().dependencies.unwrap();
    let mut auditable = std::fs::read(module("openai")).unwrap();
    append(&mut auditable, &stated.to_section());
    context.file("module.wasm", &auditable);
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../adapters/openai/adapter.toml");
    let pack = || context.run(&["adapter", "pack", "module.wasm", "-m", manifest]);
    pack().good();
    let packed = std::fs::read(context.project().join("openai.wasm")).unwrap();
    assert_eq!(hotcell::manifest::inspect(&packed).unwrap().dependencies, Some(stated));
    // One that is none is not left out.
    let mut broken = std::fs::read(module("openai")).unwrap();
    append(&mut broken, b"nothing");
    context.file("module.wasm", &broken);
    let screen = pack();
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert!(screen.err.contains(".dep-v0"), "{screen:?}");
}

/// Adds a section with a tree behind the others.
fn append(wasm: &mut Vec<u8>, tree: &[u8]) {
    let name = b".dep-v0";
    let length = name.len() + 1 + tree.len();
    // LEB128 of a number below 2^14.
    wasm.extend([0, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8, name.len() as u8]);
    wasm.extend(name);
    wasm.extend(tree);
}

#[test]
fn a_tree_that_cannot_be_is_refused_and_not_left_out() {
    let context = Context::empty();
    let mut component = hotcell::bundle::adapter("openai").unwrap().component().to_vec();
    // A second tree behind the first: which one is it?
    append(&mut component, b"");
    let file = context.file("double.wasm", &component);
    for arguments in [["sbom", "double.wasm"].as_slice(), &["adapter", "inspect", "double.wasm"]] {
        let screen = context.run(arguments);
        assert_eq!(screen.code, Some(2), "{screen:?}");
        assert!(screen.err.contains("2 dependency trees"), "{screen:?}");
    }
    std::fs::remove_file(file).unwrap();
}

/// Where other programs look for it: a section of the file.
#[cfg(target_os = "linux")]
#[test]
fn other_programs_find_the_tree_in_the_binary() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_hotcell")).unwrap();
    let tree = hotcell::manifest::Dependencies::read(elf_section(&program, ".dep-v0")).unwrap();
    assert_eq!(tree.root().1.name, "hotcell-cli");
    assert!(tree.packages().iter().any(|package| package.name == "wasmtime"));
}

/// The content of a section of a 64-bit ELF file, little end first.
#[cfg(target_os = "linux")]
fn elf_section<'a>(file: &'a [u8], name: &str) -> &'a [u8] {
    let number = |at: usize, bytes: usize| {
        file[at..at + bytes].iter().rev().fold(0_usize, |all, byte| all << 8 | usize::from(*byte))
    };
    let (table, size, count) = (number(0x28, 8), number(0x3a, 2), number(0x3c, 2));
    let header = |index: usize| table + index * size;
    let content = |index: usize| {
        let (at, length) = (number(header(index) + 0x18, 8), number(header(index) + 0x20, 8));
        &file[at..at + length]
    };
    let names = content(number(0x3e, 2));
    let is_named = |index: &usize| {
        let name_of = &names[number(header(*index), 4)..];
        name_of.starts_with(name.as_bytes()) && name_of[name.len()] == 0
    };
    content((0..count).find(is_named).expect("the section"))
}
