//! The providers, all of them played by one mock, and a runner that knows them.

use hotcell::{Config, Runner};
use hotcell_mock::Mock;
use std::path::Path;

/// A mock, and a runner to which each of its providers is one of the same name.
pub(crate) struct World {
    pub(crate) mock: Mock,
    pub(crate) runner: Runner,
    _folder: tempfile::TempDir,
}

/// The providers of text completion and of what stands between two texts.
pub(crate) const TEXT: &str = "openai-text";
pub(crate) const BETWEEN: &str = "mistral-between";

impl World {
    pub(crate) async fn open() -> Self {
        let mock = Mock::start().await.expect("loopback has a free port");
        let folder = tempfile::tempdir().expect("there is a folder for what is temporary");
        let mut lines = String::new();
        for name in Mock::providers() {
            // A name of the catalogue is that of another adapter.
            let adapter = if name == "sagemaker" { "sagemaker-chat" } else { name };
            let access = mock.ways(name, Mock::KEY).pop().expect("it is played");
            let text = access.configuration(name, adapter, folder.path());
            lines.push_str(&text.expect("the folder is writable"));
        }
        for (name, adapter, setting) in
            [(TEXT, "openai", ("completions", "text")), (BETWEEN, "mistral", ("mode", "fim"))]
        {
            let mut access = mock.ways(adapter, Mock::KEY).pop().expect("it is played");
            access.settings.push(setting);
            let text = access.configuration(name, adapter, folder.path());
            lines.push_str(&text.expect("the folder is writable"));
        }
        let config = Config::parse(&lines, Path::new("here")).expect("it is a configuration");
        let runner = Runner::builder().config(config).build().expect("the configuration holds");
        Self { mock, runner, _folder: folder }
    }
}
