//! Components made by hand, for what no compiler and no toolkit would write.

use crate::world::Setup;
use hotcell::types::FailureKind;
use hotcell::{Allocation, Error, bundle};
use hotcell_tests::component;
use hotcell_tests::loopback::Step;
use std::collections::BTreeMap;
use std::path::Path;
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What a hand-made adapter exports, and the failure that its only function gives:
/// `message` stands at `$text`, and has `$length` bytes.
///
/// The layout is the canonical one of `result<list<model>, failure>`: the case at
/// 0, and from 8 on the kind of failure, and pointer and length of its message.
const LIST_MODELS: &str = r#"
  (memory (export "memory") 4)
  (global $free (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func $fail (param $text i32) (param $length i32) (result i32)
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store8 (i32.const 1032) (i32.const 10))
    (i32.store (i32.const 1036) (local.get $text))
    (i32.store (i32.const 1040) (local.get $length))
    (i32.const 1024))
  ;; Appends a digit and a space to the text at 2048.
  (global $length (mut i32) (i32.const 0))
  (func $tell (param $number i32)
    (i32.store8 (i32.add (i32.const 2048) (global.get $length))
      (i32.add (i32.const 48) (local.get $number)))
    (i32.store8 (i32.add (i32.const 2049) (global.get $length)) (i32.const 32))
    (global.set $length (i32.add (global.get $length) (i32.const 2))))
"#;

/// A component whose `list-models` runs `body`, which may call `$tell` with digits.
/// They become the words of the failure that it ends with.
///
/// `wit` has further packages and `imports` the lines of the world that import from
/// them; `functions` has the same as core imports.
pub(crate) fn probe(wit: &[&str], imports: &str, functions: &str, body: &str) -> Vec<u8> {
    let module = format!("(module {functions} {LIST_MODELS} {})", exported(body));
    packed(wit, &world_of(imports), &module)
}

fn exported(body: &str) -> String {
    format!(
        r#"(func (export "hotcell:adapter/models@0.1.0#list-models") (result i32)
    {body}
    (call $fail (i32.const 2048) (global.get $length)))"#
    )
}

fn world_of(imports: &str) -> String {
    format!("package red:team; world probe {{ {imports} export hotcell:adapter/models@0.1.0; }}")
}

fn packed(wit: &[&str], world: &str, module: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    resolve.push_dir(own).expect("the interface is WIT");
    for (number, package) in wit.iter().enumerate() {
        resolve.push_str(format!("{number}.wit"), package).expect("it is WIT");
    }
    let package = resolve.push_str("probe.wit", world).expect("it is WIT");
    let world = resolve.select_world(&[package], None).expect("there is one world");
    let mut module = wat::parse_str(module).expect("it is a module");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("the world is encoded");
    let manifest = component::manifest(bundle::HOSTILE.component());
    hotcell_manifest::pack(&module, &manifest).expect("it is packed")
}

async fn failure_of(probe: Vec<u8>, setup: Setup) -> Error {
    let world = Setup { component: probe.into(), ..setup }.open().await;
    let error = world.runner.models("hostile").await.expect_err("a probe always fails");
    assert_eq!(world.server.connections(), 0);
    world.goes_on_elsewhere().await;
    error
}

/// The probe does what the interface does not allow, and is ended for it.
async fn is_ended(functions: &str, body: &str) {
    let error = failure_of(probe(&[], "", functions, body), Setup::default()).await;
    assert_eq!(error.kind(), FailureKind::Internal, "{error}");
    assert!(error.failure.message.contains("the adapter `hostile`"), "{error}");
}

#[tokio::test]
async fn a_component_made_by_hand_works_as_one_made_by_a_compiler() {
    let told = probe(&[], "", "", "(call $tell (i32.const 4)) (call $tell (i32.const 2))");
    let error = failure_of(told, Setup::default()).await;
    assert_eq!(error.failure.message, "4 2 ");
    assert_eq!(error.kind(), FailureKind::ProviderError);
}

#[tokio::test]
async fn a_result_outside_of_memory() {
    for at in ["0xfffffff0", "0x40000", "1025"] {
        is_ended("", &format!("(return (i32.const {at}))")).await;
    }
}

#[tokio::test]
async fn a_text_outside_of_memory() {
    for (at, length) in [("0xfffffff0", "16"), ("0", "0xffffffff"), ("0x3fff0", "17")] {
        is_ended("", &format!("(return (call $fail (i32.const {at}) (i32.const {length})))")).await;
    }
}

#[tokio::test]
async fn a_text_that_is_not_utf8() {
    let body = "(i64.store (i32.const 2048) (i64.const 0xc080_edfe_ffff_80c1))
        (return (call $fail (i32.const 2048) (i32.const 8)))";
    is_ended("", body).await;
}

#[tokio::test]
async fn a_case_that_does_not_exist() {
    let kind = "(drop (call $fail (i32.const 0) (i32.const 0)))
        (i32.store8 (i32.const 1032) (i32.const 200)) (return (i32.const 1024))";
    is_ended("", kind).await;
    let result = "(i32.store8 (i32.const 1024) (i32.const 7)) (return (i32.const 1024))";
    is_ended("", result).await;
}

