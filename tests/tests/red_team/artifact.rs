//! Bytes that are no adapter are refused before any of them runs, and the host does
//! not suffer from reading them.

use crate::world::{Setup, World};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hotcell::egress::{Decision, Rule};
use hotcell::types::{ChatRequest, FailureKind};
use hotcell::{AdapterError, SetupError, bundle};
use hotcell_manifest::DEPENDENCIES_SECTION;
use hotcell_tests::component;
use std::io::Write as _;

fn hostile() -> &'static [u8] {
    bundle::HOSTILE.component()
}

/// The component does not become an adapter, the audit log says so, and everything
/// else goes on.
async fn is_refused(component: Vec<u8>, kind: FailureKind, words: &str) {
    let world = Setup { component: component.into(), ..Setup::default() }.open().await;
    let error = world.failed("polite").await;
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(matches!(error.setup.as_deref(), Some(SetupError::Adapter { .. })), "{error:?}");
    recorded(&world);
    assert_eq!(world.server.connections(), 0);
    world.goes_on_elsewhere().await;
}

fn recorded(world: &World) {
    let records = world.audit.take();
    let [record] = &records[..] else { panic!("{records:?}") };
    assert!(
        matches!(record.decision, Decision::Denied { rule: Rule::Component | Rule::Import, .. }),
        "{record:?}"
    );
}

async fn is_no_adapter(component: impl Into<Vec<u8>>, words: &str) {
    is_refused(component.into(), FailureKind::Internal, words).await;
}

#[tokio::test]
async fn what_is_not_wasm() {
    is_no_adapter([], "not WebAssembly").await;
    is_no_adapter([0; 4096], "not WebAssembly").await;
    is_no_adapter("#!/bin/sh\nrm -rf /\n", "not WebAssembly").await;
    is_no_adapter(std::fs::read("/proc/self/exe").unwrap_or_default(), "").await;
    is_no_adapter("(component)", "not WebAssembly").await;
}

#[tokio::test]
async fn a_core_module() {
    let module = wat::parse_str("(module (func (export \"complete\")))").expect("a module");
    is_no_adapter(module.clone(), "core module").await;
    let mut dressed = module;
    component::append_manifest(&mut dressed, &component::manifest(hostile()));
    is_no_adapter(dressed, "core module").await;
}

#[tokio::test]
async fn a_truncated_component() {
    for part in 1..16 {
        is_no_adapter(&hostile()[..hostile().len() * part / 16], "").await;
    }
    is_no_adapter(&hostile()[..8], "manifest").await;
    is_no_adapter(&hostile()[..hostile().len() - 1], "").await;
}

#[tokio::test]
async fn a_component_of_another_version_of_the_interface() {
    for (of, kind, words) in [
        // What it imports is not there; what it exports is not asked for.
        ("egress", FailureKind::Denied, "hotcell:adapter/egress@0.2.0"),
        ("types", FailureKind::Denied, "hotcell:adapter/types@0.2.0"),
    ] {
        let (from, to) = (format!("adapter/{of}@0.1.0"), format!("adapter/{of}@0.2.0"));
        is_refused(replaced(hostile(), &from, &to), kind, words).await;
    }
    let mut renamed = hostile().to_vec();
    for of in ["chat", "embeddings", "models", "stored"] {
        let (from, to) = (format!("adapter/{of}@0.1.0"), format!("adapter/{of}@0.2.0"));
        renamed = replaced(&renamed, &from, &to);
    }
    is_no_adapter(renamed, "exports no interface").await;
}

fn replaced(component: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut component = component.to_vec();
    let mut found = false;
    for at in 0..component.len() - from.len() {
        if component[at..].starts_with(from.as_bytes()) {
            component[at..at + to.len()].copy_from_slice(to.as_bytes());
            found = true;
        }
    }
    assert!(found, "{from}");
    component
}

#[tokio::test]
async fn a_component_of_a_hundred_megabytes() {
    let mut component = hostile().to_vec();
    component.resize(100 << 20, 0);
    is_no_adapter(component, "more than").await;
}

