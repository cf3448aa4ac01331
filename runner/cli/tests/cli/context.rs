//! A world for one test: its own home and project, no environment, and a mock.

use hotcell_mock::Mock;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The world of one test.
pub(crate) struct Context {
    folder: tempfile::TempDir,
    pub(crate) mock: Mock,
}

impl Context {
    /// A world with two providers, `mock` and `claude`, whose key is in `MOCK_KEY`.
    pub(crate) fn new() -> Self {
        let context = Self::empty();
        let url = context.mock.url();
        let provider = |name: &str, adapter: &str| {
            format!(
                "[providers.{name}]\nadapter = \"{adapter}\"\nendpoints.api = \"{url}\"\n\
                 secrets.api-key = \"env:MOCK_KEY\"\nallow-private = true\nallow-plaintext = true\n\n"
            )
        };
        let text = format!(
            "default-model = \"mock/gpt-4o-mini\"\n\n{}{}",
            provider("mock", "openai"),
            provider("claude", "anthropic")
        );
        context.file("hotcell.toml", text);
        context
    }

    /// A world without a configuration.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "project"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, mock: Mock::spawn().unwrap() }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// Writes a file of the project.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.project().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Packs the OpenAI adapter's module with its own manifest, but for what is replaced in
    /// it: the same code that wants something else.
    pub(crate) fn packed(&self, file: &str, replaced: &[(&str, &str)]) -> PathBuf {
        self.packed_of("openai", file, replaced)
    }

    /// The same with the module of another adapter below the OpenAI adapter's manifest.
    pub(crate) fn packed_of(
        &self,
        adapter: &str,
        file: &str,
        replaced: &[(&str, &str)],
    ) -> PathBuf {
        let mut manifest = include_str!("../../../../adapters/openai/adapter.toml").to_owned();
        for (from, to) in replaced {
            assert!(manifest.contains(from), "{from}");
            manifest = manifest.replace(from, to);
        }
        self.file("packed.toml", manifest);
        let module = module(adapter).display().to_string();
        self.run(&["adapter", "pack", &module, "-m", "packed.toml", "-o", file]).good();
        self.project().join(file)
    }

    /// The OpenAI adapter's module with its manifest, and with packages in its dependency
    /// tree that whoever packed it wrote there.
    pub(crate) fn claiming(&self, file: &str, packages: &serde_json::Value) -> PathBuf {
        let tree = serde_json::json!({ "packages": packages }).to_string();
        let tree = hotcell::manifest::Dependencies::from_json(tree.as_bytes()).unwrap();
        let manifest = include_str!("../../../../adapters/openai/adapter.toml");
        let module = std::fs::read(module("openai")).unwrap();
        self.file(file, hotcell::manifest::pack_with(&module, manifest, &tree).unwrap())
    }

    /// The binary, in this world.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hotcell"));
        command
            .args(arguments)
            .current_dir(self.project())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            // Compiled adapters are the same for all tests.
            .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
            .env("MOCK_KEY", Mock::KEY);
        command
    }

    /// Runs the binary with nothing on its standard input.
    pub(crate) fn run(&self, arguments: &[&str]) -> Screen {
        self.run_command(self.command(arguments), b"")
    }

    /// Runs the binary with this on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Screen {
        self.run_command(self.command(arguments), input)
    }

    pub(crate) fn run_command(&self, mut command: Command, input: &[u8]) -> Screen {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A binary that does not read it may be gone by now.
        let _ = child.stdin.take().unwrap().write_all(input);
        Screen::of(&child.wait_with_output().unwrap())
    }

    /// The body of the only request that arrived.
    pub(crate) fn received(&self) -> serde_json::Value {
        let requests = self.mock.take_requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests[0].json()
    }

    /// Compares what a user sees with what was agreed to, but for what differs from
    /// run to run.
    pub(crate) fn settings(&self) -> insta::Settings {
        let mut settings = insta::Settings::clone_current();
        let folder = self.folder.path().canonicalize().unwrap();
        let mut filter =
            |pattern: &str, replacement: &str| settings.add_filter(pattern, replacement);
        filter(&regex_of(&folder.to_string_lossy()), "[WORLD]");
        filter(&regex_of(&self.folder.path().to_string_lossy()), "[WORLD]");
        filter(r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]");
        filter(r"req-[0-9a-f]+-[0-9a-f]+", "[REQUEST]");
        filter(r"sha256:[0-9a-f]{64}", "[DIGEST]");
        filter(r"sha256:[0-9a-f]+…", "[DIGEST]");
        filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "[TIME]");
        filter(
            r"first after [\d.]+ m?s · all after [\d.]+ m?s",
            "first after [TIME] · all after [TIME]",
        );
        filter(r"\d+\.\d kB", "[SIZE]");
        filter(r#""size":\d+"#, r#""size":[SIZE]"#);
        settings.set_omit_expression(true);
        settings.set_prepend_module_to_snapshot(false);
        settings
    }
}

fn regex_of(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") })
        .collect()
}

/// Where the bundle's build puts the module of an adapter: beside the profile's folder.
pub(crate) fn module(adapter: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_hotcell")).ancestors().nth(2).unwrap();
    let modules = target.join("guests/wasm32-unknown-unknown/guest");
    modules.join(format!("hotcell_adapter_{adapter}.wasm"))
}

/// What a run left on the screen.
#[derive(Debug)]
pub(crate) struct Screen {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Screen {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// Everything, for a snapshot.
    pub(crate) fn page(&self) -> String {
        let mut page =
            format!("exit {}\n", self.code.map_or("by a signal".to_owned(), |c| c.to_string()));
        for (name, text) in [("out", &self.out), ("err", &self.err)] {
            if !text.is_empty() {
                let _ = write!(page, "--- {name}\n{text}");
            }
        }
        page
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The run worked.
    #[track_caller]
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

/// Compares screens with the snapshot of this name.
macro_rules! assert_screen {
    ($context:expr, $name:literal, $page:expr) => {
        $context.settings().bind(|| insta::assert_snapshot!($name, $page));
    };
}
pub(crate) use assert_screen;