#[tokio::test]
async fn a_list_of_four_billion_models() {
    let body = "(i32.store (i32.const 1032) (i32.const 0))
        (i32.store (i32.const 1036) (i32.const 0xffffffff)) (return (i32.const 1024))";
    is_ended("", body).await;
}

/// A list that overlaps itself is small in the guest, and large in the host.
#[tokio::test]
async fn a_list_whose_items_share_their_text() {
    // 2,000 models of which each has the same name of 100 kB.
    let body = "(local $at i32) (local.set $at (i32.const 4096))
        (loop $next
          (i32.store (local.get $at) (i32.const 140000))
          (i32.store offset=4 (local.get $at) (i32.const 100000))
          (local.set $at (i32.add (local.get $at) (i32.const 64)))
          (br_if $next (i32.lt_u (local.get $at) (i32.const 132096))))
        (i32.store8 (i32.const 1024) (i32.const 0))
        (i32.store (i32.const 1032) (i32.const 4096))
        (i32.store (i32.const 1036) (i32.const 2000))
        (return (i32.const 1024))";
    let error = failure_of(probe(&[], "", "", body), Setup::default()).await;
    assert_eq!(error.kind(), FailureKind::Internal, "{error}");
    assert!(error.failure.message.contains("fuel"), "{error}");
}

#[tokio::test]
async fn an_allocator_that_gives_what_is_not_there() {
    let call = "(call $get (i32.const 3072) (i32.const 7) (i32.const 512))";
    let name = "(data (i32.const 3072) \"attempt\")";
    let get = r#"(import "hotcell:adapter/settings@0.1.0" "get" (func $get (param i32 i32 i32)))"#;
    for realloc in ["(i32.const 0xfffffff0)", "(i32.const 0x3fffe)", "(unreachable)"] {
        let module = format!("(module {get} {LIST_MODELS} {name} {})", exported(call)).replace(
            "(local $at i32)\n    (local.set $at (i32.and (i32.add (global.get $free)",
            &format!("(local $at i32) (return {realloc})\n    (local.set $at (i32.and (i32.add (global.get $free)"),
        );
        assert!(module.contains(realloc));
        let world = world_of("import hotcell:adapter/settings@0.1.0;");
        let probe = packed(&[], &world, &module);
        let settings = BTreeMap::from([("attempt".to_owned(), "v".repeat(100))]);
        let error = failure_of(probe, Setup { settings, ..Setup::default() }).await;
        assert_eq!(error.kind(), FailureKind::Internal, "{error}");
        assert!(error.setup.is_none(), "{error}");
    }
}

#[tokio::test]
async fn a_component_that_begins_with_a_trap() {
    is_ended("", "(unreachable)").await;
    let start = "(func $begin (unreachable)) (start $begin)";
    is_ended_before(start, FailureKind::Internal).await;
    let data = "(data (i32.const 0x3fffff) \"outside\")";
    is_ended_before(data, FailureKind::Internal).await;
}

#[tokio::test]
async fn a_component_that_computes_for_ever_before_it_begins() {
    let start = "(func $begin (loop $again (br $again))) (start $begin)";
    is_ended_before(start, FailureKind::TimedOut).await;
}

/// Whatever runs at instantiation has the same limits.
async fn is_ended_before(parts: &str, kind: FailureKind) {
    let module = format!("(module {LIST_MODELS} {parts} {})", exported(""));
    let mut setup = Setup::default();
    setup.limits.cpu_ms = 50;
    let error = failure_of(packed(&[], &world_of(""), &module), setup).await;
    assert_eq!(error.kind(), kind, "{error}");
}

/// A component that sends a request before it is called for the first time, and tells what the
/// answer was: 0, or 1 for a failure.
fn eager() -> Vec<u8> {
    let imports = r#"
  (import "hotcell:adapter/egress@0.1.0" "[static]endpoint.named"
    (func $named (param i32 i32 i32)))
  (import "hotcell:adapter/egress@0.1.0" "[method]endpoint.send"
    (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))"#;
    let begin = r#"
  (data (i32.const 3072) "api/chat/completions")
  (func (export "_initialize")
    (call $named (i32.const 3072) (i32.const 3) (i32.const 3200))
    (call $send (i32.load (i32.const 3208)) (i32.const 1)
      (i32.const 3075) (i32.const 17) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 3264))
    (call $tell (i32.load8_u (i32.const 3200)))
    (call $tell (i32.load8_u (i32.const 3264))))"#;
    let module = format!("(module {imports} {LIST_MODELS} {begin} {})", exported(""));
    packed(&[], &world_of("import hotcell:adapter/egress@0.1.0;"), &module)
}

#[tokio::test]
async fn what_is_sent_before_the_first_call_is_answered() {
    let world = Setup { component: eager().into(), ..Setup::default() }.open().await;
    let error = world.runner.models("hostile").await.expect_err("a probe always fails");
    assert_eq!(error.failure.message, "0 0 ");
    assert_eq!(world.server.connections(), 1);
}