/// The file is not even read to its end.
#[tokio::test]
async fn a_file_of_a_hundred_gigabytes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("adapter.wasm");
    let file = std::fs::File::create(&path).expect("a file");
    file.set_len(100 << 30).expect("a file may have holes");
    let text = format!(
        "[adapters.huge]\npath = '{}'\ndigest = 'sha256:{}'\n[providers.hostile]\nadapter = 'huge'\n",
        path.display(),
        "0".repeat(64)
    );
    let config = hotcell::Config::parse(&text, &folder.path().join("hotcell.toml"));
    let runner = hotcell::Runner::builder().config(config.expect("it is understood"));
    let runner = runner.cache(None).build().expect("the sandbox starts");
    let error = runner.chat("hostile/x", ChatRequest::user("x")).await.expect_err("too large");
    let Some(SetupError::Adapter { error, .. }) = error.setup.as_deref() else {
        panic!("{error:?}")
    };
    assert_eq!(*error, AdapterError::TooLarge);
}

#[tokio::test]
async fn a_manifest_that_is_missing_doubled_gigantic_or_not_text() {
    is_no_adapter(component::without_manifest(hostile()), "manifest").await;
    let mut doubled = hostile().to_vec();
    component::append_manifest(&mut doubled, &component::manifest(hostile()));
    is_no_adapter(doubled, "manifest").await;
    let comment = format!("# {}\n{}", "x".repeat(100_000), component::manifest(hostile()));
    is_no_adapter(component::with_manifest(hostile(), &comment), "manifest").await;
    is_no_adapter(component::with_manifest(hostile(), "adapter = 1"), "").await;
    is_no_adapter(component::with_manifest(hostile(), "[adapter]\nname = \"\u{0}\""), "").await;
}

/// What it says that it is built from is read with it, and is as hostile.
#[tokio::test]
async fn a_dependency_tree_that_is_doubled_a_bomb_or_none() {
    let stating = |tree: &[u8]| {
        let component = component::without_section(hostile(), DEPENDENCIES_SECTION);
        let mut component = component.expect("the component states what it is built from");
        component::append_section(&mut component, DEPENDENCIES_SECTION, tree);
        component
    };
    let compressed = |content: &[u8]| {
        let mut writer = ZlibEncoder::new(Vec::new(), Compression::best());
        writer.write_all(content).and_then(|()| writer.finish()).expect("it is compressed")
    };
    let mut doubled = hostile().to_vec();
    component::append_section(&mut doubled, DEPENDENCIES_SECTION, b"");
    is_no_adapter(doubled, "2 dependency trees").await;
    is_no_adapter(stating(&compressed(&vec![b' '; 1 << 28])), "more than").await;
    is_no_adapter(stating(&vec![0; 1 << 20]), "more than").await;
    is_no_adapter(stating(b""), "zlib").await;
    is_no_adapter(stating(&compressed(b"[[[[")), "not readable").await;
    let cycle = r#"{"packages":[{"name":"a","version":"1.0.0","source":"local","dependencies":[0],"root":true}]}"#;
    is_no_adapter(stating(&compressed(cycle.as_bytes())), "cyclic").await;
}

/// Whatever is flipped: it is read without a panic, and what still becomes an
/// adapter can do what an adapter can.
#[tokio::test]
async fn a_component_with_flipped_bits() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut flipped = |component: &mut [u8]| {
        let at = random(component.len());
        component[at] ^= 1 << random(8);
    };
    for _ in 0..300 {
        let mut component = hostile().to_vec();
        flipped(&mut component);
        _ = hotcell::inspect(&component, false);
    }
    for _ in 0..6 {
        let mut component = hostile().to_vec();
        (0..50).for_each(|_| flipped(&mut component));
        let world = Setup { component: component.into(), ..Setup::default() }.open().await;
        _ = world.attempt("polite").await;
        world.goes_on_elsewhere().await;
    }
}

/// A component of a thousand nested ones, or with a thousand memories, does not get
/// further than the validator.
#[tokio::test]
async fn a_component_that_is_made_to_exhaust_its_reader() {
    let empty = wat::parse_str("(component)").expect("a component");
    let nested = (0..1000).fold(empty, |inner, _| {
        let mut outer = wasm_encoder::Component::new();
        outer.section(&wasm_encoder::RawSection { id: 4, data: &inner });
        outer.finish()
    });
    let memories = format!("(component (core module {}))", "(memory 1)".repeat(1000));
    let memory = "(component (core module (memory 65536)))";
    let text = |text: &str| wat::parse_str(text).expect("a component");
    for mut component in [nested, text(&memories), text(memory)] {
        component::append_manifest(&mut component, &component::manifest(hostile()));
        is_no_adapter(component, "").await;
    }
}
