//! No adapter finds a file, a variable, a clock or a socket: with imports of WASI it
//! is refused, and where a provider says `wasi = true`, there is nothing to find.

use crate::core_module::probe;
use crate::world::{Setup, World};
use hotcell::audit::{Code, Options, Report};
use hotcell::egress::{Decision, Rule};
use hotcell::manifest::Severity;
use hotcell::types::FailureKind;
use hotcell::{Config, Error, SetupError};

const CLI: &str = "package wasi:cli@0.2.0;
    interface environment {
        get-environment: func() -> list<tuple<string, string>>;
        get-arguments: func() -> list<string>;
        initial-cwd: func() -> option<string>;
    }
    interface exit { exit: func(status: result); }";

const FILESYSTEM: &str = "package wasi:filesystem@0.2.0;
    interface types { resource descriptor; }
    interface preopens {
        use types.{descriptor};
        get-directories: func() -> list<tuple<descriptor, string>>;
    }";

const CLOCKS: &str = "package wasi:clocks@0.2.0;
    interface wall-clock {
        record datetime { seconds: u64, nanoseconds: u32 }
        now: func() -> datetime;
    }
    interface monotonic-clock { now: func() -> u64; }";

const RANDOM: &str = "package wasi:random@0.2.0;
    interface random {
        get-random-u64: func() -> u64;
        get-random-bytes: func(len: u64) -> list<u8>;
    }";

const SOCKETS: &str = "package wasi:sockets@0.2.0;
    interface network { resource network; }
    interface instance-network {
        use network.{network};
        instance-network: func() -> network;
    }";

const HTTP: &str = "package wasi:http@0.2.0;
    interface types {
        resource fields { constructor(); }
    }";

const IO: &str = "package wasi:io@0.2.0;
    interface poll { resource pollable; }";

const SUBSCRIBE: &str = "package wasi:clocks@0.2.0;
    interface monotonic-clock {
        use wasi:io/poll@0.2.0.{pollable};
        subscribe-duration: func(when: u64) -> pollable;
    }";

fn looks_around() -> Vec<u8> {
    probe(
        &[CLI, FILESYSTEM, CLOCKS, RANDOM],
        "import wasi:cli/environment@0.2.0;
         import wasi:filesystem/preopens@0.2.0;
         import wasi:clocks/wall-clock@0.2.0;
         import wasi:clocks/monotonic-clock@0.2.0;",
        r#"(import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))
           (import "wasi:cli/environment@0.2.0" "get-arguments" (func $arguments (param i32)))
           (import "wasi:cli/environment@0.2.0" "initial-cwd" (func $cwd (param i32)))
           (import "wasi:filesystem/preopens@0.2.0" "get-directories"
             (func $directories (param i32)))
           (import "wasi:clocks/wall-clock@0.2.0" "now" (func $wall (param i32)))
           (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $monotonic (result i64)))"#,
        // Lists tell their length, an option its case, clocks their seconds.
        "(call $environment (i32.const 512)) (call $tell (i32.load (i32.const 516)))
         (call $arguments (i32.const 512)) (call $tell (i32.load (i32.const 516)))
         (call $cwd (i32.const 512)) (call $tell (i32.load8_u (i32.const 512)))
         (call $directories (i32.const 512)) (call $tell (i32.load (i32.const 516)))
         (call $wall (i32.const 512)) (call $tell (i32.load (i32.const 512)))
         (call $tell (i32.wrap_i64 (call $monotonic)))",
    )
}

