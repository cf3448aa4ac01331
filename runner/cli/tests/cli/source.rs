//! A component is what its source gives, wherever the source lies.

use crate::context::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The whole source in another folder, without what was built or fetched.
fn copied(to: &Path) {
    fs::create_dir_all(to).unwrap();
    copy(Path::new(WORKSPACE), to);
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if name == "target" || name.to_string_lossy().starts_with('.') {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The toolchain and the crates that cargo has fetched are those of the machine.
fn with_toolchain(mut command: Command) -> Command {
    let home = std::env::home_dir().unwrap();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let value = std::env::var_os(name).map_or_else(|| home.join(folder), PathBuf::from);
        command.env(name, value);
    }
    if let Some(toolchain) = std::env::var_os("RUSTUP_TOOLCHAIN") {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    command
}

#[test]
fn the_same_source_in_another_folder_gives_the_bundled_adapters() {
    let context = Context::empty();
    let source = context.project().join("another place");
    copied(&source);
    // Where `pack` builds as well, so that the crates that all need are compiled once.
    let built = "another place/target/guests";
    let verify_as = |adapter: &str, code: &str, manifest: &str| {
        let folder = format!("another place/adapters/{code}");
        let manifest = format!("another place/adapters/{manifest}/adapter.toml");
        let arguments = [
            "adapter",
            "verify",
            adapter,
            "--source",
            &folder,
            "--manifest",
            &manifest,
            "--target-dir",
            built,
            "--json",
        ];
        context.run_command(with_toolchain(context.command(&arguments)), b"")
    };
    let verify = |adapter: &str, name: &str| verify_as(adapter, name, name);
    // One of each kind: as fast as it can be, as small, and another's code.
    for (name, code) in [
        ("anthropic", "anthropic"),
        ("cohere", "cohere"),
        ("openai", "openai"),
        ("vertex", "gemini"),
    ] {
        let screen = verify_as(name, code, name).good().json();
        assert_eq!(screen["verified"], true);
        let bundled = hotcell::bundle::adapter(name).unwrap();
        assert_eq!(screen["source"]["digest"], bundled.digest);
    }

    // The same code that keeps quiet about a crate that is in it.
    let stated =
        hotcell::manifest::inspect(hotcell::bundle::adapter("openai").unwrap().component())
            .unwrap();
    let mut packages = serde_json::to_value(stated.dependencies.unwrap()).unwrap();
    for package in packages.as_array_mut().unwrap() {
        if package["name"] == "memchr" {
            package["name"] = "harmless".into();
        }
    }
    context.claiming("quiet.wasm", &packages);
    let screen = verify("quiet.wasm", "openai");
    assert_eq!(screen.code, Some(1), "{screen:?}");
    assert_eq!(screen.json()["same-manifest"], true);
    assert_eq!(screen.json()["same-dependencies"], false);
    assert!(screen.err.contains("gives other dependencies than `quiet.wasm` has"), "{screen:?}");

    // One word of the code, and it is found.
    let file = source.join("adapters/openai/src/lib.rs");
    let code = fs::read_to_string(&file).unwrap();
    assert!(code.contains("chat/completions"));
    fs::write(&file, code.replace("chat/completions", "chat/exfiltrate!")).unwrap();
    let screen = verify("openai", "openai");
    assert_eq!(screen.code, Some(1), "{screen:?}");
    assert_eq!(screen.json()["verified"], false);
    assert_eq!(screen.json()["same-manifest"], true);
    assert!(screen.err.contains("gives other code than `openai` has"), "{screen:?}");

    // The source is packed into what was compared.
    let arguments = ["adapter", "pack", "another place/adapters/openai", "--json"];
    let packed = context.run_command(with_toolchain(context.command(&arguments)), b"").good();
    assert_eq!(packed.json()["digest"], screen.json()["source"]["digest"]);
}

#[test]
fn a_component_tells_nothing_of_the_machine_that_built_it() {
    let home = std::env::home_dir().unwrap();
    let workspace = Path::new(WORKSPACE).canonicalize().unwrap();
    for bundled in &hotcell::bundle::ADAPTERS {
        let text = String::from_utf8_lossy(bundled.component());
        for path in [&home, &workspace] {
            let folder = format!("{}/", path.display());
            assert!(!text.contains(&folder), "{} has a path in {folder}", bundled.name);
        }
        // Nor has what is compressed.
        let stated = hotcell::manifest::inspect(bundled.component()).unwrap().dependencies;
        let stated = serde_json::to_string(&stated).unwrap();
        assert!(stated.contains("hotcell-sdk") && !stated.contains('/'), "{stated}");
        // Where a panic was is still told, by a name that all machines share.
        assert!(text.contains("/cargo/registry") || text.contains("/rust/lib"), "{}", bundled.name);
    }
}

#[test]
fn what_is_no_source_is_said_with_the_way_out() {
    let context = Context::empty();
    context.file("Cargo.toml", "[workspace]\n");
    for (folder, said) in [
        ("absent", "the source `absent` cannot be read: there is no such file"),
        (".", "is not of one crate"),
        ("../home", "is the folder of a crate, with its Cargo.toml and adapter.toml"),
    ] {
        let arguments = ["adapter", "verify", "openai", "--source", folder];
        let screen = context.run_command(with_toolchain(context.command(&arguments)), b"");
        assert_eq!(screen.code, Some(2), "{screen:?}");
        assert!(screen.err.contains(said), "{folder}: {screen:?}");
    }
}

#[test]
fn a_build_script_sees_no_secret_of_the_environment() {
    let context = Context::empty();
    context.file(
        "Cargo.toml",
        "[package]\nname = \"curious\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n[workspace]\n",
    );
    context.file(
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"curious\"\nversion = \"0.1.0\"\n",
    );
    context.file("adapter.toml", "");
    context.file(
        "build.rs",
        "fn main() {\n    let seen: Vec<String> = std::env::vars().map(|(name, value)| format!(\"{name}={value}\\n\")).collect();\n    \
         std::fs::write(\"seen\", seen.concat()).unwrap();\n}\n",
    );
    fs::create_dir(context.project().join("src")).unwrap();
    context.file("src/lib.rs", "");
    let arguments = ["adapter", "verify", "openai", "--source", "."];
    let mut command = with_toolchain(context.command(&arguments));
    command.env("CARGO_REGISTRY_TOKEN", "token-of-mine");
    let screen = context.run_command(command, b"");
    // It builds, and is no adapter.
    assert_eq!(screen.code, Some(2), "{screen:?}");
    assert!(screen.err.contains("adapter.toml"), "{screen:?}");
    let seen = fs::read_to_string(context.project().join("seen")).unwrap();
    assert!(seen.contains("PATH="), "{seen}");
    for secret in [hotcell_mock::Mock::KEY, "MOCK_KEY", "token-of-mine"] {
        assert!(!seen.contains(secret), "the build script saw {secret}");
    }
}
