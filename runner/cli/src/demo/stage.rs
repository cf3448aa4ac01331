//! What the demo needs: a provider on loopback, a key, and a runner with three
//! adapters that are pointed at it.

use super::failed;
use super::screen::Screen;
use crate::problem::Problem;
use hotcell::egress::{MemoryAudit, SecretSource};
use hotcell::{Config, Limits, ProviderConfig, Runner, bundle};
use hotcell_mock::{Behaviour, Mock};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::Write;
use std::sync::Arc;

pub(super) struct Stage {
    pub(super) mock: Mock,
    pub(super) runner: Runner,
    pub(super) audit: Arc<MemoryAudit>,
    /// The key that the provider wants. The runner finds it in a file.
    pub(super) key: String,
    _key_file: tempfile::NamedTempFile,
}

impl Stage {
    pub(super) async fn open(screen: &Screen<'_>) -> Result<Self, Problem> {
        let mock = Mock::start().await.map_err(|error| failed(format!("no port: {error}")))?;
        let key = random_key();
        let mut key_file = tempfile::NamedTempFile::new()?;
        key_file.write_all(key.as_bytes())?;
        mock.change(|behaviour: &mut Behaviour| {
            behaviour.key = Some(key.clone());
            behaviour.gap = screen.gap();
            behaviour.answer = Some(super::conversation::ANSWER.to_owned());
        });

        let mut config = Config::default();
        for adapter in ["openai", "anthropic", bundle::HOSTILE.name] {
            let provider = ProviderConfig {
                adapter: Some(adapter.to_owned()),
                endpoints: [("api".to_owned(), mock.url())].into(),
                secrets: [("api-key".to_owned(), SecretSource::File(key_file.path().to_owned()))]
                    .into(),
                allow_private: Some(true),
                allow_plaintext: Some(true),
                limits: (adapter == bundle::HOSTILE.name).then(short_limits),
                ..ProviderConfig::default()
            };
            config.providers.insert(adapter.to_owned(), provider);
        }
        let audit = Arc::new(MemoryAudit::default());
        let runner = Runner::builder()
            .config(config)
            .audit(audit.clone())
            .adapter(bundle::HOSTILE.name, bundle::HOSTILE.component())
            .build()?;
        Ok(Self { mock, runner, audit, key, _key_file: key_file })
    }
}

/// A key of this demo's own.
pub(super) fn random_key() -> String {
    format!("sk-demo-{:016x}", RandomState::new().build_hasher().finish())
}

/// Nobody should wait ten seconds to see that an endless loop ends.
fn short_limits() -> Limits {
    let mut limits = Limits::default();
    limits.cpu_ms = CPU_MS;
    limits
}

/// What the hostile adapter may compute, in milliseconds.
pub(super) const CPU_MS: u64 = 300;