#[tokio::test]
async fn who_waits_before_the_first_call_waits_no_longer_than_the_request_may_take() {
    for allocation in [Allocation::OnDemand, Allocation::Pooled(1)] {
        let mut setup = Setup::scripted(|_| vec![Step::Wait]);
        setup.component = eager().into();
        setup.allocation = allocation;
        setup.limits.total_ms = 300;
        let world = setup.open().await;
        let error = world.runner.models("hostile").await.expect_err("a probe always fails");
        assert_eq!(error.kind(), FailureKind::TimedOut, "{error}");
        assert!(error.failure.message.contains("the request's time is up"), "{error}");
    }
}

#[tokio::test]
async fn a_table_grows_to_its_limit_only() {
    for allocation in [Allocation::OnDemand, Allocation::Pooled(1)] {
        let body = "(loop $more
              (br_if $more (i32.ne (i32.const -1)
                (table.grow $table (ref.null func) (i32.const 1000)))))
            (call $tell (i32.div_u (table.size $table) (i32.const 1000)))";
        let probe = probe(&[], "", "(table $table 0 funcref)", body);
        let mut setup = Setup { allocation, ..Setup::default() };
        setup.limits.table_elements = 5_000;
        assert_eq!(failure_of(probe, setup).await.failure.message, "5 ", "{allocation:?}");
    }
}

/// Wasmtime is built without its garbage collector, so that nothing may reach where
/// it would be (RUSTSEC-2026-0570 is an abort there).
#[tokio::test]
async fn references_to_a_heap_that_is_not_there() {
    for parts in [
        "(global (ref null extern) (ref.null extern))",
        "(table 1 externref)",
        "(elem externref (ref.null extern))",
        "(func (param externref))",
        "(func (local anyref))",
        "(type (struct (field i32)))",
        "(type (array i8))",
        "(type (func (param (ref null eq))))",
        "(global (ref i31) (ref.i31 (i32.const 1)))",
        "(global i31ref (ref.null i31))",
        "(global nullfuncref (ref.null nofunc))",
        "(type $f (func)) (table 1 (ref null $f))",
        "(type $f (func)) (func (call_ref $f (ref.null $f)))",
        "(type $f (sub (func)))",
        "(tag)",
        "(func (throw_ref (ref.null exn)))",
        "(func (drop (ref.eq (ref.null eq) (ref.null eq))))",
    ] {
        let module = format!("(module {LIST_MODELS} {parts} {})", exported(""));
        let probe = packed(&[], &world_of(""), &module);
        let error = failure_of(probe, Setup::default()).await;
        assert!(error.setup.is_some(), "{parts}: {error}");
    }
}

/// What is there of references: functions, in tables and globals.
#[tokio::test]
async fn references_to_functions_in_every_place() {
    let parts = "(table $table 4 64 funcref)
        (global $nothing (mut funcref) (ref.null func))
        (global $something funcref (ref.func $fail))
        (elem $passive func $fail $tell $fail)
        (elem $expressions funcref (ref.null func) (ref.func $tell) (ref.func $fail))
        (elem (i32.const 0) func $fail)
        (elem declare func $tell)";
    let body = "(table.init $table $passive (i32.const 0) (i32.const 0) (i32.const 3))
        (table.init $table $expressions (i32.const 1) (i32.const 0) (i32.const 3))
        (elem.drop $passive)
        (table.copy (i32.const 0) (i32.const 1) (i32.const 3))
        (global.set $nothing (table.get $table (i32.const 1)))
        (table.set $table (i32.const 3) (global.get $nothing))
        (drop (table.grow $table (ref.func $tell) (i32.const 8)))
        (table.fill $table (i32.const 4) (ref.null func) (i32.const 8))
        (call $tell (ref.is_null (table.get $table (i32.const 11))))
        (call_indirect $table (param i32) (i32.const 7) (i32.const 1))";
    for allocation in [Allocation::OnDemand, Allocation::Pooled(1)] {
        let probe = probe(&[], "", parts, body);
        let error = failure_of(probe, Setup { allocation, ..Setup::default() }).await;
        assert_eq!(error.failure.message, "1 7 ", "{allocation:?}");
    }
    // A null is called, and a segment that was dropped.
    is_ended(parts, "(call_indirect $table (param i32) (i32.const 7) (i32.const 3))").await;
    let dropped = "(elem.drop $passive)
        (table.init $table $passive (i32.const 0) (i32.const 0) (i32.const 1))";
    is_ended(parts, dropped).await;
}

#[tokio::test]
async fn a_memory_that_begins_too_large() {
    let large = LIST_MODELS.replace("(export \"memory\") 4", "(export \"memory\") 40000");
    assert_ne!(large, LIST_MODELS);
    for allocation in [Allocation::OnDemand, Allocation::Pooled(1)] {
        let module = format!("(module {large} {})", exported(""));
        let probe = packed(&[], &world_of(""), &module);
        let error = failure_of(probe, Setup { allocation, ..Setup::default() }).await;
        assert_eq!(error.kind(), FailureKind::Internal, "{error}");
    }
}
