//! Components made by hand, for what no compiler and no toolkit would write.

use hotcell::bundle;
use hotcell_tests::component;
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
    let module = format!(
        r#"(module {functions} {LIST_MODELS}
  (func (export "hotcell:adapter/models@0.1.0#list-models") (result i32)
    {body}
    (call $fail (i32.const 2048) (global.get $length))))"#
    );
    let world = format!(
        "package red:team; world probe {{ {imports} export hotcell:adapter/models@0.1.0; }}"
    );
    component(wit, &world, &module)
}

fn component(wit: &[&str], world: &str, module: &str) -> Vec<u8> {
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
    let manifest = component::manifest(bundle::HOSTILE.component);
    hotcell_manifest::pack(&module, &manifest).expect("it is packed")
}

/// What a probe told, by way of its failure.
#[tokio::test]
async fn a_component_made_by_hand_works_as_one_made_by_a_compiler() {
    let probe = probe(&[], "", "", "(call $tell (i32.const 4)) (call $tell (i32.const 2))");
    let world = crate::world::Setup { component: probe.into(), ..Default::default() }.open().await;
    let error = world.runner.models("hostile").await.expect_err("it fails");
    assert_eq!(error.failure.message, "4 2 ");
    assert_eq!(error.kind(), hotcell::types::FailureKind::ProviderError);
    world.goes_on_elsewhere().await;
}