fn calls(wit: &[&str], interface: &str, function: &str, signature: &str, call: &str) -> Vec<u8> {
    probe(
        wit,
        &format!("import {interface};"),
        &format!(r#"(import "{interface}" "{function}" (func $call {signature}))"#),
        call,
    )
}

async fn world(component: Vec<u8>, wasi: bool) -> World {
    Setup { component: component.into(), wasi, ..Setup::default() }.open().await
}

async fn fails(world: &World) -> Error {
    world.runner.models("hostile").await.expect_err("a probe always fails")
}

/// What was denied, in the audit's words.
fn denial(world: &World, rule: Rule) -> String {
    let records = world.audit.take();
    let [record] = &records[..] else { panic!("{records:?}") };
    let Decision::Denied { rule: denied, detail } = &record.decision else { panic!("{record:?}") };
    assert_eq!(*denied, rule);
    assert_eq!(&*record.provider, "hostile");
    assert!(record.digest.is_some() && record.endpoint.is_none(), "{record:?}");
    detail.clone()
}

#[tokio::test]
async fn a_component_that_imports_wasi_is_refused() {
    let world = world(looks_around(), false).await;
    let error = fails(&world).await;
    assert_eq!(error.kind(), FailureKind::Denied, "{error}");
    assert!(matches!(error.setup.as_deref(), Some(SetupError::Adapter { .. })), "{error:?}");
    for import in ["wasi:cli/environment", "wasi:filesystem/preopens", "wasi:clocks/wall-clock"] {
        assert!(error.to_string().contains(import), "{error}");
    }
    assert!(error.to_string().contains("wasi = true"), "{error}");
    assert!(denial(&world, Rule::Import).contains("wasi:filesystem/preopens"));
    world.goes_on_elsewhere().await;
}

#[tokio::test]
async fn where_wasi_is_linked_there_is_nothing_to_find() {
    let world = world(looks_around(), true).await;
    // No variable, no argument, no working directory, no directory; clocks at 0.
    assert_eq!(fails(&world).await.failure.message, "0 0 0 0 0 0 ");
    assert!(world.audit.take().is_empty());
    world.goes_on_elsewhere().await;
}

#[tokio::test]
async fn what_is_random_is_the_same_in_every_cell() {
    let random = calls(
        &[RANDOM],
        "wasi:random/random@0.2.0",
        "get-random-u64",
        "(result i64)",
        "(call $tell (i32.and (i32.wrap_i64 (call $call)) (i32.const 63)))",
    );
    let world = world(random, true).await;
    let first = fails(&world).await.failure.message;
    for _ in 0..3 {
        assert_eq!(fails(&world).await.failure.message, first);
    }
    world.goes_on_elsewhere().await;
}

#[tokio::test]
async fn gigabytes_of_randomness_are_not_made() {
    let random = calls(
        &[RANDOM],
        "wasi:random/random@0.2.0",
        "get-random-bytes",
        "(param i64 i32)",
        "(call $call (i64.const 0x100000000) (i32.const 512))",
    );
    let world = world(random, true).await;
    assert_eq!(fails(&world).await.kind(), FailureKind::Internal);
    world.goes_on_elsewhere().await;
}

#[tokio::test]
async fn a_component_that_calls_what_no_cell_has_is_ended_and_recorded() {
    let sockets = calls(
        &[SOCKETS],
        "wasi:sockets/instance-network@0.2.0",
        "instance-network",
        "(result i32)",
        "(drop (call $call))",
    );
    let http = calls(
        &[HTTP],
        "wasi:http/types@0.2.0",
        "[constructor]fields",
        "(result i32)",
        "(drop (call $call))",
    );
    for (component, import) in [
        (sockets, "wasi:sockets/instance-network@0.2.0#instance-network"),
        (http, "wasi:http/types@0.2.0#[constructor]fields"),
    ] {
        let world = world(component, true).await;
        let error = fails(&world).await;
        assert_eq!(error.kind(), FailureKind::Denied, "{error}");
        assert!(error.to_string().contains(import), "{error}");
        assert!(denial(&world, Rule::Import).contains(import));
        world.goes_on_elsewhere().await;
    }
}

#[tokio::test]
async fn a_component_cannot_end_the_process() {
    let exit =
        calls(&[CLI], "wasi:cli/exit@0.2.0", "exit", "(param i32)", "(call $call (i32.const 0))");
    let world = world(exit, true).await;
    assert_eq!(fails(&world).await.kind(), FailureKind::Internal);
    world.goes_on_elsewhere().await;
}

#[tokio::test]
async fn handles_of_wasi_are_counted() {
    let subscribes = probe(
        &[IO, SUBSCRIBE],
        "import wasi:clocks/monotonic-clock@0.2.0;",
        r#"(import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration"
             (func $call (param i64) (result i32)))"#,
        "(loop $for_ever (drop (call $call (i64.const 1000000000))) (br $for_ever))",
    );
    let world = world(subscribes, true).await;
    let error = fails(&world).await;
    assert_eq!(error.kind(), FailureKind::Internal, "it was ended for its time: {error}");
    world.goes_on_elsewhere().await;
}

/// `wasi = true` opens the door for WASI, and for nothing else.
#[tokio::test]
async fn what_is_neither_ours_nor_wasi_is_refused_in_any_case() {
    let other = "package other:host@0.1.0; interface files { read: func() -> u32; }";
    let component = calls(
        &[other],
        "other:host/files@0.1.0",
        "read",
        "(result i32)",
        "(call $tell (call $call))",
    );
    for wasi in [false, true] {
        let world = world(component.clone(), wasi).await;
        let error = fails(&world).await;
        assert_eq!(error.kind(), FailureKind::Denied, "{error}");
        assert!(denial(&world, Rule::Import).contains("other:host/files@0.1.0"));
        world.goes_on_elsewhere().await;
    }
}

/// What an auditor reads of the same component, which nobody has to run for it.
#[test]
fn an_audit_tells_what_each_import_gives() {
    let folder = tempfile::tempdir().unwrap();
    let component = looks_around();
    std::fs::write(folder.path().join("probe.wasm"), &component).unwrap();
    let digest = hotcell::manifest::Digest::of(&component);
    let report = |wasi: bool| {
        let text = format!(
            "[adapters.probe]\npath = 'probe.wasm'\ndigest = '{digest}'\n\
             [providers.probe]\nwasi = {wasi}\n"
        );
        let config = Config::parse(&text, &folder.path().join("hotcell.toml")).unwrap();
        Report::of(config, Options::default()).unwrap()
    };
    let severity = |report: &Report, code: Code| {
        report.findings.iter().find(|it| it.code == code).map(|it| it.severity)
    };
    let permitted = report(true);
    let gives = |name: &str| {
        let imports = &permitted.adapters["probe"].imports;
        imports.iter().find(|import| import.name == name).unwrap().gives
    };
    assert!(gives("wasi:filesystem/preopens@0.2.0").ends_with("empty"));
    assert!(gives("wasi:clocks/wall-clock@0.2.0").ends_with("stands still"));
    assert_eq!(severity(&permitted, Code::WasiImports), Some(Severity::Medium));
    assert_eq!(severity(&permitted, Code::ComponentRefused), None);
    let refused = report(false);
    assert_eq!(severity(&refused, Code::ComponentRefused), Some(Severity::Critical));
    assert!(refused.adapters["probe"].problem.is_some());
}
